#include "traffic/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace bgdb::traffic {
namespace {

Result<void> io_failure(const std::string& what, const std::string& path) {
  return fail(ErrorCode::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)),
              "bgdb must be able to write the folder of this file (see section traffic of bgdb.yml).");
}

// The new content beside the old file.
Result<void> write_beside(const std::string& temporary, const std::string& text, const struct stat& old) {
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return io_failure("write", temporary);
  bool good = ::fchmod(file, old.st_mode & 07777) == 0;
  // Only root can give a file away; an equal owner needs nothing.
  if (old.st_uid != ::geteuid() || old.st_gid != ::getegid())
    good = ::fchown(file, old.st_uid, old.st_gid) == 0 && good;
  size_t written = 0;
  while (good && written < text.size()) {
    const auto count = ::write(file, text.data() + written, text.size() - written);
    good = count > 0;
    if (good) written += static_cast<size_t>(count);
  }
  good = good && ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  if (good) return {};
  errno = reason;
  const auto failure = io_failure("write", temporary);
  ::unlink(temporary.c_str());
  return failure;
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return io_failure("read", path).error();
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Result<void> replace_text_file(const std::string& path, const std::string& text, bool keep_old) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) return io_failure("read", path);
  const auto before = BGDB_TRY(read_text_file(path));
  if (before == text) return {};
  const std::string temporary = path + ".bgdb-new";
  if (keep_old) {
    BGDB_CHECK(write_beside(temporary, before, old));
    if (::rename(temporary.c_str(), (path + ".bgdb-old").c_str()) != 0) return io_failure("keep a copy of", path);
  }
  BGDB_CHECK(write_beside(temporary, text, old));
  if (::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const auto failure = io_failure("replace", path);
  ::unlink(temporary.c_str());
  return failure;
}

Result<std::string> check_text_file(const std::string& path) {
  auto text = BGDB_TRY(read_text_file(path));
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK) != 0) return io_failure("write", folder).error();
  return text;
}

}  // namespace bgdb::traffic
