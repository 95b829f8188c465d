// Health checks that the operator declared: a query, a program, an HTTP address.
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include "core/process.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

// Passes when it runs within its time and its first value is not NULL, false or 0.
class SqlHealth : public SessionGate {
 public:
  SqlHealth(const Place& place, Health health)
      : SessionGate("health: " + health.query, place.name, place.dsn), health_(std::move(health)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "true within " + core::format_duration(health_.timeout);
    BGDB_CHECK(session.execute("select set_config('statement_timeout', $1, false)",
                               {std::to_string(health_.timeout.count())}));
    // A health check looks; it must not change anything.
    BGDB_CHECK(session.begin("read only"));
    auto rows = session.query(health_.query);
    (void)session.rollback();
    if (!rows) return rows.error();
    const bool empty = rows->empty() || rows->values[0].empty();
    const pg::Value first = empty ? pg::Value() : rows->values[0][0];
    decision.value = empty ? "no row" : first.value_or("NULL");
    decision.pass = first && *first != "f" && *first != "0" && *first != "false";
    decision.reason = decision.pass ? "healthy on " + side() : "the query on " + side() + " says no";
    return {};
  }

 private:
  Health health_;
};

class CommandHealth : public Gate {
 public:
  explicit CommandHealth(Health health) : health_(std::move(health)) {
    for (const auto& word : health_.run) shown_ += (shown_.empty() ? "" : " ") + word;
  }
  std::string name() const override { return "health: " + shown_; }
  Decision evaluate(milliseconds) override {
    Decision decision{.gate = name(), .limit = "status 0 within " + core::format_duration(health_.timeout)};
    const auto result = core::run_process({.argv = health_.run, .timeout = health_.timeout});
    if (!result) {
      decision.value = "unknown";
      decision.reason = result.error().message;
      return decision;
    }
    decision.value = fmt::format("status {}", result->exit_status);
    decision.pass = result->exit_status == 0;
    std::string text = result->stderr_text.empty() ? result->stdout_text : result->stderr_text;
    text = text.substr(0, std::min<size_t>(text.find('\n'), 200));
    decision.reason = decision.pass ? "healthy" : "it says no" + (text.empty() ? "" : ": " + text);
    return decision;
  }

 private:
  Health health_;
  std::string shown_;
};

struct Url {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

Result<Url> parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) {
    return fail(ErrorCode::unsupported, "only http:// addresses are checked", "Use a command check (curl) for https.");
  }
  Url url;
  const std::string rest = text.substr(kScheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string authority = rest.substr(0, slash);
  if (slash < rest.size()) url.path = rest.substr(slash);
  const auto colon = authority.rfind(':');
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    url.port = authority.substr(colon + 1);
    authority.resize(colon);
  }
  if (authority.size() > 2 && authority.front() == '[') authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  if (url.host.empty()) return fail(ErrorCode::config, "no host in " + text);
  return url;
}

class Socket {
 public:
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  int fd() const { return fd_; }
  bool wait(short events, std::chrono::steady_clock::time_point deadline) const {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd descriptor{fd_, events, 0};
    return left > 0 && ::poll(&descriptor, 1, static_cast<int>(left)) == 1;
  }

 private:
  int fd_;
};

// Status of GET, HTTP/1.0, no redirects.
Result<int> http_status(const Url& url, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); code != 0) {
    return fail(ErrorCode::connection, fmt::format("{}: {}", url.host, ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  const Socket socket(::socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto no_answer = [&] {
    return fail(ErrorCode::connection, fmt::format("{}:{} does not answer", url.host, url.port));
  };
  (void)::connect(socket.fd(), found->ai_addr, found->ai_addrlen);
  if (!socket.wait(POLLOUT, deadline)) return no_answer();
  const std::string request =
      fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", url.path, url.host);
  if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return no_answer();
  }
  std::string head;
  while (head.find("\r\n") == std::string::npos && head.size() < 4096) {
    if (!socket.wait(POLLIN, deadline)) return no_answer();
    char chunk[512];
    const auto count = ::recv(socket.fd(), chunk, sizeof chunk, 0);
    if (count <= 0) return no_answer();
    head.append(chunk, static_cast<size_t>(count));
  }
  int status = 0;
  const auto blank = head.find(' ');
  if (!head.starts_with("HTTP/") || blank == std::string::npos) return no_answer();
  std::from_chars(head.data() + blank + 1, head.data() + head.size(), status);
  return status;
}

class HttpHealth : public Gate {
 public:
  explicit HttpHealth(Health health) : health_(std::move(health)) {}
  std::string name() const override { return "health: " + health_.url; }
  Decision evaluate(milliseconds) override {
    Decision decision{
        .gate = name(),
        .limit = fmt::format("{} within {}", health_.expect_status, core::format_duration(health_.timeout))};
    const auto status = [&]() -> Result<int> {
      return http_status(BGDB_TRY(parse_url(health_.url)), health_.timeout);
    }();
    if (!status) {
      decision.value = "unknown";
      decision.reason = status.error().to_string();
      return decision;
    }
    decision.value = std::to_string(*status);
    decision.pass = *status == health_.expect_status;
    decision.reason = decision.pass ? "healthy" : "another status than expected";
    return decision;
  }

 private:
  Health health_;
};

}  // namespace

std::unique_ptr<Gate> make_sql_health_gate(const Place& place, const Health& health) {
  return std::make_unique<SqlHealth>(place, health);
}
std::unique_ptr<Gate> make_command_health_gate(const Health& health) {
  return std::make_unique<CommandHealth>(health);
}
std::unique_ptr<Gate> make_http_health_gate(const Health& health) {
  return std::make_unique<HttpHealth>(health);
}

}  // namespace bgdb::gate
