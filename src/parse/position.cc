#include "parse/position.h"

#include <algorithm>

#include "parse/scan.h"

namespace bgdb::parse {

LineIndex::LineIndex(std::string_view text, const ParseOptions& options) : text_(text), options_(options) {
  starts_.push_back(0);
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts_.push_back(at + 1);
  }
}

size_t LineIndex::line_of(size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<size_t>(next - starts_.begin()) - 1;
}

Span LineIndex::span(size_t begin, size_t end) const {
  const size_t first = line_of(begin);
  const size_t last = line_of(end);
  Span span;
  span.offset = begin + options_.first_offset;
  span.length = end - begin;
  span.line = static_cast<int>(first + options_.first_line);
  span.column = static_cast<int>(begin - starts_[first]) + 1;
  span.end_line = static_cast<int>(last + options_.first_line);
  span.end_column = static_cast<int>(end - starts_[last]) + 1;
  return span;
}

bool LineIndex::starts_line(size_t offset) const {
  for (size_t i = starts_[line_of(offset)]; i < offset; ++i) {
    if (!is_blank(text_[i])) return false;
  }
  return true;
}

}  // namespace bgdb::parse
