#include "clone/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "clone/dump.h"
#include "clone/new_database.h"
#include "clone/sessions.h"
#include "core/process.h"
#include "core/side_by_side.h"
#include "core/sql_file.h"
#include "pg/child_connection.h"
#include "pg/conninfo.h"

namespace bgdb::clone {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kManifest = "bgdb.json";

Result<void> run_tool(std::vector<std::string> argv, const std::string& dsn, const std::string& what) {
  const auto connection = BGDB_TRY(pg::connection_for_child(dsn));
  argv.insert(argv.end(), {"--no-password", "--dbname", connection.conninfo});
  const auto ran = BGDB_TRY(core::run_process(
      {.argv = std::move(argv), .environment = connection.environment, .timeout = std::chrono::hours(48)}));
  if (ran.exit_status == 0) return {};
  std::string said = ran.stderr_text.substr(0, 2000);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return fail(ErrorCode::io, fmt::format("{}: {}", what, said));
}

std::string restore_tool(const std::string& pg_dump) {
  const auto at = pg_dump.rfind("pg_dump");
  return pg_dump.substr(0, at) + "pg_restore";
}

// Every table's rows, in the snapshot when one is named.
Result<std::vector<ArchiveTable>> count_rows(const std::string& dsn, const std::string& snapshot, int jobs) {
  const auto open = [&]() -> Result<pg::Session> {
    auto session = BGDB_TRY(open_side(dsn, "counting rows"));
    BGDB_CHECK(session.begin("isolation level repeatable read read only"));
    if (!snapshot.empty()) BGDB_CHECK(session.execute("set transaction snapshot " + quote_literal(snapshot)));
    return session;
  };
  auto session = BGDB_TRY(open());
  const auto names = BGDB_TRY(session.query(core::sql_text("clone/list_saved_tables.sql")));
  std::vector<ArchiveTable> tables;
  for (size_t i = 0; i < names.size(); ++i) tables.push_back({{names.text(i, 0), names.text(i, 1)}, 0});
  std::atomic<bool> stop{false};
  BGDB_CHECK(core::side_by_side<pg::Session>(
      jobs, tables.size(), stop, open, [&](pg::Session& worker, size_t job) -> Result<void> {
        auto& table = tables[job];
        table.rows = std::stoll(BGDB_TRY(worker.scalar("select count(*) from only " + table.name.sql())));
        return {};
      }));
  return tables;
}

std::string to_json(const Archive& archive) {
  auto tables = json::array();
  for (const auto& table : archive.tables) {
    tables.push_back({{"schema", table.name.schema}, {"name", table.name.name}, {"rows", table.rows}});
  }
  return json{{"format", 1},
              {"database", archive.database},
              {"taken_at", archive.taken_at},
              {"lsn", archive.lsn.to_string()},
              {"source_system", archive.source_system},
              {"server_version", archive.server_version},
              {"checked", archive.checked},
              {"tables", tables}}
             .dump(1) +
         "\n";
}

Result<void> write_manifest(const Archive& archive) {
  std::ofstream file(fs::path(archive.path) / kManifest);
  file << to_json(archive);
  file.close();
  if (!file) return fail(ErrorCode::io, "cannot write " + archive.path + "/" + kManifest, "is the disk full?");
  return {};
}

int64_t bytes_of(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    bytes += static_cast<int64_t>(entry.file_size(ignored));
  }
  return bytes;
}

// The first table that has another number of rows.
Result<void> compare_counts(const Archive& archive, const std::vector<ArchiveTable>& restored) {
  std::map<QualifiedName, int64_t> rows;
  for (const auto& table : restored) rows[table.name] = table.rows;
  for (const auto& table : archive.tables) {
    const auto found = rows.find(table.name);
    if (found != rows.end() && found->second == table.rows) continue;
    return fail(ErrorCode::divergence,
                fmt::format("{} had {} rows, restored are {}", table.name.display(), table.rows,
                            found == rows.end() ? "none: the table is missing" : std::to_string(found->second)),
                "the copy cannot be trusted: take another one");
  }
  return {};
}

Result<void> restore_into(const Archive& archive, const std::string& dsn, int jobs, bool owners) {
  const std::string tool = restore_tool(BGDB_TRY(find_pg_dump(archive.server_version)));
  std::vector<std::string> argv = {tool, "-j", std::to_string(jobs), "--exit-on-error"};
  if (!owners) argv.insert(argv.end(), {"--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions"});
  argv.push_back(archive.path);
  return run_tool(std::move(argv), dsn, "pg_restore could not read the copy back");
}

Result<void> check_archive(Archive& archive, const std::string& check_dsn, int jobs) {
  auto session = BGDB_TRY(open_side(check_dsn, "checking the copy"));
  auto database = BGDB_TRY(
      NewDatabase::create(check_dsn, fmt::format("bgdb_snapshot_check_{}", session.server_pid()), std::string{}));
  BGDB_CHECK(restore_into(archive, database.dsn(), jobs, false));
  BGDB_CHECK(compare_counts(archive, BGDB_TRY(count_rows(database.dsn(), {}, jobs))));
  archive.checked = true;
  return {};
}

Result<Archive> take_into(const ArchiveOptions& options, const fs::path& part, core::Progress& progress) {
  auto holder = BGDB_TRY(open_side(options.dsn, "saving the database"));
  Archive archive;
  archive.path = part.string();
  archive.server_version = holder.server_version();
  const auto about = BGDB_TRY(holder.query(core::sql_text("clone/read_moment.sql")));
  archive.database = about.text(0, "database");
  archive.taken_at = about.text(0, "taken_at");
  archive.lsn = BGDB_TRY(Lsn::parse(about.text(0, "lsn")));
  archive.source_system = about.text(0, "source_system");
  BGDB_CHECK(holder.begin("isolation level repeatable read read only"));
  const auto snapshot = BGDB_TRY(holder.scalar("select pg_export_snapshot()"));
  progress.stage("dump");
  const auto pg_dump = options.pg_dump.empty() ? BGDB_TRY(find_pg_dump(archive.server_version)) : options.pg_dump;
  BGDB_CHECK(run_tool({pg_dump, "--format=directory", "-j", std::to_string(options.jobs), "--snapshot=" + snapshot,
                       "--lock-wait-timeout=10000", "--file", part.string()},
                      options.dsn, "pg_dump could not save the database"));
  progress.stage("count");
  archive.tables = BGDB_TRY(count_rows(options.dsn, snapshot, options.jobs));
  BGDB_CHECK(holder.rollback());
  if (!options.check_dsn.empty()) {
    progress.stage("check: restore into a throwaway database");
    BGDB_CHECK(check_archive(archive, options.check_dsn, options.jobs));
  }
  BGDB_CHECK(write_manifest(archive));
  return archive;
}

}  // namespace

Result<Archive> take_archive(const ArchiveOptions& options, core::Progress& progress) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) return fail(ErrorCode::io, fmt::format("cannot create {}: {}", options.folder, error.message()));
  auto session = BGDB_TRY(open_side(options.dsn, "saving the database"));
  // Two within a second must not meet.
  const auto stamp =
      BGDB_TRY(session.scalar("select to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD-HH24MISS-MS')"));
  const fs::path path = fs::path(options.folder) / (options.name + "-" + stamp), part = path.string() + ".part";
  auto taken = take_into(options, part, progress);
  if (taken) {
    fs::rename(part, path, error);
    if (error) taken = fail(ErrorCode::io, fmt::format("cannot rename {}: {}", part.string(), error.message()));
  }
  if (!taken) {
    std::error_code ignored;
    fs::remove_all(part, ignored);
    return taken;
  }
  taken->path = path.string();
  taken->bytes = bytes_of(path);
  return taken;
}

Result<Archive> read_archive(const std::string& path) {
  std::ifstream file(fs::path(path) / kManifest);
  const json value = json::parse(file, nullptr, false);
  if (!file || !value.is_object() || value.value("format", 0) != 1 || !value.contains("tables")) {
    return fail(ErrorCode::input, fmt::format("{} is no finished copy of `bgdb snapshot`", path),
                "name the folder that bgdb snapshot --list shows");
  }
  Archive archive;
  archive.path = path;
  archive.database = value.value("database", "");
  archive.taken_at = value.value("taken_at", "");
  archive.lsn = BGDB_TRY(Lsn::parse(value.value("lsn", "0/0")));
  archive.source_system = value.value("source_system", "");
  archive.server_version = value.value("server_version", 0);
  archive.checked = value.value("checked", false);
  archive.bytes = bytes_of(path);
  for (const auto& table : value["tables"]) {
    archive.tables.push_back({{table.value("schema", ""), table.value("name", "")}, table.value("rows", int64_t{0})});
  }
  return archive;
}

std::vector<Archive> list_archives(const std::string& folder) {
  std::vector<Archive> archives;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!fs::exists(entry.path() / kManifest, ignored) || entry.path().extension() == ".part") continue;
    if (auto archive = read_archive(entry.path().string())) archives.push_back(*std::move(archive));
  }
  std::sort(archives.begin(), archives.end(), [](const auto& a, const auto& b) { return a.taken_at < b.taken_at; });
  return archives;
}

Result<std::vector<std::string>> prune_archives(const std::string& folder, std::chrono::seconds older_than) {
  std::vector<std::string> removed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const bool part = entry.path().extension() == ".part" && fs::exists(entry.path() / "toc.dat", error);
    if (!part && !fs::exists(entry.path() / kManifest, error)) continue;  // not ours
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(entry.path(), error);
    if (error || age < older_than) continue;
    fs::remove_all(entry.path(), error);
    if (error) return fail(ErrorCode::io, fmt::format("cannot remove {}: {}", entry.path().string(), error.message()));
    removed.push_back(entry.path().string());
  }
  return removed;
}

Result<Loss> what_is_lost(const Archive& archive, pg::Session& live) {
  Loss loss;
  const auto about = BGDB_TRY(live.query(core::sql_text("clone/read_moment.sql")));
  if (about.text(0, "source_system") == archive.source_system) {
    loss.log_bytes = std::stoll(BGDB_TRY(
        live.scalar("select ($1::pg_lsn - $2::pg_lsn)::bigint", {about.text(0, "lsn"), archive.lsn.to_string()})));
  }
  std::map<QualifiedName, int64_t> then;
  for (const auto& table : archive.tables) then[table.name] = table.rows;
  const auto names = BGDB_TRY(live.query(core::sql_text("clone/list_saved_tables.sql")));
  for (size_t i = 0; i < names.size(); ++i) {
    const QualifiedName name{names.text(i, 0), names.text(i, 1)};
    if (name.schema == "bgdb") continue;  // our own notes
    const auto rows = std::stoll(BGDB_TRY(live.scalar("select count(*) from only " + name.sql())));
    const auto found = then.find(name);
    const int64_t before = found == then.end() ? 0 : found->second;
    if (found == then.end() || before != rows) loss.tables.push_back({name, before, rows, found == then.end()});
    if (found != then.end()) then.erase(found);
  }
  std::erase_if(then, [](const auto& table) { return table.first.schema == "bgdb"; });
  for (const auto& [name, rows] : then) loss.tables.push_back({name, rows, 0, false});
  return loss;
}

Result<Restored> restore_archive(const Archive& archive, const std::string& dsn, int jobs, core::Progress& progress,
                                 const std::function<Result<void>(pg::Session& fresh)>& prepare) {
  Restored restored;
  restored.database = BGDB_TRY(pg::endpoint_of(dsn)).database;
  const auto names = BGDB_TRY(exchange_names(dsn));
  restored.kept_as = names.kept_as;
  progress.stage("restore");
  auto fresh = BGDB_TRY(NewDatabase::create(dsn, names.fresh, restored.database));
  BGDB_CHECK(restore_into(archive, fresh.dsn(), jobs, true));
  progress.stage("check");
  const auto tables = BGDB_TRY(count_rows(fresh.dsn(), {}, jobs));
  BGDB_CHECK(compare_counts(archive, tables));
  for (const auto& table : tables) restored.rows += table.rows;
  if (prepare) {
    auto session = BGDB_TRY(open_side(fresh.dsn(), "the restored database"));
    BGDB_CHECK(prepare(session));
  }
  progress.stage("exchange");
  auto admin = BGDB_TRY(open_side(BGDB_TRY(pg::with_database(dsn, "postgres")), "exchanging the databases"));
  BGDB_CHECK(exchange_databases(admin, restored.database, restored.kept_as, fresh));
  const auto slots =
      BGDB_TRY(admin.query("select slot_name from pg_replication_slots where database = $1", {restored.kept_as}));
  for (size_t i = 0; i < slots.size(); ++i) restored.slots_left.push_back(slots.text(i, 0));
  return restored;
}

}  // namespace bgdb::clone
