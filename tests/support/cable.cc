#include "support/cable.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <list>
#include <vector>

#include "pg/conninfo.h"
#include "support/check.h"

namespace bgdb::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Chunk {
  Clock::time_point due;
  std::string bytes;
};

// One direction of one connection.
struct Wire {
  int from = -1;
  int to = -1;
  std::deque<Chunk> under_way;
  bool ended = false;

  // `left`: of the bytes until the cable tears; more than those are not taken.
  bool take(int delay_ms, std::atomic<int64_t>* left) {
    char buffer[16384];
    auto count = ::recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (left != nullptr && count > 0) {
      const int64_t rest = *left -= count;
      if (rest < 0) count = std::max<ssize_t>(0, count + static_cast<ssize_t>(rest));
      if (rest <= 0 && count == 0) return true;
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (count > 0) {
      under_way.push_back({Clock::now() + std::chrono::milliseconds(delay_ms), {buffer, static_cast<size_t>(count)}});
    }
    return true;
  }
  bool give() {
    while (!under_way.empty() && under_way.front().due <= Clock::now()) {
      auto& bytes = under_way.front().bytes;
      const auto count = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      bytes.erase(0, static_cast<size_t>(count));
      if (!bytes.empty()) return true;
      under_way.pop_front();
    }
    return true;
  }
};

struct Pipe {
  Wire out, back;
};

// RST instead of a polite end.
void reset(int descriptor) {
  const linger hard{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(descriptor);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

}  // namespace

Cable::Cable(std::string dsn) : dsn_(std::move(dsn)) {
  target_port_ = std::stoi(REQUIRE_OK(pg::endpoint_of(dsn_)).port);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  auto address = loopback(0);
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_, 64) == 0);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Cable::~Cable() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::string Cable::dsn() const {
  const auto endpoint = REQUIRE_OK(pg::endpoint_of(dsn_));
  return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port_, endpoint.database);
}

void Cable::run() {
  std::list<Pipe> pipes;
  while (!stop_) {
    std::vector<pollfd> watched;
    if (!cut_) {
      watched.push_back({listener_, POLLIN, 0});
      for (const auto& pipe : pipes) {
        watched.push_back({pipe.out.from, POLLIN, 0});
        watched.push_back({pipe.out.to, POLLIN, 0});
      }
    }
    ::poll(watched.data(), watched.size(), delay_ms_ > 0 || cut_ ? 1 : 20);
    if (cut_) continue;
    if (const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); client >= 0) {
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const auto address = loopback(target_port_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        pipes.push_back({{client, server, {}, false}, {server, client, {}, false}});
      } else {
        ::close(client);
        ::close(server);
      }
    }
    for (auto at = pipes.begin(); at != pipes.end();) {
      at->out.ended = at->out.ended || !at->out.take(delay_ms_, nullptr) || !at->out.give();
      at->back.ended = at->back.ended || !at->back.take(delay_ms_, &bytes_left_) || !at->back.give();
      // What was said before the end still arrives.
      const bool over = (at->out.ended && at->out.under_way.empty()) || (at->back.ended && at->back.under_way.empty());
      if (over) {
        ::close(at->out.from);
        ::close(at->out.to);
        at = pipes.erase(at);
      } else {
        for (auto* wire : {&at->out, &at->back}) (void)wire->give();
        ++at;
      }
    }
    if (bytes_left_ > 0) continue;
    for (const auto& pipe : pipes) {
      reset(pipe.out.from);
      reset(pipe.out.to);
    }
    pipes.clear();
    bytes_left_ = INT64_MAX;
    ++tears_;
  }
  for (const auto& pipe : pipes) {
    ::close(pipe.out.from);
    ::close(pipe.out.to);
  }
}

}  // namespace bgdb::test
