#include "app/gates_config.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace bgdb::app {
namespace {

double number(YamlMap& map, const std::string& key, double fallback) {
  std::optional<double> value;
  map.number(key, value);
  return value.value_or(fallback);
}

void read_health_check(const YAML::Node& node, Config& config, YamlProblems& problems) {
  YamlMap map(node, "gates.health.", problems);
  HealthCheck check;
  check.kind.clear();
  const std::vector<std::string> kinds = {"sql", "command", "http", "prometheus", "alertmanager"};
  map.choice("kind", check.kind, kinds);
  if (!map.has("kind")) {
    problems.add(node.Mark().line,
                 "gates.health: kind is missing; use one of: sql, command, http, prometheus, alertmanager");
  }
  map.duration("timeout", check.timeout);
  if (check.kind == "sql") {
    map.choice("on", check.on, {"blue", "green"});
    map.required_text("query", check.query);
  } else if (check.kind == "command") {
    map.texts("run", check.run);
    if (check.run.empty()) map.problem("run", "names no command; write run: [\"./smoke.sh\", \"green\"]");
  } else if (check.kind == "http") {
    map.required_text("url", check.url);
    map.integer("expect", check.expect_status, 100, 599);
  } else if (check.kind == "prometheus") {
    map.required_text("url", check.url);
    map.required_text("query", check.query);
    map.number("below", check.below);
    map.number("above", check.above);
    if (!check.below && !check.above) map.problem("query", "needs a limit: below or above");
  } else if (check.kind == "alertmanager") {
    map.required_text("url", check.url);
    map.texts("match", check.match);
  } else {  // already reported; do not report its keys as unknown as well
    for (const char* key : {"on", "query", "run", "url", "expect", "below", "above", "match"}) map.has(key);
  }
  if (!check.url.empty() && !check.url.starts_with("http://") && !check.url.starts_with("https://")) {
    map.problem("url", "must begin with http:// or https://");
  }
  config.gates.health.push_back(std::move(check));
}

void read_queries(YamlMap& map, const std::string& key, const Config& config, std::vector<std::string>& queries) {
  if (!map.has(key)) return;
  std::string file;
  map.text(key, file);
  std::ifstream in(config.resolve(file), std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  queries = split_queries(text.str());
  if (!in) {
    map.problem(key, "cannot read " + config.resolve(file));
  } else if (queries.empty()) {
    map.problem(key, config.resolve(file) + " holds no query; each ends with a semicolon at the end of a line");
  }
}

void read_performance(YamlMap& gates, Config& config) {
  if (!gates.has("performance")) return;
  YamlMap map(gates.node("performance"), "gates.performance.", gates.problems());
  auto& limits = config.gates.performance;
  read_queries(map, "queries", config, limits.queries);
  read_queries(map, "blue_queries", config, limits.source_queries);
  if (!map.has("queries")) map.problem("queries", "is missing; name a file of SQL queries");
  map.duration("duration", limits.duration);
  map.duration_ms("p50_ms_max", limits.p50_max);
  map.duration_ms("p95_ms_max", limits.p95_max);
  limits.slower_max = number(map, "slower_max", 0);
  limits.error_rate_max = number(map, "error_rate_max", 0);
}

}  // namespace

std::vector<std::string> split_queries(std::string_view text) {
  std::vector<std::string> queries;
  std::string query;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto last = line.find_last_not_of(" \t\r");
    const auto first = line.find_first_not_of(" \t");
    if (last == std::string::npos || line.compare(first, 2, "--") == 0) continue;
    const bool end = line[last] == ';';
    query += (query.empty() ? "" : "\n") + line.substr(0, end ? last : last + 1);
    if (!end) continue;
    queries.push_back(std::exchange(query, {}));
  }
  if (!query.empty()) queries.push_back(query);
  return queries;
}

void read_gates_config(YamlMap& top, Config& config) {
  if (!top.has("gates")) return;
  YamlMap map(top.node("gates"), "gates.", top.problems());
  auto& gates = config.gates;
  map.size("lag_bytes_max", gates.lag_bytes_max);
  map.duration_ms("lag_ms_max", gates.lag_ms_max);
  map.duration_ms("drain_ms_max", gates.drain_ms_max);
  map.duration("stable_for", gates.stable_for);
  map.duration("long_transaction_max", gates.long_transaction_max);
  map.duration("soak_min", gates.soak_min);
  map.duration("verify_within", gates.verify_within);
  for (const auto& check : map.entries("health", "{ kind: sql, on: green, query: \"select 1\" }")) {
    read_health_check(check, config, top.problems());
  }
  read_performance(map, config);
  map.choice("approval", gates.approval, {"none", "required", "two_person"});
  map.duration("approval_within", gates.approval_within);
}

}  // namespace bgdb::app
