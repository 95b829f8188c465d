// Sections `release`, `watch` and `notify` of bgdb.yml: what happens around the stages of a release, what is looked at
// after the switch, and who is told.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bgdb::app {

using std::chrono::milliseconds;
class YamlMap;
struct Config;

// A command of the project, run before or after a stage.
struct ReleaseHook {
  std::vector<std::string> run;
  milliseconds timeout{600'000};
};

// A figure that is looked at after the switch, and what follows when it stays out of its limit.
struct ReleaseAlert {
  std::string metric;  // one of alert_metrics()
  std::optional<double> above;
  std::optional<double> below;
  milliseconds lasting{0};        // `for`
  std::string action = "notify";  // rollback | hold | notify
  std::string url;                // metric prometheus
  std::string query;
  std::string name() const;  // "error_rate above 0.01"
};
std::span<const char* const> alert_metrics();

struct ReleaseNotify {
  std::string kind;              // webhook | command
  std::string url_env;           // webhook: the variable that holds the address, which is a secret
  std::vector<std::string> run;  // command
  milliseconds timeout{10'000};
};

struct ReleaseConfig {
  std::string lint;  // stop | show; empty: stop with strategy shared, show with parallel
  milliseconds gates_within{std::chrono::minutes(30)};    // how long closed gates are waited for
  std::map<std::string, std::vector<ReleaseHook>> hooks;  // before_<stage>, after_<stage>
  milliseconds watch_every{10'000};
  std::vector<ReleaseAlert> alerts;
  std::vector<ReleaseNotify> notify;
};

// The names of a strategy's stages in their order.
std::span<const char* const> stage_names(bool shared);

void read_release_config(YamlMap& top, Config& config);

}  // namespace bgdb::app
