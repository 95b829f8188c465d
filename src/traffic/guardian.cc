#include "traffic/guardian.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/clock.h"

namespace bgdb::traffic {
namespace {

using std::chrono::milliseconds;

// Orders, one a line: {"deadline_ms":N,"driver":{...}} first, then "until <deadline_ms> <grace_ms>" and "done".
class Orders {
 public:
  enum class Kind { line, closed, timeout };
  Kind read(std::string& line, core::SteadyTime deadline) {
    while (true) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return Kind::line;
      }
      const auto left = std::chrono::ceil<milliseconds>(deadline - core::system_clock().now()).count();
      if (left <= 0) return Kind::timeout;
      pollfd descriptor{STDIN_FILENO, POLLIN, 0};
      if (::poll(&descriptor, 1, static_cast<int>(left)) <= 0) continue;
      char chunk[4096];
      const auto count = ::read(STDIN_FILENO, chunk, sizeof chunk);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return Kind::closed;
      buffer_.append(chunk, static_cast<size_t>(count));
    }
  }

 private:
  std::string buffer_;
};

// Until it works or a minute has passed: clients wait.
int resume_pooler(const DriverSpec& spec) {
  auto driver = make_driver(spec);
  if (!driver) return 2;
  for (int i = 0; i < 60; ++i) {
    if ((*driver)->resume(milliseconds(2'000))) return 0;
    core::system_clock().sleep_for(milliseconds(1'000));
  }
  return 1;
}

[[noreturn]] void become(const std::string& program, int orders) {
  ::setsid();
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int number : {SIGINT, SIGHUP, SIGTERM, SIGPIPE}) ::sigaction(number, &ignore, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0 || ::dup2(orders, 0) < 0 || ::dup2(null, 1) < 0 || ::dup2(null, 2) < 0) ::_exit(127);
  const char* const argv[] = {program.c_str(), "__guardian", nullptr};
  ::execv(program.c_str(), const_cast<char* const*>(argv));
  ::_exit(127);
}

}  // namespace

Result<Guardian> Guardian::start(const std::string& program, const DriverSpec& spec, milliseconds deadline) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::io, fmt::format("pipe: {}", std::strerror(errno)));
  const pid_t pid = ::fork();
  if (pid < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(ErrorCode::io, fmt::format("cannot start the guardian: {}", std::strerror(errno)));
  }
  if (pid == 0) become(program, ends[0]);
  ::close(ends[0]);
  Guardian guardian;
  guardian.pipe_ = ends[1];
  guardian.pid_ = pid;
  guardian.say(fmt::format(R"({{"deadline_ms":{},"driver":{}}})", deadline.count(), to_json(spec)));
  // A guardian that could not be started at all must be known before the pooler is paused.
  core::system_clock().sleep_for(milliseconds(2));
  if (::waitpid(pid, nullptr, WNOHANG) != 0) {
    ::close(std::exchange(guardian.pipe_, -1));
    guardian.pid_ = -1;
    return fail(ErrorCode::io, "the guardian process (" + program + " __guardian) did not start",
                "It resumes the pooler when bgdb dies; without it nothing is paused.");
  }
  return guardian;
}

Guardian::Guardian(Guardian&& other) noexcept
    : pipe_(std::exchange(other.pipe_, -1)), pid_(std::exchange(other.pid_, -1)) {}
Guardian& Guardian::operator=(Guardian&& other) noexcept {
  if (this != &other) {
    dismiss();
    pipe_ = std::exchange(other.pipe_, -1);
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}
Guardian::~Guardian() {
  dismiss();
}

void Guardian::say(const std::string& line) const {
  if (pipe_ < 0) return;
  const std::string text = line + "\n";
  // A dead guardian's pipe must not kill us.
  struct sigaction ignore {};
  struct sigaction old {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &old);
  size_t written = 0;
  while (written < text.size()) {
    const auto count = ::write(pipe_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  ::sigaction(SIGPIPE, &old, nullptr);
}

void Guardian::expect(milliseconds deadline) {
  committed(deadline, milliseconds(0));
}

void Guardian::committed(milliseconds deadline, milliseconds grace) {
  say(fmt::format("until {} {}", deadline.count(), grace.count()));
}

void Guardian::dismiss() {
  if (pipe_ < 0) return;
  say("done");
  ::close(std::exchange(pipe_, -1));
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int guardian_main() {
  auto& clock = core::system_clock();
  Orders orders;
  std::string line;
  if (orders.read(line, clock.now() + std::chrono::seconds(10)) != Orders::Kind::line) return 2;
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("driver")) return 2;
  const auto spec = spec_from_json(json["driver"].dump());
  if (!spec) return 2;
  auto deadline = clock.now() + milliseconds(json.value("deadline_ms", int64_t{5'000}));
  milliseconds grace{0};
  while (true) {
    const auto kind = orders.read(line, deadline);
    if (kind == Orders::Kind::line) {
      if (line == "done") return 0;
      long long deadline_ms = 0;
      long long grace_ms = 0;
      if (std::sscanf(line.c_str(), "until %lld %lld", &deadline_ms, &grace_ms) == 2) {
        deadline = clock.now() + milliseconds(deadline_ms);
        grace = milliseconds(grace_ms);
      }
      continue;
    }
    if (kind == Orders::Kind::closed) clock.sleep_for(grace);
    return resume_pooler(*spec);
  }
}

}  // namespace bgdb::traffic
