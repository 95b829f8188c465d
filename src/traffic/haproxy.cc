#include "traffic/haproxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/clock.h"
#include "traffic/runtime_socket.h"
#include "traffic/text_file.h"

namespace bgdb::traffic {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// srv_admin_state: forced, inherited or resolver maintenance.
constexpr int kMaintenance = 0x01 | 0x02 | 0x20;

class Haproxy : public Driver {
 public:
  explicit Haproxy(DriverSpec spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "haproxy"; }
  // It can refuse connections, but not make them wait.
  bool can_pause() const override { return false; }
  Result<void> pause(milliseconds) override { return {}; }
  Result<void> resume(milliseconds) override { return {}; }
  std::string front_door_dsn() const override { return spec_.front_door_dsn; }

  Result<void> check() override {
    const auto text = BGDB_TRY(check_text_file(settings().config_file));
    if (auto marked = with_server_ready(text, settings().backend, server("blue"), server("green")); !marked) {
      return marked.error().with_context(settings().config_file);
    }
    for (const auto& socket : settings().sockets) BGDB_TRY(ready_servers(socket, milliseconds(5'000)));
    return {};
  }

  // The new side is opened before the old one is closed; connections to the old one are ended, so that pools come back
  // through the front door.
  Result<void> point_to(const Target& target, milliseconds timeout) override {
    const std::string to = server(target.name);
    const std::string from = server(target.name == "blue" ? "green" : "blue");
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    auto marked = with_server_ready(text, settings().backend, to, from);
    if (!marked) return marked.error().with_context(settings().config_file);
    BGDB_CHECK(replace_text_file(settings().config_file, *marked));
    for (const auto& socket : settings().sockets) {
      for (const auto& command : commands(to, from)) BGDB_CHECK(told(socket, command, timeout));
      const auto ready = BGDB_TRY(ready_servers(socket, timeout));
      if (ready != std::vector<std::string>{to}) {
        return fail(ErrorCode::io,
                    fmt::format("HAProxy at {} does not lead {} to {} alone", socket, settings().backend, to),
                    "See \"show servers state\" on its runtime socket.");
      }
    }
    return {};
  }

  Result<std::string> current(milliseconds timeout) override {
    std::string all;
    for (const auto& socket : settings().sockets) {
      const auto ready = BGDB_TRY(ready_servers(socket, timeout));
      if (ready.size() != 1) return std::string();
      for (const auto* side : {"blue", "green"}) {
        if (server(side) != ready[0]) continue;
        if (!all.empty() && all != side) return std::string();
        all = side;
      }
    }
    return all;
  }

  std::vector<std::string> describe(const Target& target) const override {
    const std::string to = server(target.name);
    const std::string from = server(target.name == "blue" ? "green" : "blue");
    std::vector<std::string> lines = {fmt::format("clients are not paused: HAProxy can only refuse them"),
                                      fmt::format("rewrite {}: in {} server {} without \"disabled\", {} with it",
                                                  settings().config_file, settings().backend, to, from)};
    for (const auto& command : commands(to, from)) lines.push_back(command);
    lines.push_back("show servers state " + settings().backend);
    return lines;
  }

 private:
  const HaproxySettings& settings() const { return spec_.haproxy; }
  std::string server(const std::string& side) const {
    const auto found = settings().servers.find(side);
    return found == settings().servers.end() ? side : found->second;
  }
  std::vector<std::string> commands(const std::string& to, const std::string& from) const {
    const auto& backend = settings().backend;
    return {fmt::format("set server {}/{} state ready", backend, to),
            fmt::format("set server {}/{} state maint", backend, from),
            fmt::format("shutdown sessions server {}/{}", backend, from)};
  }

  // HAProxy answers a command that worked with an empty line.
  Result<void> told(const std::string& socket, const std::string& command, milliseconds timeout) const {
    auto answer = BGDB_TRY(ask_runtime_socket(socket, command, timeout));
    if (answer.find_first_not_of(" \r\n") == std::string::npos) return {};
    while (!answer.empty() && (answer.back() == '\n' || answer.back() == ' ')) answer.pop_back();
    return fail(ErrorCode::io, fmt::format("HAProxy at {} refuses \"{}\": {}", socket, command, answer),
                "The socket needs \"level admin\", and the backend a server for each side (traffic.haproxy.servers).");
  }

  // Names of blue's and green's servers that take connections.
  Result<std::vector<std::string>> ready_servers(const std::string& socket, milliseconds timeout) const {
    const auto answer = BGDB_TRY(ask_runtime_socket(socket, "show servers state " + settings().backend, timeout));
    std::istringstream lines(answer);
    std::vector<std::string> head;
    std::vector<std::string> ready;
    size_t known = 0;
    for (std::string line; std::getline(lines, line);) {
      auto words = words_of(line);
      if (!words.empty() && words[0] == "#") head.assign(words.begin() + 1, words.end());
      const auto name = column(head, words, "srv_name");
      if (name != server("blue") && name != server("green")) continue;
      ++known;
      if ((std::atoi(column(head, words, "srv_admin_state").c_str()) & kMaintenance) == 0) ready.push_back(name);
    }
    if (known == 2) return ready;
    return fail(ErrorCode::config,
                fmt::format("HAProxy at {} has no servers {} and {} in backend {}", socket, server("blue"),
                            server("green"), settings().backend),
                "Set traffic.haproxy.backend, and traffic.haproxy.servers when they are not called blue and green.");
  }
  static std::string column(const std::vector<std::string>& head, const std::vector<std::string>& words,
                            std::string_view name) {
    const auto at = static_cast<size_t>(std::find(head.begin(), head.end(), name) - head.begin());
    return at < head.size() && words.size() == head.size() ? words[at] : std::string();
  }

  DriverSpec spec_;
};

std::string marked_line(std::string_view line, bool disabled) {
  std::string comment;
  if (const auto hash = line.find(" #"); hash != std::string_view::npos) {
    comment = line.substr(hash);
    line = line.substr(0, hash);
  }
  std::string text(line.substr(0, line.find_first_not_of(" \t")));
  bool first = true;
  for (const auto& word : words_of(line)) {
    if (word == "disabled") continue;
    text += (first ? "" : " ") + word;
    first = false;
  }
  return text + (disabled ? " disabled" : "") + comment;
}

}  // namespace

Result<std::string> with_server_ready(std::string_view text, std::string_view backend, std::string_view ready,
                                      std::string_view disabled) {
  std::string result;
  bool inside = false;
  int marked = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const auto words = words_of(line);
    const bool section = !words.empty() && (words[0] == "backend" || words[0] == "listen" || words[0] == "frontend" ||
                                            words[0] == "defaults" || words[0] == "global");
    if (section) inside = (words[0] == "backend" || words[0] == "listen") && words.size() > 1 && words[1] == backend;
    if (inside && words.size() > 2 && words[0] == "server" && (words[1] == ready || words[1] == disabled)) {
      result += marked_line(line, words[1] == disabled);
      ++marked;
    } else {
      result += line;
    }
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (marked == 2) return result;
  return fail(ErrorCode::not_found, fmt::format("no servers {} and {} in backend {}", ready, disabled, backend),
              "traffic.haproxy.config_file names the file that holds the backend.");
}

Result<std::unique_ptr<Driver>> make_haproxy(const DriverSpec& spec) {
  const auto missing = [](const char* key, const char* cure) {
    return fail(ErrorCode::config, fmt::format("traffic.driver is haproxy, but traffic.haproxy.{} is missing", key),
                cure);
  };
  if (spec.haproxy.sockets.empty()) return missing("sockets", "For example: [/run/haproxy/admin.sock]");
  if (spec.haproxy.backend.empty()) return missing("backend", "The backend that holds a server for each side.");
  if (spec.haproxy.config_file.empty()) return missing("config_file", "The file that holds that backend.");
  return std::unique_ptr<Driver>(std::make_unique<Haproxy>(spec));
}

}  // namespace bgdb::traffic
