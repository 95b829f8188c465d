// A file that is there whole or not at all: written beside its place, synced, renamed into it. What is no regular file
// (a pipe, /dev/stdout) is written directly.
#pragma once

#include <fstream>
#include <ostream>
#include <string>

#include "core/result.h"

namespace bgdb::core {

class AtomicFile {
 public:
  // Failure: io, with the path and the cause.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();  // takes the unfinished file away

  std::ostream& stream() { return stream_; }
  Result<void> commit();

 private:
  AtomicFile() = default;
  std::string path_;   // links followed
  std::string aside_;  // empty: written directly, or done
  std::ofstream stream_;
};

}  // namespace bgdb::core
