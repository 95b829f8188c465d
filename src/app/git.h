// What git says changed. git runs with an argument vector, never through a shell; names travel NUL-separated, so that
// quotes, newlines and unicode in them do not matter.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bgdb::app {

// A repository that `folder` is in. Failures: git is missing, no repository (usage, with the cure).
class GitRepository {
 public:
  static Result<GitRepository> open(const std::filesystem::path& folder);

  const std::filesystem::path& top() const { return top_; }
  // The commit from which the work since `ref` began. Failures: unknown ref, no common history, a shallow clone.
  Result<std::string> merge_base(const std::string& ref) const;
  // Files that differ from `base` in the working tree, untracked ones too; deleted ones do not count. Relative to
  // top().
  Result<std::vector<std::string>> changed_since(const std::string& base) const;
  // Files that differ from `base` (empty: HEAD) in the index.
  Result<std::vector<std::string>> staged_since(const std::string& base) const;
  // Writes the index's content of all files below `folders` (relative to top()) whose names end in one of `endings`.
  Result<void> export_index(const std::vector<std::string>& folders, const std::vector<std::string_view>& endings,
                            const std::filesystem::path& target) const;

 private:
  Result<std::string> run(std::vector<std::string> arguments, std::string input = {}) const;
  bool shallow() const;

  std::filesystem::path top_;
  std::string git_dir_;
};

}  // namespace bgdb::app
