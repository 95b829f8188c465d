// Text as people write it (psql commands, COPY data, placeholders) -> text of the same length that the grammar can
// read, cut into statements. One pass over the bytes; every position stays true.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb::parse {

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

struct Prepared {
  std::string text;                  // as long as the original, without NUL bytes
  std::vector<Range> pieces;         // statements, from first to last token, without the semicolon
  std::vector<Range> comments;       // in order
  std::vector<Range> placeholders;   // in order
  std::vector<size_t> nul_bytes;     // in order
  std::vector<Range> meta_commands;  // psql's \commands
  std::vector<Range> copy_data;      // up to and with the line "\."
  // Behind a semicolon at the end of a line inside a quote that may be the wrong one: the next statement begins there
  // when the piece around it does not parse. In order.
  std::vector<size_t> doubtful_ends;
};

// `delimiter`: ends a statement at the end of a line, beside the semicolon; empty: there is none.
Prepared prepare(std::string_view original, std::string_view delimiter = {});

}  // namespace bgdb::parse
