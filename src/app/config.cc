#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/gates_config.h"
#include "app/release_config.h"
#include "app/traffic_config.h"
#include "app/yaml_map.h"

namespace bgdb::app {
namespace {

// "bgdb_" + name + "_forward" must fit into the 63 bytes of a slot name, and consist of what slot names may hold.
constexpr size_t kNameLengthMax = 48;
constexpr size_t kConfigBytesMax = 1 << 20;

void read_name(YamlMap& map, Config& config) {
  map.text("name", config.name);
  const bool plain = std::all_of(config.name.begin(), config.name.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!plain || config.name.size() > kNameLengthMax) {
    map.problem("name", fmt::format("'{}' becomes part of slot names: use a-z, 0-9 and _, at most {} characters",
                                    config.name, kNameLengthMax));
  }
}

void read_side(YamlMap& map, const std::string& side, std::string& dsn, Sides sides, YamlProblems& problems) {
  if (!map.has(side)) {
    if (sides == Sides::optional) return;
    problems.add(-1, fmt::format("{0} is missing; write {0}: {{ dsn: \"host=... dbname=... user=...\" }}", side));
    return;
  }
  YamlMap section(map.node(side), side + ".", problems);
  section.required_text("dsn", dsn);
}

void read_rest(YamlMap& map, Config& config, YamlProblems& problems) {
  if (map.has("tables")) {
    YamlMap tables(map.node("tables"), "tables.", problems);
    tables.texts("include", config.tables_include);
    tables.texts("exclude", config.tables_exclude);
  }
  if (map.has("migrations")) {
    YamlMap migrations(map.node("migrations"), "migrations.", problems);
    migrations.text("dir", config.migrations.dir);
    migrations.choice(
        "framework", config.migrations.framework,
        {"auto", "plain", "flyway", "golang-migrate", "goose", "dbmate", "diesel", "prisma", "sqlx", "sql-migrate"});
    migrations.text("baseline", config.migrations.baseline);
    migrations.pairs("placeholders", config.migrations.placeholders);
    migrations.text("old_version", config.migrations.old_version);
    migrations.duration("quiet_for", config.migrations.quiet_for);
  }
  map.text("mapping", config.mapping);
  if (map.has("link")) {
    YamlMap link(map.node("link"), "link.", problems);
    if (std::string engine; link.text("engine", engine), engine == "native") {
      link.problem("engine",
                   "'native' is refused: a subscription skips missing rows without a sign, stops at a row that "
                   "does not fit, and before PostgreSQL 16 sends back what the other link wrote; use auto "
                   "(docs/decisions/014-no-native-engine.md)");
    } else {
      link.choice("engine", config.link.engine, {"auto", "relay"});
    }
    link.integer("batch_rows_max", config.link.batch_rows_max, 1, 100'000);
    link.size("queue_bytes_max", config.link.queue_bytes_max);
    link.texts("accepted_triggers", config.link.accepted_triggers);
    if (config.link.queue_bytes_max < 1 << 20) link.problem("queue_bytes_max", "must be at least 1MiB");
  }
  if (map.has("switch")) {
    YamlMap section(map.node("switch"), "switch.", problems);
    section.duration("pause_max", config.switch_.pause_max);
    section.duration("lock_timeout", config.switch_.lock_timeout);
    section.integer("lock_attempts", config.switch_.lock_attempts, 1, 1000);
    if (config.switch_.pause_max.count() <= 0) section.problem("pause_max", "must be longer than nothing");
    if (config.switch_.lock_timeout.count() <= 0) section.problem("lock_timeout", "must be longer than nothing");
  }
}

// "*" stands for any run of characters.
bool glob_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (size_t i = 0; i <= text.size(); ++i) {
      if (glob_match(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  return !text.empty() && pattern[0] == text[0] && glob_match(pattern.substr(1), text.substr(1));
}

bool matches_any(const std::vector<std::string>& patterns, const QualifiedName& table) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& text) {
    const auto pattern = core::parse_qualified_name(text);
    return glob_match(pattern.schema.empty() ? "public" : pattern.schema, table.schema) &&
           glob_match(pattern.name, table.name);
  });
}

}  // namespace

std::string Config::resolve(const std::string& relative) const {
  const std::filesystem::path path(relative);
  return path.is_absolute() ? relative : (std::filesystem::path(folder) / path).lexically_normal().string();
}

std::vector<std::pair<std::string, std::string>> Config::sides() const {
  std::vector<std::pair<std::string, std::string>> all = {{"blue", blue_dsn}};
  if (!shared()) all.emplace_back("green", green_dsn);
  return all;
}

Result<Config> parse_config(std::string_view yaml, const std::string& path, Sides sides) {
  Config config;
  config.path = path;
  config.folder = std::filesystem::absolute(path).parent_path().string();
  YamlProblems problems{.path = path, .lines = {}};
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() > 1) problems.add(-1, "holds more than one YAML document");
    const YAML::Node root = documents.empty() ? YAML::Node(YAML::NodeType::Map) : documents[0];
    YamlMap map(root, "", problems);
    read_name(map, config);
    read_side(map, "blue", config.blue_dsn, sides, problems);
    map.choice("strategy", config.strategy, {"parallel", "shared"});
    if (!config.shared() || map.has("green")) read_side(map, "green", config.green_dsn, sides, problems);
    read_gates_config(map, config);
    read_traffic_config(map, config);
    read_rest(map, config, problems);
    read_lint_config(map, config.lint);
    read_release_config(map, config);
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::config, fmt::format("{}:{}: this is not YAML: {}", path, error.mark.line + 1, error.msg));
  }
  BGDB_CHECK(problems.result());
  return config;
}

Result<Config> load_config(const std::string& path, Sides sides) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path file = path;
  if (path.empty()) {
    const auto start = fs::current_path(error);
    for (auto folder = start; file.empty(); folder = folder.parent_path()) {
      if (fs::exists(folder / "bgdb.yml", error)) file = folder / "bgdb.yml";
      if (folder == folder.root_path()) break;
    }
    if (file.empty()) {
      return fail(ErrorCode::not_found, fmt::format("no bgdb.yml in {} or above", start.string()),
                  "run `bgdb init` to write one, or name one with --config FILE");
    }
  }
  if (!fs::is_regular_file(file, error)) {
    return fail(ErrorCode::not_found, fmt::format("there is no file {}", file.string()),
                "run `bgdb init` to write one, or name another with --config FILE");
  }
  if (fs::file_size(file, error) > kConfigBytesMax) {
    return fail(ErrorCode::config, fmt::format("{} is larger than 1 MiB; that is no bgdb.yml", file.string()));
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorCode::io, fmt::format("cannot read {}", file.string()), "check its permissions");
  return parse_config(text.str(), file.string(), sides);
}

Result<Config> load_parallel_config(const std::string& path) {
  auto config = BGDB_TRY(load_config(path));
  if (!config.shared()) return config;
  return fail(
      ErrorCode::refused,
      fmt::format("{}: strategy is shared: both versions work on one database, and there is nothing to copy, to "
                  "keep in step or to switch",
                  config.path),
      "its commands are status, release, migrate, backfill, traffic, gate, rehearse and journal; for two databases set "
      "strategy: parallel "
      "and green.dsn");
}

bool takes_part(const Config& config, const QualifiedName& table) {
  if (table.schema == "bgdb") return false;
  return matches_any(config.tables_include, table) && !matches_any(config.tables_exclude, table);
}

}  // namespace bgdb::app
