// The migrations that git says changed, as paths for the linter.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::app {

struct ChangedFiles {
  std::vector<std::string> paths;
  // Set when the files were written elsewhere: the path that was read -> the one that people know.
  std::function<std::string(const std::string&)> display;
  std::shared_ptr<void> keep;  // the temporary folder, gone with it
};

// Changed SQL files at or below `paths` (none: anywhere in the repository of the working directory): since the merge
// base with `since`, or since HEAD when it is empty; `staged`: as the index holds them, together with their neighbours.
Result<ChangedFiles> changed_files(const std::vector<std::string>& paths, const std::string& since, bool staged);

// An absolute path as seen from the working directory, where it is below it.
std::string shown_from_here(const std::filesystem::path& path);

}  // namespace bgdb::app
