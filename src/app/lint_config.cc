#include "app/lint_config.h"

#include <fmt/format.h>

#include "app/yaml_map.h"
#include "migration/migration.h"

namespace bgdb::app {
namespace {

void read_severities(YamlMap& map, LintConfig& config) {
  if (!map.has("rules")) return;
  const auto node = map.node("rules");
  if (!node.IsMap()) {
    map.problem("rules", "must map rule ids to severities: { drop-table: warning, prefer-text: off }");
    return;
  }
  for (const auto& entry : node) {
    const auto id = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    // YAML reads a bare `off` as a boolean; its text is still "off".
    const auto severity = entry.second.IsScalar() ? lint::severity_from_string(entry.second.Scalar()) : std::nullopt;
    if (id.empty() || !severity) {
      map.problem("rules", fmt::format("the severity of '{}' is none of error, warning, info, off", id));
      continue;
    }
    config.rules.emplace_back(id, *severity);
  }
}

void read_ignores(YamlMap& map, LintConfig& config, YamlProblems& problems) {
  if (!map.has("ignore")) return;
  const auto list = map.node("ignore");
  constexpr auto kShape = "must be a list: - { path: \"legacy/**\", rules: [drop-table], reason: \"...\" }";
  if (!list.IsSequence()) {
    map.problem("ignore", kShape);
    return;
  }
  for (const auto& node : list) {
    YamlMap entry(node, "lint.ignore.", problems);
    LintConfig::PathIgnore ignore;
    entry.required_text("path", ignore.path);
    entry.required_text("reason", ignore.reason);
    entry.texts("rules", ignore.rules);
    if (ignore.rules.empty()) entry.problem("rules", "names no rule; write rules: [rule-id]");
    config.ignores.push_back(std::move(ignore));
  }
}

}  // namespace

void read_lint_config(YamlMap& top, LintConfig& config) {
  if (!top.has("lint")) return;
  auto& problems = top.problems();
  YamlMap map(top.node("lint"), "lint.", problems);
  map.integer("pg_version", config.pg_version, 14, 18);
  map.text("fail_on", config.fail_on);
  map.text("framework", config.framework);
  if (config.framework == "auto") config.framework.clear();
  if (!config.framework.empty()) {
    const auto known = migration::framework_from_string(config.framework);
    if (!known) map.problem("framework", fmt::format("{} ({})", known.error().message, known.error().hint));
  }
  map.text("baseline", config.baseline);
  map.text("since", config.since);
  map.text("schema", config.schema);
  map.text("rules_dir", config.rules_dir);
  map.texts("exclude", config.exclude);
  read_severities(map, config);
  read_ignores(map, config, problems);
  if (!config.baseline.empty() && !config.since.empty()) {
    map.problem("since", "baseline and since both say where the release begins; keep one");
  }
}

}  // namespace bgdb::app
