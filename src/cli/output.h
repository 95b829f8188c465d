// What people see: colours, aligned tables, progress. stdout carries the report, stderr what goes wrong and progress.
// Colour only where a terminal reads it, NO_COLOR is not set and --no-color was not given.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/display.h"
#include "core/progress.h"

namespace bgdb::cli {

enum class Style { plain, bold, dim, red, green, yellow, cyan };

void disable_color();  // --no-color
bool color_enabled(std::FILE* stream);
// The text in that style when `stream` may have colour, else as it is.
std::string styled(std::string_view text, Style style, std::FILE* stream = stdout);

using core::display_width;
using core::fit;
// Filled with spaces to `width`. Text may hold escape sequences.
std::string pad(std::string_view text, size_t width, bool right = false);
// Columns of the terminal behind `stream`; 100 when it is none.
size_t terminal_width(std::FILE* stream);

// An aligned table, two spaces between columns, no trailing spaces. Numbers are set to the right when told.
class Table {
 public:
  explicit Table(std::vector<std::string> headers, std::vector<bool> right_aligned = {});
  void add(std::vector<std::string> cells);
  std::string render(std::FILE* stream = stdout) const;  // ends with a newline; empty when there is no row
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// Bars with rate and time left on a terminal, plain lines elsewhere, one JSON object a line on stderr with `json`.
std::unique_ptr<core::Progress> make_progress(bool json);

// --json: errors are objects on stdout too.
void set_json(bool json);
bool json_enabled();

// Writes to stdout; when the reader has gone (closed pipe) the process ends quietly, as `| head` expects.
void print(std::string_view text);

}  // namespace bgdb::cli
