#include "cli/output.h"

#include "support/check.h"

using namespace bgdb::cli;

TEST_CASE("display width counts what a terminal shows") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Zoë") == 3);
  CHECK(display_width("佐藤") == 4);
  CHECK(display_width("\x1b[31mred\x1b[0m") == 3);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("\xff\xfe") == 2);
  CHECK(display_width("") == 0);
}

TEST_CASE("cutting never splits a character") {
  CHECK(fit("abcdef", 6) == "abcdef");
  CHECK(fit("abcdef", 4) == "abc…");
  CHECK(fit("佐藤佐藤", 5) == "佐藤…");
  CHECK(fit("佐藤佐藤", 4) == "佐…");
  CHECK(fit("\x1b[31mabcdef\x1b[0m", 3) == "\x1b[31mab…\x1b[0m");
}

TEST_CASE("tables align by display width and leave no trailing spaces") {
  Table table({"name", "rows", "note"}, {false, true, false});
  CHECK(table.render().empty());
  table.add({"佐藤", "7", ""});
  table.add({"orders", "1,234", "x"});
  CHECK(table.render() == "name     rows  note\n佐藤        7\norders  1,234  x\n");
}

TEST_CASE("a stream that is no terminal gets no colours") {
  CHECK(styled("x", Style::red) == "x");
}

TEST_CASE("a row of a table is one line whatever a cell holds") {
  Table table({"side", "state"});
  table.add({"blue", "refused\n\tIs the server running?\n"});
  CHECK(table.render() == "side  state\nblue  refused Is the server running?\n");
}
