// Temporary folders and files for tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bgdb::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }
  std::string write(std::string_view relative, std::string_view text) const;  // returns the full path

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);

}  // namespace bgdb::test
