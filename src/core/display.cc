#include "core/display.h"

#include <algorithm>
#include <cstdint>

namespace bgdb::core {
namespace {

// One character of a text as a terminal shows it.
struct Glyph {
  size_t bytes = 1;
  size_t columns = 1;
};

bool is_wide(uint32_t code) {
  return (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
         (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
         (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
         (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1F64F) ||
         (code >= 0x1F900 && code <= 0x1F9FF) || (code >= 0x20000 && code <= 0x3FFFD);
}

Glyph next_glyph(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first == 0x1B && text.size() > 1 && text[1] == '[') {
    size_t end = 2;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    return {.bytes = std::min(end + 1, text.size()), .columns = 0};
  }
  if (first < 0x80) return {.bytes = 1, .columns = first < 0x20 || first == 0x7F ? 0U : 1U};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC0 || length > text.size()) return {};
  uint32_t code = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  if ((code >= 0x300 && code <= 0x36F) || code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F)) {
    return {.bytes = length, .columns = 0};
  }
  return {.bytes = length, .columns = is_wide(code) ? 2U : 1U};
}

// Bytes of the well-formed UTF-8 character at the start, 0 when there is none.
size_t utf8_length(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const auto first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && at(1) < 0xA0;
    const bool surrogate = first == 0xED && at(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool outside = (first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) >= 0x90);
    return follows(1) && follows(2) && follows(3) && !outside ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto glyph = next_glyph(text);
    width += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string fit(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string cut;
  size_t used = 0;
  bool escapes = false;
  while (!text.empty()) {
    const auto glyph = next_glyph(text);
    if (used + glyph.columns + 1 > width) break;
    escapes = escapes || text[0] == '\x1b';
    cut += text.substr(0, glyph.bytes);
    used += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return cut + "…" + (escapes ? "\x1b[0m" : "");
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (true) {
    const auto end = std::min(text.find('\n'), text.size());
    auto rest = text.substr(0, end);
    lines.emplace_back();
    bool begun = false;
    while (begun ? !rest.empty() : true) {
      const auto indent = begun ? 0 : std::min(rest.find_first_not_of(' '), rest.size());  // of the line itself: kept
      const auto blank = std::min(rest.find(' ', indent), rest.size());
      const auto word = rest.substr(0, blank);
      if (begun && display_width(lines.back()) + 1 + display_width(word) > width) {
        lines.emplace_back(word);
      } else {
        lines.back() += (begun ? " " : "") + std::string(word);
      }
      begun = true;
      rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
    if (end == text.size()) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace bgdb::core
