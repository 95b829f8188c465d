#include "traffic/runtime_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bgdb::traffic {
namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  int fd() const { return fd_; }
  bool wait(short events, Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd descriptor{fd_, events, 0};
    // What came while this process stood still counts.
    return ::poll(&descriptor, 1, static_cast<int>(std::max<int64_t>(left, 0))) > 0;
  }

 private:
  int fd_;
};

Result<Socket> connected(int family, const sockaddr* address, socklen_t length, Clock::time_point deadline) {
  Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) return fail(ErrorCode::io, std::strerror(errno));
  if (::connect(socket.fd(), address, length) != 0) {
    if (errno != EINPROGRESS && errno != EAGAIN) return fail(ErrorCode::connection, std::strerror(errno));
    if (!socket.wait(POLLOUT, deadline)) return fail(ErrorCode::timeout, "no answer to the connect");
    int reason = 0;
    socklen_t size = sizeof reason;
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason != 0) return fail(ErrorCode::connection, std::strerror(reason));
  }
  return socket;
}

Result<Socket> open_socket(const std::string& address, Clock::time_point deadline) {
  if (address.find('/') != std::string::npos) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.size() >= sizeof name.sun_path) return fail(ErrorCode::config, "the path is too long for a socket");
    std::memcpy(name.sun_path, address.c_str(), address.size() + 1);
    return connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&name), sizeof name, deadline);
  }
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return fail(ErrorCode::config, "neither a path nor host:port");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found);
      error != 0) {
    return fail(ErrorCode::connection, ::gai_strerror(error));
  }
  auto socket = connected(found->ai_family, found->ai_addr, found->ai_addrlen, deadline);
  ::freeaddrinfo(found);
  return socket;
}

}  // namespace

Result<std::string> ask_runtime_socket(const std::string& address, const std::string& command,
                                       std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  auto socket = open_socket(address, deadline);
  if (!socket) return socket.error().with_context("runtime socket " + address);
  const std::string line = command + "\n";
  if (::send(socket->fd(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return fail(ErrorCode::connection, fmt::format("runtime socket {}: {}", address, std::strerror(errno)));
  }
  std::string answer;
  while (true) {
    if (!socket->wait(POLLIN, deadline)) {
      return fail(ErrorCode::timeout, fmt::format("runtime socket {}: no answer to \"{}\" within {} ms", address,
                                                  command, timeout.count()));
    }
    char buffer[4096];
    const auto count = ::recv(socket->fd(), buffer, sizeof buffer, 0);
    if (count == 0) return answer;
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0)
      return fail(ErrorCode::connection, fmt::format("runtime socket {}: {}", address, std::strerror(errno)));
    answer.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace bgdb::traffic
