#include "support/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>
#include <vector>

#include "support/check.h"

namespace bgdb::test {
namespace {

struct Pair {
  int client = -1;
  int server = -1;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// RST instead of a polite end: what a lost network looks like.
void reset(int descriptor) {
  const linger hard{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(descriptor);
}

void end(Pair& pair) {
  reset(pair.client);
  reset(pair.server);
  pair = {};
}

bool write_all(int descriptor, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::send(descriptor, data, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

Proxy::Proxy(int target_port) : target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listener_, 64) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::string Proxy::through(const std::string& dsn) const {
  return std::regex_replace(dsn, std::regex("port=[0-9]+"), "port=" + std::to_string(port_));
}

void Proxy::run() {
  std::vector<Pair> pairs;
  std::vector<char> buffer(64 * 1024);
  while (!stop_) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs) {
      polled.push_back({pair.client, POLLIN, 0});
      polled.push_back({pair.server, POLLIN, 0});
    }
    if (::poll(polled.data(), polled.size(), 50) <= 0) continue;
    bool cut = false;
    for (size_t i = 0; i < pairs.size() && !cut; ++i) {
      for (const bool from_server : {false, true}) {
        if (polled[1 + 2 * i + (from_server ? 1 : 0)].revents == 0 || pairs[i].client < 0) continue;
        const int from = from_server ? pairs[i].server : pairs[i].client;
        const int to = from_server ? pairs[i].client : pairs[i].server;
        const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
          end(pairs[i]);
          continue;
        }
        auto size = static_cast<int64_t>(got);
        if (from_server) {
          cut = (bytes_left_ -= size) <= 0;
          if (cut) size = std::max<int64_t>(0, size + bytes_left_);
        }
        if (!write_all(to, buffer.data(), static_cast<size_t>(size))) end(pairs[i]);
      }
    }
    if (cut) {
      bytes_left_ = INT64_MAX;
      for (Pair& pair : pairs) {
        if (pair.client >= 0) end(pair);
      }
      ++cuts_;
    }
    std::erase_if(pairs, [](const Pair& pair) { return pair.client < 0; });
    if ((polled[0].revents & POLLIN) == 0) continue;
    Pair pair{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = loopback(target_port_);
    if (::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      pairs.push_back(pair);
    } else {
      end(pair);
    }
  }
  for (Pair& pair : pairs) end(pair);
}

}  // namespace bgdb::test
