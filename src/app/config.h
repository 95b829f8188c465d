// bgdb.yml. Unknown keys are errors that name the nearest known key; sizes and durations carry units.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/lint_config.h"
#include "app/release_config.h"
#include "core/ident.h"
#include "core/result.h"
#include "gate/standard.h"
#include "link/link.h"
#include "traffic/make.h"

namespace bgdb::app {

using std::chrono::milliseconds;

struct HealthCheck {
  std::string kind;  // sql | command | http | prometheus | alertmanager
  std::string on = "green";
  std::string query;  // sql: passes when it runs and its first value is not false or 0
  std::string url;    // http
  int expect_status = 200;
  std::vector<std::string> run;  // command
  std::optional<double> below;   // prometheus
  std::optional<double> above;
  std::vector<std::string> match;  // alertmanager
  milliseconds timeout{5'000};
};

// How clients are led. A step of gradual traffic: that many of a hundred go to green, for that long.
struct TrafficStep {
  int percent = 0;
  milliseconds lasting{0};
};
struct TrafficConfig {
  std::string driver = "none";  // pgbouncer | haproxy | nginx | kubernetes | command | none
  std::vector<std::string> admin_dsns;
  std::string database;
  std::string databases_file;  // the file that PgBouncer's %include names
  std::string front_door_dsn;
  std::map<std::string, std::vector<std::string>> commands;  // pause, switch, resume, current, weigh, weight
  milliseconds command_timeout{10'000};
  traffic::HaproxySettings haproxy;  // their files as written, relative to `folder`
  traffic::NginxSettings nginx;
  traffic::KubernetesSettings kubernetes;
  bool read_only = false;  // canary: nothing writes through it
  std::vector<TrafficStep> steps;
};

struct Config {
  std::string path;  // of bgdb.yml; relative paths inside are relative to its folder
  std::string folder;
  std::string name = "bgdb";
  std::string blue_dsn;
  std::string green_dsn;
  std::string strategy = "parallel";  // parallel | shared
  std::vector<std::string> tables_include = {"*.*"};
  std::vector<std::string> tables_exclude;
  struct {
    std::string dir = "migrations";
    std::string framework = "auto";
    std::string baseline;  // the last version that blue has
    std::map<std::string, std::string> placeholders;
    std::string old_version;    // application_name of the version that contract retires; * stands for anything
    milliseconds quiet_for{0};  // contract waits that long behind `bgdb migrate --retire`
  } migrations;
  std::string mapping = "mapping.yml";
  struct {
    std::string engine = "auto";
    int batch_rows_max = link::kBatchRowsMax;
    int64_t queue_bytes_max = 64 << 20;
    // "public.orders.stamp": act on replicated rows (ENABLE ALWAYS or REPLICA), and may.
    std::vector<std::string> accepted_triggers;
  } link;
  struct {
    int64_t lag_bytes_max = 1 << 20;
    milliseconds lag_ms_max{500};
    milliseconds drain_ms_max{1'000};
    milliseconds stable_for{5'000};
    milliseconds long_transaction_max{5'000};
    milliseconds soak_min{0};
    milliseconds verify_within{0};  // of a cutover; 0: not asked
    std::vector<HealthCheck> health;
    gate::PerformanceLimits performance;
    std::string approval = "none";  // none | required | two_person
    milliseconds approval_within{std::chrono::hours(24)};
  } gates;
  struct {
    milliseconds pause_max{2'000};
    milliseconds lock_timeout{300};
    int lock_attempts = 20;
  } switch_;
  TrafficConfig traffic;
  std::optional<TrafficConfig> canary;  // a pool of its own that only reads (strategy parallel)
  milliseconds watch_window{std::chrono::hours(48)};
  ReleaseConfig release;
  LintConfig lint;

  bool shared() const { return strategy == "shared"; }
  // blue and green with their connection strings; with one database blue alone.
  std::vector<std::pair<std::string, std::string>> sides() const;
  std::string slot(std::string_view link) const { return "bgdb_" + name + "_" + std::string(link); }
  std::string resolve(const std::string& relative) const;  // against `folder`
};

// `path` empty: bgdb.yml in the working directory or above. not_found when there is none (hint: bgdb init).
// `sides`: whether blue and green must be named; what only reads migrations can do without.
enum class Sides { required, optional };
Result<Config> load_config(const std::string& path, Sides sides = Sides::required);
Result<Config> parse_config(std::string_view yaml, const std::string& path, Sides sides = Sides::required);
// For commands about two databases. Failure: also refused, when the strategy is shared.
Result<Config> load_parallel_config(const std::string& path);
// include/exclude patterns ("public.*", "public.orders") -> does this table take part?
bool takes_part(const Config& config, const QualifiedName& table);

}  // namespace bgdb::app
