// Frameworks that keep the order in a file: sqitch.plan, drizzle's _journal.json, temporal's manifest.json, soda's
// migrations_manifest.txt.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "migration/group.h"
#include "migration/markers.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

using nlohmann::json;
constexpr size_t kAll = static_cast<size_t>(-1);

std::string_view first_word(std::string_view line) {
  return Words(line).next();
}

struct Change {
  std::string name;
  std::string tags;              // "@v1 @v2": set behind it, before the next change
  size_t tags_before = 0;        // of the plan
  std::vector<std::string> own;  // tags behind it, up to where the same change stands again
};

// Lines are "name [needs] date planner <mail> # note" and "@tag date ...". A change that stands again was reworked: the
// files of the earlier one carry one of the tags between the two, mostly the last.
std::vector<Change> read_plan(std::string_view text) {
  std::vector<Change> changes;
  std::map<std::string, size_t> known;
  std::vector<std::string> tags;
  each_line(text, [&](size_t, std::string_view line) {
    auto word = first_word(line);
    if (word.empty() || word[0] == '%' || word[0] == '#') return;
    if (word[0] == '@') {
      tags.emplace_back(word);
      if (!changes.empty()) changes.back().tags += (changes.back().tags.empty() ? "" : " ") + tags.back();
      return;
    }
    if (word[0] == '-') return;  // an old form for taking a change back
    if (word[0] == '+') word.remove_prefix(1);
    const auto [place, fresh] = known.try_emplace(std::string(word), changes.size());
    if (!fresh) {
      auto& earlier = changes[place->second];
      earlier.own.assign(tags.begin() + static_cast<std::ptrdiff_t>(earlier.tags_before), tags.end());
      place->second = changes.size();
    }
    changes.push_back({std::string(word), "", tags.size(), {}});
  });
  return changes;
}

Listing sqitch(std::string_view text) {
  Listing listing;
  size_t place = 0;
  for (const auto& change : read_plan(text)) {
    const auto add = [&](const std::string& tag) {
      const auto below = "deploy/" + change.name + tag;
      listing.place.try_emplace(below, place);
      if (!change.tags.empty()) listing.tags[below] = change.tags;
    };
    if (change.own.empty()) add("");
    for (const auto& tag : change.own) add(tag);
    ++place;
  }
  return listing;
}

std::optional<Listing> drizzle(std::string_view text) {
  const auto journal = json::parse(text, nullptr, false);
  if (!journal.is_object() || !journal.contains("entries") || !journal["entries"].is_array()) return std::nullopt;
  Listing listing;
  for (const auto& entry : journal["entries"]) {
    if (!entry.is_object() || !entry.contains("tag") || !entry["tag"].is_string()) return std::nullopt;
    listing.place.try_emplace(entry["tag"].get<std::string>(), listing.place.size());
  }
  return listing;
}

Listing soda(std::string_view text) {
  Listing listing;
  each_line(text, [&](size_t, std::string_view line) {
    const auto word = first_word(line);
    if (word.empty() || word[0] == '#') return;
    listing.place.try_emplace(std::string(without(word, ".sql")), listing.place.size());
  });
  return listing;
}

// One manifest.json a version folder; folders in the order of their versions, files as the manifest has them.
std::optional<Listing> temporal(const Candidate& candidate, const Source& source, std::vector<std::string>& notes) {
  std::map<std::string, std::pair<std::string, std::string>> folders;  // key -> folder below, path of the manifest
  for (const auto& path : candidate.markers) {
    if (base_name(path) != "manifest.json") continue;
    const auto folder = parent_of(path);
    const auto below = folder.size() > candidate.folder.size() ? folder.substr(candidate.folder.size() + 1) : "";
    folders[natural_key(base_name(folder))] = {std::string(below), path};
  }
  Listing listing;
  for (const auto& [key, folder] : folders) {
    const auto text = source.read(folder.second, kAll);
    auto manifest = text ? json::parse(*text, nullptr, false) : json();
    if (!manifest.is_object()) manifest = json::object();
    const json* files = nullptr;
    for (const auto& [name, value] : manifest.items()) {
      if (value.is_array() && !value.empty() && value[0].is_string()) files = &value;
    }
    if (files == nullptr) {
      notes.push_back(fmt::format("{} names no files", folder.second));
      continue;
    }
    for (const auto& name : *files) {
      if (!name.is_string()) continue;
      const auto below = folder.first + (folder.first.empty() ? "" : "/") + name.get<std::string>();
      listing.place.try_emplace(std::string(without(below, ".sql")), listing.place.size());
    }
  }
  return listing;
}

}  // namespace

std::optional<Listing> read_listing(const Candidate& candidate, const Source& source, std::vector<std::string>& notes) {
  std::string path;
  switch (candidate.framework) {
    case Framework::sqitch:
      path = candidate.marker("sqitch.plan");
      break;
    case Framework::drizzle:
      path = candidate.marker("_journal.json");
      break;
    case Framework::soda:
      path = candidate.marker("manifest.txt");
      break;
    case Framework::temporal:
      return temporal(candidate, source, notes);
    default:
      return std::nullopt;
  }
  const auto text =
      path.empty() ? fail(ErrorCode::not_found, "the file that keeps the order is missing") : source.read(path, kAll);
  std::optional<Listing> listing;
  if (text && candidate.framework == Framework::sqitch) listing = sqitch(*text);
  if (text && candidate.framework == Framework::drizzle) listing = drizzle(*text);
  if (text && candidate.framework == Framework::soda) listing = soda(*text);
  if (!listing) {
    notes.push_back(fmt::format("{}: {}; its files are ordered by their names", path.empty() ? candidate.folder : path,
                                text ? "it cannot be read" : text.error().message));
  }
  return listing;
}

}  // namespace bgdb::migration
