// Byte offsets -> lines and columns. The line starts are found once; a lookup is a binary search.
#pragma once

#include <string_view>
#include <vector>

#include "parse/parser.h"

namespace bgdb::parse {

class LineIndex {
 public:
  LineIndex(std::string_view text, const ParseOptions& options);
  Span span(size_t begin, size_t end) const;
  // Nothing but blanks before `offset` on its line.
  bool starts_line(size_t offset) const;

 private:
  size_t line_of(size_t offset) const;  // 0-based

  std::string_view text_;
  ParseOptions options_;
  std::vector<size_t> starts_;
};

}  // namespace bgdb::parse
