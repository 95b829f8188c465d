#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "scratch/server.h"

namespace bgdb::scratch {
namespace {

namespace fs = std::filesystem;

// When we die without cleaning up, this stops every server of the workspace and removes it. A shell of its own, in a
// process group of its own, so that neither kill -9 of us nor Ctrl-C on the terminal reaches it.
constexpr const char* kWatchdog = R"sh(
while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
stop_all() {
  for file in "$2"/*/data/postmaster.pid "$2"/*/pgbouncer.pid; do
    [ -f "$file" ] && kill "$1" "$(head -n 1 "$file")" 2>/dev/null
  done
}
stop_all -QUIT "$2"; sleep 0.5
stop_all -KILL "$2"; sleep 0.2
rm -rf -- "$2"
)sh";

std::string unprivileged_user() {
  if (::geteuid() != 0) return {};
  for (const char* name : {"postgres", "nobody"}) {
    if (::getpwnam(name) != nullptr) return name;
  }
  return "nobody";
}

}  // namespace

Result<std::unique_ptr<Workspace>> Workspace::create(std::string_view prefix) {
  std::unique_ptr<Workspace> workspace(new Workspace());
  workspace->user_ = unprivileged_user();
  std::string pattern = (fs::temp_directory_path() / (std::string(prefix) + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return fail(
        ErrorCode::io,
        fmt::format("cannot create a folder in {}: {}", fs::temp_directory_path().string(), std::strerror(errno)),
        "set TMPDIR to a folder you may write");
  }
  workspace->path_ = pattern;
  if (!workspace->user_.empty()) {
    const passwd* user = ::getpwnam(workspace->user_.c_str());
    if (user == nullptr || ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return fail(ErrorCode::io, fmt::format("cannot give {} to user {}", pattern, workspace->user_));
    }
  }
  workspace->watchdog_ = BGDB_TRY(core::ChildProcess::start(
      {.argv = {"/bin/sh", "-c", kWatchdog, "bgdb-watchdog", std::to_string(::getpid()), pattern}}));
  return workspace;
}

Workspace::~Workspace() {
  std::error_code ignored;
  if (!keep_ && !path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace bgdb::scratch
