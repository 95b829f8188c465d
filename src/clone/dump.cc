#include "clone/dump.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

#include "core/process.h"
#include "pg/child_connection.h"

namespace bgdb::clone {
namespace {

namespace fs = std::filesystem;

constexpr auto kTimeout = std::chrono::hours(1);

// Major version a pg_dump says it has; 0 when it cannot be run.
int major_of(const std::string& path) {
  const auto result = core::run_process({.argv = {path, "--version"}, .timeout = std::chrono::seconds(10)});
  std::smatch match;
  if (!result || result->exit_status != 0) return 0;
  if (!std::regex_search(result->stdout_text, match, std::regex(R"( (\d+)[.\d]*)"))) return 0;
  return std::atoi(match[1].str().c_str());
}

std::string pg_restore_beside(const std::string& pg_dump) {
  const fs::path path(pg_dump);
  return path.has_parent_path() ? (path.parent_path() / "pg_restore").string() : "pg_restore";
}

std::string said(const core::ProcessResult& result) {
  std::string said = result.stderr_text.substr(0, 2000);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said;
}

}  // namespace

Result<std::string> find_pg_dump(int server_version) {
  const int wanted = server_version / 10000;
  std::map<int, std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const fs::path path = entry.path() / "bin" / "pg_dump";
    if (fs::exists(path, ignored)) found[std::atoi(entry.path().filename().c_str())] = path.string();
  }
  if (const auto nearest = found.lower_bound(wanted); nearest != found.end()) return nearest->second;
  const int in_path = major_of("pg_dump");
  if (in_path >= wanted) return std::string("pg_dump");
  return fail(ErrorCode::not_found,
              in_path == 0 && found.empty() ? std::string("pg_dump was not found")
                                            : fmt::format("no pg_dump here can read PostgreSQL {}", wanted),
              fmt::format("install postgresql-client-{} or newer", wanted));
}

std::string without_foreign_lines(const std::string& sql) {
  // Guards of an earlier cutover stand in blue's schema; green gets its own. \restrict is for psql only.
  static const std::regex kGuard(
      R"(^(CREATE TRIGGER bgdb_guard .* bgdb\.refuse_write\(\);|ALTER TABLE .* (DISABLE|ENABLE( ALWAYS| REPLICA)?) TRIGGER bgdb_guard;)$)");
  std::string kept;
  kept.reserve(sql.size());
  size_t at = 0;
  while (at < sql.size()) {
    size_t end = sql.find('\n', at);
    if (end == std::string::npos) end = sql.size();
    const std::string line = sql.substr(at, end - at);
    // pg_dump 17 says it to every server; older ones do not know it.
    const bool newer = line == "SET transaction_timeout = 0;";
    const bool meta = line.rfind("\\restrict ", 0) == 0 || line.rfind("\\unrestrict ", 0) == 0;
    const bool guard = line.find("bgdb_guard") != std::string::npos && std::regex_match(line, kGuard);
    if (!meta && !guard && !newer) kept.append(line).push_back('\n');
    at = end + 1;
  }
  return kept;
}

// pg_dump reads the whole catalog whatever section is wanted, so it runs once; pg_restore tells the sections apart. Not
// --schema-only: that has no REFRESH MATERIALIZED VIEW.
Result<SchemaDump> dump_schema(const std::string& pg_dump, const std::string& blue_dsn, const std::string& snapshot) {
  const auto blue = BGDB_TRY(pg::connection_for_child(blue_dsn));
  const auto archive = BGDB_TRY(core::run_process({
      .argv = {pg_dump, "--format=custom", "--compress=0", "--section=pre-data", "--section=post-data",
               "--snapshot=" + snapshot, "--exclude-schema=bgdb", "--no-publications", "--no-subscriptions",
               "--no-tablespaces", "--lock-wait-timeout=10000", "--no-password", "--dbname", blue.conninfo},
      .environment = blue.environment,
      .timeout = kTimeout,
  }));
  if (archive.exit_status != 0) {
    return fail(ErrorCode::io, fmt::format("pg_dump could not read blue's schema: {}", said(archive)),
                "the role needs USAGE on every schema and SELECT on every table (pg_read_all_data has both)");
  }
  const auto section = [&](const char* option) -> Result<std::string> {
    const auto sql = BGDB_TRY(core::run_process({.argv = {pg_restore_beside(pg_dump), option, "--file=-"},
                                                 .stdin_text = archive.stdout_text,
                                                 .timeout = kTimeout}));
    if (sql.exit_status == 0) return without_foreign_lines(sql.stdout_text);
    return fail(ErrorCode::io, fmt::format("pg_restore could not read pg_dump's output: {}", said(sql)));
  };
  return SchemaDump{BGDB_TRY(section("--section=pre-data")), BGDB_TRY(section("--section=post-data"))};
}

}  // namespace bgdb::clone
