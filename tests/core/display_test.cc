#include "core/display.h"

#include "support/check.h"

using namespace bgdb::core;
using Lines = std::vector<std::string>;

TEST_CASE("wrapping breaks at blanks, keeps line breaks and indentation, and leaves long words whole") {
  CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrap("one", 80) == Lines{"one"});
  CHECK(wrap("", 80) == Lines{""});
  CHECK(wrap("a\n  b c\n", 80) == Lines{"a", "  b c", ""});
  CHECK(wrap("unbreakable x", 3) == Lines{"unbreakable", "x"});
  CHECK(wrap("佐藤 佐藤", 5) == Lines{"佐藤", "佐藤"});
}

TEST_CASE("printable text drives no terminal") {
  CHECK(printable("a\tb\x1b[31mc\n") == "a b [31mc ");
  CHECK(printable("Zoë") == "Zoë");
}

TEST_CASE("bytes that are no UTF-8 are replaced, one by one") {
  CHECK(valid_utf8("Zoë 佐藤 😀") == "Zoë 佐藤 😀");
  CHECK(valid_utf8("a\xff"
                   "b") == "a\uFFFDb");
  CHECK(valid_utf8("\xC0\xAF") == "\uFFFD\uFFFD");            // overlong
  CHECK(valid_utf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");  // surrogate
  CHECK(valid_utf8("\xF4\x90\x80\x80").size() == 12);         // behind the last code point
  CHECK(valid_utf8("cut \xE4\xBD") == "cut \uFFFD\uFFFD");
}
