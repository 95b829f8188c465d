#include "cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace bgdb::cli {
namespace {

std::atomic<bool> g_color_disabled{false};

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

const char* escape_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

std::atomic<bool> g_json{false};

}  // namespace

void set_json(bool json) {
  g_json = json;
}

bool json_enabled() {
  return g_json;
}

void disable_color() {
  g_color_disabled = true;
}

bool color_enabled(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return !g_color_disabled && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb") && isatty(fileno(stream)) == 1;
}

std::string styled(std::string_view text, Style style, std::FILE* stream) {
  if (style == Style::plain || text.empty() || !color_enabled(stream)) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape_of(style), text);
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto glyph = next_glyph(text);
    width += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string pad(std::string_view text, size_t width, bool right) {
  const size_t own = display_width(text);
  const std::string filler(own < width ? width - own : 0, ' ');
  return right ? filler + std::string(text) : std::string(text) + filler;
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

size_t terminal_width(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 100;
}

Table::Table(std::vector<std::string> headers, std::vector<bool> right_aligned)
    : headers_(std::move(headers)), right_(std::move(right_aligned)) {
  right_.resize(headers_.size());
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(headers_.size());
  // A row is a line: line breaks and tabs of a server's message become one space.
  for (auto& cell : cells) {
    std::string line;
    for (const char c : cell) {
      const bool space = c == '\n' || c == '\r' || c == '\t';
      if (!space) line += c;
      if (space && !line.empty() && line.back() != ' ') line += ' ';
    }
    cell = std::move(line);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::FILE* stream) const {
  if (rows_.empty()) return {};
  std::vector<size_t> widths(headers_.size());
  for (size_t i = 0; i < headers_.size(); ++i) {
    widths[i] = display_width(headers_[i]);
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& cells, Style style) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      text += styled(last && !right_[i] ? cells[i] : pad(cells[i], widths[i], right_[i]), style, stream);
      if (!last) text += "  ";
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text + '\n';
  };
  std::string text = line(headers_, Style::dim);
  for (const auto& row : rows_) text += line(row, Style::plain);
  return text;
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  const int cause = errno;
  if (cause == EPIPE) std::_Exit(0);
  std::fprintf(stderr, "bgdb: cannot write the output: %s\n", std::strerror(cause));
  std::_Exit(2);
}

}  // namespace bgdb::cli
