// Sections of one file: where Up and Down begin, what runs in a transaction.
#include <algorithm>

#include "migration/naming.h"

namespace bgdb::migration {
namespace {

struct Marker {
  size_t offset = 0;  // of the line behind it
  size_t line = 1;    // of the line behind it
  Direction direction = Direction::up;
  bool in_transaction = true;
  size_t start = 0;  // of the marker's own line
};

// The marker on a line, as the framework reads it. goose and sql-migrate compare without case.
std::optional<Marker> read_marker(Framework framework, std::string_view line) {
  Marker marker;
  if (framework == Framework::dbmate) {
    if (line.find("migrate:") == std::string_view::npos) return {};  // exact case, as dbmate has it
    auto words = marker_words(line, "migrate:up");
    if (words.empty()) {
      words = marker_words(line, "migrate:down");
      marker.direction = Direction::down;
    }
    if (words.empty()) return {};
    marker.in_transaction = std::find(words.begin(), words.end(), "transaction:false") == words.end();
    return marker;
  }
  const auto words = marker_words(line, framework == Framework::goose ? "+goose" : "+migrate");
  if (words.size() < 2 || (words[1] != "up" && words[1] != "down")) return {};
  marker.direction = words[1] == "up" ? Direction::up : Direction::down;
  marker.in_transaction = std::find(words.begin(), words.end(), "notransaction") == words.end();
  return marker;
}

bool has_sections(Framework framework) {
  return framework == Framework::goose || framework == Framework::dbmate || framework == Framework::sql_migrate;
}

// Markers that switch the transaction off for the whole file.
bool file_without_transaction(const File& file, std::string_view text) {
  bool without = file.path.find(".autocommit.") != std::string::npos;
  each_line(text, [&](size_t, std::string_view line) {
    if (without || line.rfind("--", 0) != 0) return;
    const auto is = [&](std::string_view first, std::string_view second = {}) {
      const auto words = marker_words(line, first);
      return !words.empty() && (second.empty() || (words.size() > 1 && words[1] == second));
    };
    const auto goose = marker_words(line, "+goose");
    without =
        (file.framework == Framework::goose && goose.size() > 2 && goose[1] == "no" && goose[2] == "transaction") ||
        is("no-transaction") || is("no_transaction") || is("postgres-migrations", "disable-transaction") ||
        is("morph:nontransactional") || is("atlas:txmode", "none");
    if (line.rfind("--!", 0) == 0 && line.find("no-transaction") != std::string_view::npos) without = true;  // graphile
  });
  return without;
}

}  // namespace

std::vector<Section> sections(const File& file, std::string_view text) {
  const bool transaction = !file_without_transaction(file, text);
  std::vector<Marker> markers;
  if (has_sections(file.framework)) {
    size_t number = 0;
    each_line(text, [&](size_t offset, std::string_view line) {
      ++number;
      auto marker = read_marker(file.framework, line);
      if (!marker) return;
      marker->start = offset;
      marker->offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
      marker->line = number + 1;
      markers.push_back(*marker);
    });
  }
  std::vector<Section> found;
  if (markers.empty()) {
    Section whole;
    whole.direction = file.direction;
    whole.length = text.size();
    whole.in_transaction = transaction;
    found.push_back(whole);
    return found;
  }
  for (size_t i = 0; i < markers.size(); ++i) {
    Section section;
    section.direction = markers[i].direction;
    section.offset = markers[i].offset;
    section.length = (i + 1 < markers.size() ? markers[i + 1].start : text.size()) - section.offset;
    section.first_line = markers[i].line;
    section.in_transaction = transaction && markers[i].in_transaction;
    found.push_back(section);
  }
  return found;
}

}  // namespace bgdb::migration
