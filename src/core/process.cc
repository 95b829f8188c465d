#include "core/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "core/interrupt.h"

extern char** environ;

namespace bgdb::core {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  void close_read() {
    if (read_end >= 0) ::close(std::exchange(read_end, -1));
  }
  void close_write() {
    if (write_end >= 0) ::close(std::exchange(write_end, -1));
  }
  ~Pipe() {
    close_read();
    close_write();
  }
};

// Everything the child needs between fork and exec, prepared before the fork: only async-signal-safe calls happen
// there.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> environment_pointers;
  std::vector<char*> argv;
  bool change_user = false;
  uid_t uid = 0;
  gid_t gid = 0;
};

Result<Prepared> prepare(const ProcessOptions& options) {
  Prepared prepared;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (!options.environment.contains(name)) prepared.environment.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) prepared.environment.push_back(name + "=" + value);
  for (auto& entry : prepared.environment) prepared.environment_pointers.push_back(entry.data());
  prepared.environment_pointers.push_back(nullptr);
  for (const auto& argument : options.argv) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);
  if (options.run_as_user && ::geteuid() == 0) {
    const passwd* user = ::getpwnam(options.run_as_user->c_str());
    if (user == nullptr) return fail(ErrorCode::io, "no such user: " + *options.run_as_user);
    prepared.change_user = true;
    prepared.uid = user->pw_uid;
    prepared.gid = user->pw_gid;
  }
  return prepared;
}

// Starts the child in a process group of its own. Its exec error, if any, comes back through a pipe.
Result<pid_t> spawn(const ProcessOptions& options, int stdin_fd, int stdout_fd, int stderr_fd) {
  BGDB_ASSERT(!options.argv.empty());
  Prepared prepared = BGDB_TRY(prepare(options));
  Pipe exec_error;
  if (!exec_error.open()) return fail(ErrorCode::io, fmt::format("pipe: {}", std::strerror(errno)));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::io, fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) {
    ::setpgid(0, 0);
    struct sigaction defaults {};
    defaults.sa_handler = SIG_DFL;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) ::sigaction(number, &defaults, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    int error = 0;
    if (prepared.change_user &&
        (::setgroups(0, nullptr) != 0 || ::setgid(prepared.gid) != 0 || ::setuid(prepared.uid) != 0)) {
      error = errno;
    }
    if (options.die_with_parent) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(127);
    }
    if (error == 0 && options.working_directory && ::chdir(options.working_directory->c_str()) != 0) error = errno;
    if (error == 0 && (::dup2(stdin_fd, 0) < 0 || ::dup2(stdout_fd, 1) < 0 || ::dup2(stderr_fd, 2) < 0)) error = errno;
    if (error == 0) {
      environ = prepared.environment_pointers.data();
      ::execvp(prepared.argv[0], prepared.argv.data());
      error = errno;
    }
    [[maybe_unused]] const auto written = ::write(exec_error.write_end, &error, sizeof error);
    ::_exit(127);
  }
  exec_error.close_write();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(exec_error.read_end, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::io, fmt::format("cannot run {}: {}", options.argv[0], std::strerror(error)),
                error == ENOENT ? fmt::format("install {} or put it into PATH", options.argv[0]) : "");
  }
  return pid;
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Reads what is there; false at end of file.
bool read_available(int descriptor, std::string& text) {
  char buffer[65536];
  const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
  if (got > 0) text.append(buffer, static_cast<size_t>(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

void emit_lines(const std::string& text, size_t& emitted, const std::function<void(std::string_view)>& sink, bool all) {
  if (!sink) return;
  for (size_t end = text.find('\n', emitted); end != std::string::npos; end = text.find('\n', emitted)) {
    sink(std::string_view(text).substr(emitted, end - emitted));
    emitted = end + 1;
  }
  if (all && emitted < text.size()) sink(std::string_view(text).substr(emitted));
}

}  // namespace

Result<ProcessResult> run_process(const ProcessOptions& options) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (!in.open() || !out.open() || !err.open())
    return fail(ErrorCode::io, fmt::format("pipe: {}", std::strerror(errno)));
  const pid_t pid = BGDB_TRY(spawn(options, in.read_end, out.write_end, err.write_end));
  in.close_read();
  out.close_write();
  err.close_write();
  ::fcntl(in.write_end, F_SETFL, O_NONBLOCK);
  if (options.stdin_text.empty()) in.close_write();

  ProcessResult result;
  const auto deadline = SteadyClock::now() + options.timeout;
  const bool was_interrupted = interrupted();
  std::optional<Error> stopped;
  size_t written = 0;
  size_t emitted = 0;
  bool reaped = false;
  int wait_status = 0;
  while (out.read_end >= 0 || err.read_end >= 0) {
    const auto now = SteadyClock::now();
    if (now >= deadline) {
      stopped = make_error(ErrorCode::timeout,
                           fmt::format("{} did not finish within {} ms", options.argv[0], options.timeout.count()));
    } else if (!was_interrupted && interrupted()) {
      stopped = make_error(ErrorCode::interrupted, fmt::format("interrupted while {} ran", options.argv[0]));
    }
    if (stopped) break;
    const bool had_ended = reaped;  // then nothing comes after what poll finds now
    pollfd descriptors[3] = {{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}, {in.write_end, POLLOUT, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count() + 1;
    ::poll(descriptors, 3, static_cast<int>(std::min<int64_t>(left, 100)));
    if (descriptors[0].revents != 0 && !read_available(out.read_end, result.stdout_text)) out.close_read();
    if (descriptors[1].revents != 0 && !read_available(err.read_end, result.stderr_text)) err.close_read();
    if (descriptors[2].revents != 0) {
      const ssize_t put =
          ::write(in.write_end, options.stdin_text.data() + written, options.stdin_text.size() - written);
      if (put > 0) written += static_cast<size_t>(put);
      if ((put < 0 && errno != EAGAIN && errno != EINTR) || written == options.stdin_text.size()) in.close_write();
    }
    emit_lines(result.stdout_text, emitted, options.on_stdout_line, false);
    // A grandchild may hold the pipes open after the child has ended: do not wait for it.
    if (!reaped && ::waitpid(pid, &wait_status, WNOHANG) == pid) reaped = true;
    if (had_ended && descriptors[0].revents == 0 && descriptors[1].revents == 0) break;
  }
  emit_lines(result.stdout_text, emitted, options.on_stdout_line, true);
  if (stopped) {
    ::kill(-pid, SIGTERM);
    for (int i = 0; i < 200 && !reaped; ++i) {
      reaped = ::waitpid(pid, &wait_status, WNOHANG) == pid;
      if (!reaped) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::kill(-pid, SIGKILL);
  }
  while (!reaped && ::waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (stopped) return *std::move(stopped);
  result.exit_status = status_of(wait_status);
  return result;
}

Result<ChildProcess> ChildProcess::start(const ProcessOptions& options) {
  const std::string output = options.output_file.empty() ? "/dev/null" : options.output_file;
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) {
    const Error error = make_error(ErrorCode::io, fmt::format("cannot open {}: {}", output, std::strerror(errno)));
    if (in >= 0) ::close(in);
    if (out >= 0) ::close(out);
    return error;
  }
  auto pid = options.inherit_output ? spawn(options, in, STDOUT_FILENO, STDERR_FILENO) : spawn(options, in, out, out);
  ::close(in);
  ::close(out);
  if (!pid) return std::move(pid).error();
  ChildProcess child;
  child.pid_ = *pid;
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_status_(std::exchange(other.exit_status_, {})) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    exit_status_ = std::exchange(other.exit_status_, {});
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  stop();
}

bool ChildProcess::running() {
  if (pid_ <= 0 || exit_status_) return false;
  int wait_status = 0;
  if (::waitpid(pid_, &wait_status, WNOHANG) == pid_) exit_status_ = status_of(wait_status);
  return !exit_status_;
}

std::optional<int> ChildProcess::exit_status() {
  running();
  return exit_status_;
}

void ChildProcess::signal(int signal_number) {
  if (running()) ::kill(pid_, signal_number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  while (running() && SteadyClock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return exit_status_;
}

int ChildProcess::stop(std::chrono::milliseconds grace) {
  if (running()) {
    ::kill(pid_, SIGTERM);
    if (!wait(grace)) {
      ::kill(pid_, SIGKILL);
      wait(std::chrono::seconds(5));
    }
  }
  return exit_status_.value_or(0);
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BGDB_ASSERT(socket >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool ok = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(socket);
  BGDB_ASSERT(ok);
  return ntohs(address.sin_port);
}

}  // namespace bgdb::core
