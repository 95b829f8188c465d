// Folders -> candidates: the files that may be one history. Internal to migration/.
#pragma once

#include "migration/tree.h"

namespace bgdb::migration {

struct Candidate {
  std::string folder;  // where the history lives; empty: nowhere (texts)
  bool at_root = false;
  bool excluded = false;  // stands in a folder of tests, seeds or init scripts
  Framework framework = Framework::plain;
  struct Item {
    std::string path;
    std::string below;  // inside `folder`
  };
  std::vector<Item> items;                    // SQL files, sorted by folder and name
  std::vector<std::string> markers;           // paths
  std::map<std::string, size_t> other_steps;  // ".go" -> how many

  // The marker that ends in `name`, or empty.
  std::string marker(std::string_view name) const;
};

std::vector<Candidate> group(const std::vector<Folder>& folders);
// Flyway reads its folder with everything below, and often several folders side by side: one history as long as no
// version stands twice.
void join_flyway(std::vector<Candidate>& candidates);
// The folder of the history a file belongs to, and how deep below it files may lie.
struct Home {
  std::string folder;
  size_t depth = 0;
};
Home home_of_file(const std::string& path);

// Framework of a candidate: from marker files, names and neighbours; from the heads of a few files when these do not
// tell.
Framework detect(const Candidate& candidate, const Source& source);

// The order that a file of the framework's keeps: path of a file -> its place; and what hangs on a place.
struct Listing {
  std::map<std::string, size_t> place;      // by the path below the history's folder, without .sql
  std::map<std::string, std::string> tags;  // Sqitch: the same -> "@v1 @v2"
  std::vector<std::string> missing;         // listed, but there is no such file
};
// Nothing when the framework keeps none or it cannot be read; `notes` says what is wrong with it.
std::optional<Listing> read_listing(const Candidate& candidate, const Source& source, std::vector<std::string>& notes);

}  // namespace bgdb::migration
