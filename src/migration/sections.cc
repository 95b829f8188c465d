// Sections of one file: where Up and Down begin, what runs in a transaction.
#include <algorithm>

#include "migration/markers.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

struct Begin {
  Marker marker;
  size_t start = 0;   // of the marker's own line
  size_t offset = 0;  // of the line behind it
  size_t line = 1;    // of the line behind it
};

bool file_without_transaction(const File& file, std::string_view text) {
  if (file.no_transaction) return true;
  if (file.framework == Framework::sqlx) return text.rfind("-- no-transaction", 0) == 0;  // exactly there, exactly so
  bool without = false;
  each_line(text, [&](size_t, std::string_view line) {
    if (line.find("--") != std::string_view::npos) without = without || switches_transaction_off(file.framework, line);
  });
  return without;
}

std::vector<Begin> find_markers(Style style, std::string_view text) {
  std::vector<Begin> found;
  if (style == Style::none) return found;
  size_t number = 0;
  each_line(text, [&](size_t offset, std::string_view line) {
    ++number;
    auto marker = read_marker(style, line);
    if (!marker) return;
    const size_t behind = std::min(text.find('\n', offset), text.size() - 1) + 1;
    found.push_back({*std::move(marker), offset, behind, number + 1});
  });
  return found;
}

// What stands before the first marker runs when that marker begins the way down and nothing else the way up.
bool head_runs(Style style, const std::vector<Begin>& markers) {
  return (style == Style::tern || style == Style::node_pg) &&
         std::all_of(markers.begin(), markers.end(),
                     [](const Begin& begin) { return begin.marker.direction == Direction::down; });
}

// alembic downgrade --sql
bool is_downgrade(const File& file, std::string_view text) {
  return file.framework == Framework::alembic && text.find("-- Running downgrade ") != std::string_view::npos;
}

}  // namespace

std::vector<Section> sections(const File& file, std::string_view text) {
  const bool transaction = convention(file.framework).wrap != Wrap::never && !file_without_transaction(file, text);
  auto style = convention(file.framework).style;
  if (style == Style::any) style = style_of_text(text);
  const auto markers = find_markers(style, text);
  std::vector<Section> found;
  if (markers.empty() || head_runs(style, markers)) {
    Section head;
    head.direction = is_downgrade(file, text) ? Direction::down : file.direction;
    head.length = markers.empty() ? text.size() : markers.front().start;
    head.in_transaction = transaction;
    found.push_back(std::move(head));
  }
  for (size_t i = 0; i < markers.size(); ++i) {
    const auto& marker = markers[i].marker;
    Section section;
    section.direction = marker.runs ? marker.direction : Direction::down;  // what does not run here is never up
    section.offset = markers[i].offset;
    section.length = (i + 1 < markers.size() ? markers[i + 1].start : text.size()) - section.offset;
    section.first_line = markers[i].line;
    section.in_transaction = transaction && marker.in_transaction;
    section.delimiter = marker.delimiter;
    found.push_back(std::move(section));
  }
  return found;
}

}  // namespace bgdb::migration
