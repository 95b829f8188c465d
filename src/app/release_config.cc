#include "app/release_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/config.h"
#include "app/yaml_map.h"

namespace bgdb::app {
namespace {

constexpr const char* kParallel[] = {"lint", "clone", "migrate", "sync",  "verify",
                                     "soak", "gates", "cutover", "watch", "finalize"};
constexpr const char* kShared[] = {"lint", "migrate", "backfill", "traffic", "watch", "retire", "contract"};
constexpr const char* kMetrics[] = {"error_rate",  "p50_ms",     "p95_ms",          "lag_ms",        "lag_bytes",
                                    "quarantined", "slot_bytes", "health_failures", "rollback_held", "prometheus"};

void read_hook(YamlMap& hooks, const std::string& key, std::vector<ReleaseHook>& target) {
  if (!hooks.has(key)) return;
  const auto list = hooks.node(key);
  // One command as a list of words, or several with time limits.
  if (list.IsSequence() && list.size() > 0 && list[0].IsScalar()) {
    ReleaseHook hook;
    hooks.texts(key, hook.run);
    target.push_back(std::move(hook));
    return;
  }
  for (const auto& entry : hooks.entries(key, "{ run: [\"./warm.sh\", \"green\"], timeout: 5m }")) {
    YamlMap map(entry, hooks.name(key) + ".", hooks.problems());
    ReleaseHook hook;
    map.texts("run", hook.run);
    if (hook.run.empty()) map.problem("run", "names no command; write run: [\"./warm.sh\", \"green\"]");
    map.duration("timeout", hook.timeout);
    target.push_back(std::move(hook));
  }
}

void read_release(YamlMap& top, Config& config) {
  if (!top.has("release")) return;
  YamlMap map(top.node("release"), "release.", top.problems());
  auto& release = config.release;
  map.choice("lint", release.lint, {"stop", "show"});
  map.duration("gates_within", release.gates_within);
  if (!map.has("hooks")) return;
  YamlMap hooks(map.node("hooks"), "release.hooks.", top.problems());
  for (const char* stage : stage_names(config.shared())) {
    for (const std::string when : {"before_", "after_"}) {
      auto& target = release.hooks[when + stage];
      read_hook(hooks, when + stage, target);
    }
  }
  std::erase_if(release.hooks, [](const auto& hook) { return hook.second.empty(); });
}

void read_alert(const YAML::Node& node, Config& config, YamlProblems& problems) {
  YamlMap map(node, "watch.alerts.", problems);
  ReleaseAlert alert;
  if (!map.has("metric")) problems.add(node.Mark().line, "watch.alerts: metric is missing");
  map.choice("metric", alert.metric, {std::begin(kMetrics), std::end(kMetrics)});
  map.number("above", alert.above);
  map.number("below", alert.below);
  if (!alert.above && !alert.below) problems.add(node.Mark().line, "watch.alerts: needs a limit: above or below");
  map.duration("for", alert.lasting);
  map.choice("action", alert.action, {"rollback", "hold", "notify"});
  if (alert.metric == "prometheus") {
    map.required_text("url", alert.url);
    map.required_text("query", alert.query);
  }
  const bool probed = alert.metric == "error_rate" || alert.metric == "p50_ms" || alert.metric == "p95_ms";
  if (probed && config.gates.performance.queries.empty()) {
    map.problem("metric", alert.metric + " is measured with the queries of gates.performance, which is not set");
  }
  if (alert.action == "rollback" && config.shared()) {
    map.problem("action", "with strategy shared there is no switch to roll back; use hold or notify");
  }
  config.release.alerts.push_back(std::move(alert));
}

void read_notify(const YAML::Node& node, Config& config, YamlProblems& problems) {
  YamlMap map(node, "notify.", problems);
  ReleaseNotify notify;
  if (!map.has("kind")) problems.add(node.Mark().line, "notify: kind is missing; use one of: webhook, command");
  map.choice("kind", notify.kind, {"webhook", "command"});
  map.duration("timeout", notify.timeout);
  if (notify.kind == "webhook") {
    map.required_text("url_env", notify.url_env);
    if (notify.url_env.find("://") != std::string::npos) {
      map.problem("url_env", "names an environment variable that holds the address; the address itself is a secret");
    }
  } else if (notify.kind == "command") {
    map.texts("run", notify.run);
    if (notify.run.empty()) map.problem("run", "names no command; write run: [\"./tell.sh\"]");
  } else {
    for (const char* key : {"url_env", "run"}) map.has(key);
  }
  config.release.notify.push_back(std::move(notify));
}

}  // namespace

std::string ReleaseAlert::name() const {
  std::string text = metric == "prometheus" ? "prometheus " + query : metric;
  if (above) text += fmt::format(" above {:g}", *above);
  if (below) text += fmt::format("{} below {:g}", above ? " or" : "", *below);
  return text;
}

std::span<const char* const> alert_metrics() {
  return kMetrics;
}

std::span<const char* const> stage_names(bool shared) {
  return shared ? std::span<const char* const>(kShared) : std::span<const char* const>(kParallel);
}

void read_release_config(YamlMap& top, Config& config) {
  read_release(top, config);
  if (top.has("watch")) {
    YamlMap watch(top.node("watch"), "watch.", top.problems());
    watch.duration("window", config.watch_window);
    watch.duration("every", config.release.watch_every);
    if (config.release.watch_every < milliseconds(100)) watch.problem("every", "must be at least 100ms");
    for (const auto& alert :
         watch.entries("alerts", "{ metric: error_rate, above: 0.01, for: 2m, action: rollback }")) {
      read_alert(alert, config, top.problems());
    }
  }
  for (const auto& notify : top.entries("notify", "{ kind: webhook, url_env: RELEASE_WEBHOOK }")) {
    read_notify(notify, config, top.problems());
  }
}

}  // namespace bgdb::app
