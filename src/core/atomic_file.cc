#include "core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace bgdb::core {

namespace fs = std::filesystem;

namespace {

Error file_error(const std::string& path, int cause) {
  auto error = make_error(ErrorCode::io, fmt::format("cannot write {}: {}", path, std::strerror(cause)),
                          "check that the folder exists, can be written and has room");
  error.object = path;
  return error;
}

bool sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced;
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile out;
  std::error_code problem;
  const auto status = fs::status(path, problem);
  out.path_ = fs::exists(status) ? fs::canonical(path, problem).string() : path;
  if (fs::is_directory(status)) return fail(file_error(path, EISDIR));
  const bool direct = fs::exists(status) && !fs::is_regular_file(status);
  if (direct) out.path_ = path;
  if (!direct) out.aside_ = fmt::format("{}.{}.tmp", out.path_, ::getpid());
  errno = 0;
  out.stream_.open(direct ? out.path_ : out.aside_, std::ios::binary);
  if (!out.stream_) {
    const int cause = errno;
    out.aside_.clear();
    return fail(file_error(path, cause));
  }
  return out;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), aside_(std::exchange(other.aside_, {})), stream_(std::move(other.stream_)) {}

AtomicFile::~AtomicFile() {
  if (!aside_.empty()) ::unlink(aside_.c_str());
}

Result<void> AtomicFile::commit() {
  errno = 0;
  stream_.close();
  if (!stream_) return fail(file_error(path_, errno));
  if (aside_.empty()) return {};
  if (!sync(aside_) || ::rename(aside_.c_str(), path_.c_str()) != 0) return fail(file_error(path_, errno));
  aside_.clear();
  return {};
}

}  // namespace bgdb::core
