#include "traffic/nginx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/process.h"
#include "pg/conninfo.h"
#include "traffic/text_file.h"
#include "traffic/unpaused.h"

namespace bgdb::traffic {
namespace {

using std::chrono::milliseconds;

struct Span {
  size_t begin = 0;
  size_t end = 0;
};

// A word of nginx's configuration language, or one of { } ;. Comments and blanks are skipped. No quotes: an upstream
// that needs them is not found, which is said.
std::optional<Span> next_token(std::string_view text, size_t at) {
  while (at < text.size()) {
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
    } else {
      break;
    }
  }
  if (at >= text.size()) return std::nullopt;
  if (std::string_view("{};").find(text[at]) != std::string_view::npos) return Span{at, at + 1};
  size_t end = at;
  while (end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0 &&
         std::string_view("{};").find(text[end]) == std::string_view::npos) {
    ++end;
  }
  return Span{at, end};
}

// The statement `server ADDRESS PARAMETERS;` of an upstream block.
struct ServerLine {
  Span address;
  std::vector<Span> parameters;
};

Result<std::vector<ServerLine>> find_servers(std::string_view text, std::string_view name) {
  std::string_view before_previous;
  std::string_view previous;
  bool inside = false;
  bool in_server = false;
  std::vector<ServerLine> servers;
  for (auto token = next_token(text, 0); token; token = next_token(text, token->end)) {
    const auto word = text.substr(token->begin, token->end - token->begin);
    if (word == ";" || word == "}") in_server = false;
    if (in_server) {
      servers.back().parameters.push_back(*token);
    } else if (inside && previous == "server" && word != ";") {
      servers.push_back({*token, {}});
      in_server = true;
    }
    if (word == "{") inside = before_previous == "upstream" && previous == name;
    if (word == "}") inside = false;
    before_previous = previous;
    previous = in_server ? std::string_view() : word;
  }
  if (!servers.empty()) return servers;
  return fail(ErrorCode::not_found, fmt::format("no block \"upstream {} {{ server ...; }}\"", name),
              "traffic.nginx.upstream names the block, traffic.nginx.config_file the file that holds it.");
}

// Where the address of the block's one server stands.
Result<Span> find_address(std::string_view text, std::string_view name) {
  const auto servers = BGDB_TRY(find_servers(text, name));
  if (servers.size() == 1) return servers[0].address;
  return fail(ErrorCode::config, fmt::format("upstream {} holds several servers", name),
              "Give the database an upstream with one server; bgdb changes its address.");
}

Error no_server(std::string_view name, std::string_view address) {
  return make_error(ErrorCode::not_found, fmt::format("upstream {} has no server {}", name, address),
                    "Gradual traffic needs a server for each side in the block; traffic.nginx.servers says which.");
}

class Nginx : public UnpausedDriver {
 public:
  using UnpausedDriver::UnpausedDriver;

  Result<void> check() override {
    const auto text = BGDB_TRY(check_text_file(settings().config_file));
    if (auto address = upstream_address(text, settings().upstream); !address) {
      return address.error().with_context(settings().config_file);
    }
    return run("-t", milliseconds(10'000));
  }

  // The reload is repeated even when the file is right: a run that died may have written it and no more. Connections
  // that old workers still hold end when the switch evicts the old side's sessions.
  Result<void> point_to(const Target& target, milliseconds timeout) override {
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    return install(text, with_upstream(text, settings().upstream, BGDB_TRY(address_of(target))), timeout);
  }

  bool has_weights() const override { return true; }
  Result<void> check_weights() override {
    BGDB_TRY(weight(milliseconds(0)));
    return run("-t", milliseconds(10'000));
  }
  Result<void> set_weight(int percent, milliseconds timeout) override {
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    return install(text,
                   with_weights(text, settings().upstream, BGDB_TRY(server("blue")), BGDB_TRY(server("green")),
                                std::clamp(percent, 0, 100)),
                   timeout);
  }
  Result<int> weight(milliseconds) override {
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    auto share = green_weight(text, settings().upstream, BGDB_TRY(server("blue")), BGDB_TRY(server("green")));
    if (!share) return share.error().with_context(settings().config_file);
    return share;
  }

  Result<std::string> current(milliseconds) override {
    const auto text = BGDB_TRY(read_text_file(settings().config_file));
    if (BGDB_TRY(find_servers(text, settings().upstream)).size() > 1) {
      const int percent = BGDB_TRY(weight(milliseconds(0)));
      return std::string(percent == 0 ? "blue" : percent == 100 ? "green" : "");
    }
    const auto now = BGDB_TRY(upstream_address(text, settings().upstream));
    for (const auto& target : spec_.targets) {
      if (BGDB_TRY(address_of(target)) == now) return target.name;
    }
    return std::string();
  }

  std::vector<std::string> describe(const Target& target) const override {
    const auto address = address_of(target);
    return {"clients are not paused: nginx cannot make them wait",
            fmt::format("rewrite {}: upstream {} {{ server {}; }}", settings().config_file, settings().upstream,
                        address ? *address : target.name),
            shown("-t"), shown("-s reload")};
  }

 private:
  const NginxSettings& settings() const { return spec_.nginx; }

  static Result<std::string> address_of(const Target& target) {
    const auto endpoint = BGDB_TRY(pg::endpoint_of(target.dsn));
    if (endpoint.host.find('/') != std::string::npos) {
      return fmt::format("unix:{}/.s.PGSQL.{}", endpoint.host, endpoint.port);
    }
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + endpoint.port;
  }

  // The address in the upstream block of a side's application or database.
  Result<std::string> server(const std::string& side) const {
    if (const auto found = settings().servers.find(side); found != settings().servers.end()) return found->second;
    for (const auto& target : spec_.targets) {
      if (target.name == side) return address_of(target);
    }
    return fail(ErrorCode::config, "traffic.nginx.servers does not name " + side);
  }

  Result<void> install(const std::string& before, const Result<std::string>& changed, milliseconds timeout) const {
    if (!changed) return changed.error().with_context(settings().config_file);
    BGDB_CHECK(replace_text_file(settings().config_file, *changed, /*keep_old=*/true));
    if (auto tested = run("-t", timeout); !tested) {
      BGDB_CHECK(replace_text_file(settings().config_file, before));
      return tested;
    }
    return run("-s reload", timeout);
  }

  std::string shown(const std::string& action) const {
    std::string text;
    for (const auto& word : settings().command) text += word + " ";
    return text + action;
  }

  Result<void> run(const std::string& action, milliseconds timeout) const {
    core::ProcessOptions options{.argv = settings().command, .timeout = timeout};
    for (size_t at = 0; at < action.size();) {
      const auto end = std::min(action.find(' ', at), action.size());
      options.argv.push_back(action.substr(at, end - at));
      at = end + 1;
    }
    const auto result = core::run_process(options);
    if (!result) return result.error().with_context(shown(action));
    if (result->exit_status == 0) return {};
    return fail(ErrorCode::io,
                fmt::format("{} ended with status {}: {}", shown(action), result->exit_status,
                            result->stderr_text.substr(0, 400)),
                "traffic.nginx.command must be how nginx is called here, e.g. [nginx, -c, /etc/nginx/nginx.conf].");
  }
};

}  // namespace

Result<std::string> upstream_address(std::string_view text, std::string_view name) {
  const auto span = BGDB_TRY(find_address(text, name));
  return std::string(text.substr(span.begin, span.end - span.begin));
}

Result<std::string> with_upstream(std::string_view text, std::string_view name, std::string_view address) {
  const auto span = BGDB_TRY(find_address(text, name));
  return std::string(text.substr(0, span.begin)).append(address).append(text.substr(span.end));
}

Result<std::string> with_weights(std::string_view text, std::string_view name, std::string_view blue,
                                 std::string_view green, int percent) {
  const auto servers = BGDB_TRY(find_servers(text, name));
  std::string result;
  size_t copied = 0;
  bool found_blue = false, found_green = false;
  for (const auto& server : servers) {
    const auto address = text.substr(server.address.begin, server.address.end - server.address.begin);
    if (address != blue && address != green) continue;
    (address == green ? found_green : found_blue) = true;
    const int share = address == green ? percent : 100 - percent;
    result.append(text.substr(copied, server.address.end - copied));
    copied = server.address.end;
    for (const auto& parameter : server.parameters) {
      const auto word = text.substr(parameter.begin, parameter.end - parameter.begin);
      if (word != "down" && !word.starts_with("weight=")) result.append(text.substr(copied, parameter.end - copied));
      copied = parameter.end;
    }
    result += share == 0 ? " down" : fmt::format(" weight={}", share);
  }
  if (!found_blue || !found_green) return fail(no_server(name, found_blue ? green : blue));
  return result.append(text.substr(copied));
}

Result<int> green_weight(std::string_view text, std::string_view name, std::string_view blue, std::string_view green) {
  int of_blue = -1, of_green = -1;
  for (const auto& server : BGDB_TRY(find_servers(text, name))) {
    const auto address = text.substr(server.address.begin, server.address.end - server.address.begin);
    int share = 1;
    for (const auto& parameter : server.parameters) {
      const auto word = text.substr(parameter.begin, parameter.end - parameter.begin);
      if (word == "down") share = 0;
      if (word.starts_with("weight=") && share != 0) share = std::atoi(std::string(word.substr(7)).c_str());
    }
    if (address == blue) of_blue = share;
    if (address == green) of_green = share;
  }
  if (of_blue < 0 || of_green < 0) return fail(no_server(name, of_blue < 0 ? blue : green));
  return of_blue + of_green == 0 ? 0 : of_green * 100 / (of_blue + of_green);
}

Result<std::unique_ptr<Driver>> make_nginx(const DriverSpec& spec) {
  const auto missing = [](const char* key, const char* cure) {
    return fail(ErrorCode::config, fmt::format("traffic.driver is nginx, but traffic.nginx.{} is missing", key), cure);
  };
  if (spec.nginx.upstream.empty()) return missing("upstream", "The upstream block that leads to the database.");
  if (spec.nginx.config_file.empty()) return missing("config_file", "The file that holds that block.");
  return std::unique_ptr<Driver>(std::make_unique<Nginx>(spec));
}

}  // namespace bgdb::traffic
