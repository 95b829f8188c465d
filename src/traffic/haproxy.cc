#include "traffic/haproxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "core/clock.h"
#include "traffic/runtime_socket.h"
#include "traffic/text_file.h"
#include "traffic/unpaused.h"

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

class Haproxy : public UnpausedDriver {
 public:
  using UnpausedDriver::UnpausedDriver;

  Result<void> check() override {
    const auto text = BGDB_TRY(check_text_file(settings().config_file));
    if (auto marked = with_server_ready(text, settings().backend, server("blue"), server("green")); !marked) {
      return marked.error().with_context(settings().config_file);
    }
    for (const auto& socket : settings().sockets) BGDB_TRY(shares(socket, milliseconds(5'000)));
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
      BGDB_CHECK(expect(socket, target.name == "green" ? 100 : 0, timeout));
    }
    return {};
  }

  bool has_weights() const override { return true; }
  Result<void> set_weight(int percent, milliseconds timeout) override {
    if (percent <= 0 || percent >= 100) return point_to({percent <= 0 ? "blue" : "green", ""}, timeout);
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    auto weighted = with_server_weights(text, settings().backend, server("blue"), server("green"), percent);
    if (!weighted) return weighted.error().with_context(settings().config_file);
    BGDB_CHECK(replace_text_file(settings().config_file, *weighted));
    for (const auto& socket : settings().sockets) {
      for (const auto* side : {"blue", "green"}) {
        const auto name = settings().backend + "/" + server(side);
        const int share = side == std::string_view("green") ? percent : 100 - percent;
        BGDB_CHECK(told(socket, fmt::format("set server {} weight {}", name, share), timeout));
      }
      for (const auto* side : {"blue", "green"}) {
        BGDB_CHECK(
            told(socket, fmt::format("set server {}/{} state ready", settings().backend, server(side)), timeout));
      }
      BGDB_CHECK(expect(socket, percent, timeout));
    }
    return {};
  }

  // Several HAProxies that do not agree are an error: a run that died was in between.
  Result<int> weight(milliseconds timeout) override {
    std::optional<int> all;
    for (const auto& socket : settings().sockets) {
      const int here = BGDB_TRY(shares(socket, timeout)).percent();
      if (all && *all != here) {
        return fail(ErrorCode::divergence,
                    fmt::format("HAProxies do not agree: {} % and {} % of clients go to green", *all, here),
                    "Set the weight once more.");
      }
      all = here;
    }
    return *all;
  }

  Result<std::string> current(milliseconds timeout) override {
    std::string all;
    for (const auto& socket : settings().sockets) {
      const int percent = BGDB_TRY(shares(socket, timeout)).percent();
      const std::string side = percent == 0 ? "blue" : percent == 100 ? "green" : "";
      if (side.empty() || (!all.empty() && all != side)) return std::string();
      all = side;
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

  // What a new connection may get: a server in maintenance gets none.
  struct Shares {
    int blue = 0;
    int green = 0;
    // Both closed counts as neither side's: -1.
    int percent() const { return blue + green == 0 ? -1 : green * 100 / (blue + green); }
  };
  Result<Shares> shares(const std::string& socket, milliseconds timeout) const {
    const auto answer = BGDB_TRY(ask_runtime_socket(socket, "show servers state " + settings().backend, timeout));
    std::istringstream lines(answer);
    std::vector<std::string> head;
    Shares shares;
    size_t known = 0;
    for (std::string line; std::getline(lines, line);) {
      auto words = words_of(line);
      if (!words.empty() && words[0] == "#") head.assign(words.begin() + 1, words.end());
      const auto name = column(head, words, "srv_name");
      if (name != server("blue") && name != server("green")) continue;
      ++known;
      if ((std::atoi(column(head, words, "srv_admin_state").c_str()) & kMaintenance) != 0) continue;
      (name == server("blue") ? shares.blue : shares.green) = std::atoi(column(head, words, "srv_uweight").c_str());
    }
    if (known == 2) return shares;
    return fail(ErrorCode::config,
                fmt::format("HAProxy at {} has no servers {} and {} in backend {}", socket, server("blue"),
                            server("green"), settings().backend),
                "Set traffic.haproxy.backend, and traffic.haproxy.servers when they are not called blue and green.");
  }
  Result<void> expect(const std::string& socket, int percent, milliseconds timeout) const {
    const int now = BGDB_TRY(shares(socket, timeout)).percent();
    if (now == percent) return {};
    return fail(ErrorCode::io,
                fmt::format("HAProxy at {} leads {} % of {} to {}, not {} %", socket, now, settings().backend,
                            server("green"), percent),
                "See \"show servers state\" on its runtime socket.");
  }
  static std::string column(const std::vector<std::string>& head, const std::vector<std::string>& words,
                            std::string_view name) {
    const auto at = static_cast<size_t>(std::find(head.begin(), head.end(), name) - head.begin());
    return at < head.size() && words.size() == head.size() ? words[at] : std::string();
  }
};

// What a server's line shall say. Without a weight its own stays.
struct Mark {
  bool disabled = false;
  std::optional<int> weight{};
};

std::string marked_line(std::string_view line, const Mark& mark) {
  std::string comment;
  if (const auto hash = line.find(" #"); hash != std::string_view::npos) {
    comment = line.substr(hash);
    line = line.substr(0, hash);
  }
  std::string text(line.substr(0, line.find_first_not_of(" \t")));
  const auto words = words_of(line);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "disabled") continue;
    if (mark.weight && words[i] == "weight") {
      ++i;  // and its number
      continue;
    }
    text += (i == 0 ? "" : " ") + words[i];
  }
  if (mark.weight) text += fmt::format(" weight {}", *mark.weight);
  return text + (mark.disabled ? " disabled" : "") + comment;
}

// The lines of the backend's servers, marked; everything else as it stands.
Result<std::string> with_marks(std::string_view text, std::string_view backend,
                               const std::map<std::string, Mark, std::less<>>& marks) {
  std::string result;
  bool inside = false;
  size_t marked = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const auto words = words_of(line);
    const bool section = !words.empty() && (words[0] == "backend" || words[0] == "listen" || words[0] == "frontend" ||
                                            words[0] == "defaults" || words[0] == "global");
    if (section) inside = (words[0] == "backend" || words[0] == "listen") && words.size() > 1 && words[1] == backend;
    const bool server = inside && words.size() > 2 && words[0] == "server";
    const auto mark = server ? marks.find(words[1]) : marks.end();
    if (mark != marks.end()) ++marked;
    result += mark != marks.end() ? marked_line(line, mark->second) : std::string(line);
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (marked == marks.size()) return result;
  std::string names;
  for (const auto& [name, mark] : marks) names += (names.empty() ? "" : " and ") + name;
  return fail(ErrorCode::not_found, fmt::format("no servers {} in backend {}", names, backend),
              "traffic.haproxy.config_file names the file that holds the backend.");
}

}  // namespace

Result<std::string> with_server_ready(std::string_view text, std::string_view backend, std::string_view ready,
                                      std::string_view disabled) {
  return with_marks(text, backend, {{std::string(ready), {}}, {std::string(disabled), {.disabled = true}}});
}

Result<std::string> with_server_weights(std::string_view text, std::string_view backend, std::string_view blue,
                                        std::string_view green, int percent) {
  return with_marks(text, backend,
                    {{std::string(blue), {.disabled = percent >= 100, .weight = 100 - percent}},
                     {std::string(green), {.disabled = percent <= 0, .weight = percent}}});
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
