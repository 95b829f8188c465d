#include "cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace bgdb::cli {
namespace {

std::atomic<bool> g_color_disabled{false};

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

std::string pad(std::string_view text, size_t width, bool right) {
  const size_t own = display_width(text);
  const std::string filler(own < width ? width - own : 0, ' ');
  return right ? filler + std::string(text) : std::string(text) + filler;
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
