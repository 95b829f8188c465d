#include "clone/preflight.h"

#include <fmt/format.h>

#include <set>

#include "clone/translated.h"
#include "core/contains.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "introspect/firing.h"
#include "journal/state.h"

namespace bgdb::clone {
namespace {

// Left on the disk of the server's data directory; nullopt: the role may not ask.
Result<std::optional<int64_t>> free_bytes(pg::Session& session) {
  if (BGDB_TRY(session.scalar("select pg_has_role('pg_execute_server_program', 'usage')")) != "t") {
    return std::optional<int64_t>();
  }
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  BGDB_CHECK(session.execute("create temporary table bgdb_df (line text) on commit drop"));
  // A server without df (or on Windows) is not known either.
  if (!session.execute("copy bgdb_df from program 'df -Pk .' with (format csv, delimiter E'\\x01', quote E'\\x02')")) {
    return std::optional<int64_t>();
  }
  const auto rows = BGDB_TRY(session.query(
      R"(select (regexp_match(line, '\s(\d+)\s+\d+%\s'))[1]::bigint * 1024 as bytes from bgdb_df where line ~ '\s\d+%\s')"));
  if (rows.empty() || !rows.at(0, "bytes")) return std::optional<int64_t>();
  return std::optional(rows.integer(0, "bytes"));
}

// As pg_dump writes them: lists of names are kept as the catalog quotes them.
std::string set_sql(const std::string& database, const std::string& setting) {
  const size_t equals = setting.find('=');
  const std::string name = setting.substr(0, equals), value = setting.substr(equals + 1);
  const bool names = name == "search_path" || name == "temp_tablespaces" || name.ends_with("_preload_libraries");
  return fmt::format("alter database {} set {} = {}", quote_ident(database), name,
                     names ? value : quote_literal(value));
}

class Check {
 public:
  Check(pg::Session& blue, pg::Session& green, const CloneOptions& options)
      : blue_session_(blue), green_session_(green), options_(options) {}

  Result<Preflight> run() {
    findings_.begin("connection", "both");
    found_.blue = BGDB_TRY(read_server(blue_session_));
    found_.green = BGDB_TRY(read_server(green_session_));
    check_server("blue", found_.blue);
    check_server("green", found_.green);
    check_pair();
    found_.plan = BGDB_TRY(read_plan(blue_session_, options_.takes_part));
    check_tables();
    note_left_out();
    BGDB_CHECK(check_foreign_keys());
    if (options_.translation) {
      BGDB_CHECK(check_translation());
    } else {
      BGDB_CHECK(check_green_empty());
      BGDB_CHECK(check_needs());
    }
    BGDB_CHECK(check_slot_names("blue", blue_session_));
    BGDB_CHECK(check_slot_names("green", green_session_));
    BGDB_CHECK(check_room());
    BGDB_CHECK(check_sides());
    BGDB_CHECK(check_replica_role());
    found_.findings = findings_.take();
    return std::move(found_);
  }

 private:
  void check_server(const std::string& side, const Server& server) {
    findings_.begin("server", side);
    if (server.version < 140000) {
      findings_.fail(fmt::format("{} runs PostgreSQL {}, bgdb needs 14 or newer", side, server.version / 10000),
                     "upgrade the server");
    }
    if (server.in_recovery)
      findings_.fail(fmt::format("{} is a physical standby", side), "name the primary in bgdb.yml");
    findings_.begin("wal_level", side);
    if (server.wal_level != "logical") {
      findings_.fail(fmt::format("{} has wal_level = {}, replication needs logical", side, server.wal_level),
                     fmt::format("on {}: alter system set wal_level = 'logical'; then restart the server", side));
    }
    findings_.begin(std::string(kFreeSlots), side);
    if (server.wal_level == "logical" && (server.slots_free < 1 || server.senders_free < 1)) {
      findings_.fail(
          fmt::format("{} has no free replication slot or WAL sender", side),
          fmt::format("on {}: raise max_replication_slots and max_wal_senders, then restart the server", side));
    }
    findings_.begin("role's attributes", side);
    if (!server.may_replicate) {
      findings_.fail(fmt::format("role {} may not replicate on {}", server.user, side),
                     fmt::format("on {}: alter role {} replication", side, quote_ident(server.user)));
    }
    if (!server.may_create) {
      findings_.fail(
          fmt::format("role {} may not create a schema in {}'s database {}", server.user, side, server.database),
          fmt::format("on {}: grant create on database {} to {}", side, quote_ident(server.database),
                      quote_ident(server.user)));
    }
  }

  void check_pair() {
    const Server &blue = found_.blue, &green = found_.green;
    findings_.begin("versions and encoding", "both");
    if (blue.system_identifier == green.system_identifier && blue.database == green.database) {
      findings_.fail("blue and green are the same database", "correct blue.dsn or green.dsn in bgdb.yml");
    }
    if (green.version / 10000 < blue.version / 10000) {
      findings_.fail(
          fmt::format("green (PostgreSQL {}) is older than blue ({})", green.version / 10000, blue.version / 10000),
          "use a server of blue's version or newer");
    }
    if (blue.encoding != green.encoding) {
      findings_.fail(fmt::format("blue's encoding is {}, green's is {}", blue.encoding, green.encoding),
                     fmt::format("create green's database with encoding '{}' template template0", blue.encoding));
    }
    findings_.begin("prepared transactions", "blue");
    if (blue.prepared_transactions > 0) {
      findings_.fail(
          fmt::format("{} prepared transactions on blue hold back the slot's snapshot", blue.prepared_transactions),
          "commit or roll them back: select gid from pg_prepared_xacts");
    }
    findings_.begin("large objects", "blue");
    if (blue.large_objects > 0 && !options_.without_large_objects) {
      findings_.fail(
          fmt::format("blue has {} large objects, which replication cannot carry: green would be without them",
                      blue.large_objects),
          "move them into bytea columns, or remove those nobody refers to (vacuumlo); bgdb clone "
          "--without-large-objects leaves them behind");
    } else if (blue.large_objects > 0) {
      findings_.warn(fmt::format("{} large objects of blue are left behind", blue.large_objects));
    }
    findings_.begin("database settings", "green");
    for (const auto& setting : blue.settings) {
      if (core::contains(green.settings, setting)) continue;
      const std::string sql = set_sql(green.database, setting);
      findings_.add(FindingState::warn, {},
                    fmt::format("blue's database has a setting of its own that green's has not: {}", setting),
                    "on green: " + sql, Fix{"green", sql});
    }
    findings_.begin("text order", "both");
    if (blue.collation != green.collation) {
      findings_.warn(fmt::format("text sorts by {} on blue, by {} on green: ORDER BY may answer otherwise",
                                 blue.collation, green.collation));
    }
  }

  void check_tables() {
    findings_.begin("tables", "blue");
    if (found_.plan.published().empty()) {
      findings_.fail("no table of blue takes part", "see tables.include and tables.exclude in bgdb.yml");
    }
    for (const TablePlan& table : found_.plan.tables) {
      if (!table.takes_part) continue;
      if (table.unlogged) {
        findings_.add(
            FindingState::fail, table.name.display(),
            fmt::format("blue's table {} is unlogged: replication would pass over it in silence", table.name.display()),
            fmt::format("on blue: alter table {} set logged; or list it in tables.exclude", table.name.sql()));
      }
    }
    findings_.begin("replica identity", "blue");
    for (const TablePlan& table : found_.plan.tables) {
      if (table.takes_part && !table.has_key) check_key(table);
    }
  }

  // A unique index that would do is offered; choosing it is a matter of a moment.
  void check_key(const TablePlan& table) {
    const std::string alter = "alter table " + table.name.sql();
    std::optional<Fix> fix;
    std::string cure = fmt::format(
        "on blue: {} add primary key (...); or {} replica identity using index <unique index over NOT NULL columns>; "
        "or list it in tables.exclude",
        alter, alter);
    if (!table.possible_key.empty()) {
      fix = Fix{"blue", fmt::format("{} replica identity using index {}", alter, quote_ident(table.possible_key))};
      cure = "on blue: " + fix->sql;
    }
    findings_.add(FindingState::fail, table.name.display(),
                  fmt::format("blue's table {} has no key: once it is published, UPDATE and DELETE on it fail in "
                              "production",
                              table.name.display()),
                  std::move(cure), std::move(fix));
  }

  void note_left_out() {
    findings_.begin("tables left out", "blue");
    for (const QualifiedName& name : found_.plan.left_out()) {
      findings_.warn(fmt::format("{}: schema only, its rows are neither copied nor replicated", name.display()));
    }
  }

  const TablePlan* find(const QualifiedName& name) const {
    for (const TablePlan& table : found_.plan.tables) {
      if (table.name == name) return &table;
    }
    return nullptr;
  }

  Result<void> check_foreign_keys() {
    findings_.begin("foreign keys", "blue");
    const auto rows = BGDB_TRY(blue_session_.query(core::sql_text("clone/list_foreign_keys.sql")));
    for (size_t i = 0; i < rows.size(); ++i) {
      const TablePlan* from = find({rows.text(i, "schema"), rows.text(i, "table_name")});
      const TablePlan* to = find({rows.text(i, "referenced_schema"), rows.text(i, "referenced_name")});
      if (from == nullptr || to == nullptr || !from->takes_part || to->takes_part) continue;
      findings_.fail(fmt::format("{} refers to {} (constraint {}), whose rows do not come along", from->name.display(),
                                 to->name.display(), rows.text(i, "name")),
                     fmt::format("add {} to tables.include, or list {} in tables.exclude, too", to->name.display(),
                                 from->name.display()));
    }
    return {};
  }

  // Green's own schema: does it take blue's rows, and has it none yet?
  Result<void> check_translation() {
    findings_.begin("translation", "green");
    const auto mapping = options_.translation(blue_session_, green_session_);
    if (!mapping) {
      findings_.fail("blue's rows do not fit green's schema: " + mapping.error().message,
                     mapping.error().hint.empty() ? "bgdb mapping derive shows every column" : mapping.error().hint);
      return {};
    }
    for (const auto& table : mapping->tables) {
      if (!table.merged) continue;
      findings_.fail(fmt::format("{} is one part of green's {}: a copy of one table cannot fill it",
                                 table.source.display(), table.target.display()),
                     "clone blue's schema and let the migration merge its rows: bgdb clone into an empty green, then "
                     "bgdb migrate");
    }
    for (const auto& table : mapping->source_only) {
      findings_.warn(fmt::format("{}: not on green, its rows are not copied", table.display()));
    }
    const auto tables = BGDB_TRY(tables_of_target(green_session_, *mapping));
    for (const auto& firing : BGDB_TRY(introspect::list_firing(green_session_, tables, options_.accepted_triggers))) {
      findings_.fail(fmt::format("{} {} of green acts on rows that are copied", firing.kind, firing.name),
                     introspect::cure_of(firing, "green"));
    }
    for (const auto& table : BGDB_TRY(filled(green_session_, tables))) {
      findings_.add(FindingState::fail, table.display(), fmt::format("green's table {} holds rows", table.display()),
                    "truncate it: blue's rows take its place");
    }
    return {};
  }

  Result<void> check_green_empty() {
    findings_.begin(std::string(kTargetEmpty), "green");
    const Plan green = BGDB_TRY(read_plan(green_session_, [](const QualifiedName&) { return true; }));
    std::vector<std::string> there;
    for (const TablePlan& table : green.tables) {
      if (find(table.name) != nullptr) there.push_back(table.name.display());
    }
    if (there.empty()) return {};
    const size_t count = there.size();
    if (count > 5) there.resize(5);
    findings_.fail(fmt::format("green is not empty: it already has {} of blue's tables ({}{})", count,
                               fmt::join(there, ", "), count > 5 ? ", ..." : ""),
                   "use an empty database (drop database ...; create database ...), or drop these tables; when they "
                   "already have the new schema: bgdb clone --translated");
    return {};
  }

  Result<void> check_needs() {
    findings_.begin("roles and extensions", "green");
    const auto needs = BGDB_TRY(blue_session_.query(core::sql_text("clone/list_needs.sql")));
    std::vector<pg::Value> kinds, names;
    for (size_t i = 0; i < needs.size(); ++i) {
      kinds.emplace_back(needs.text(i, "kind"));
      names.emplace_back(needs.text(i, "name"));
    }
    const auto missing = BGDB_TRY(green_session_.query(core::sql_text("clone/find_missing_needs.sql"),
                                                       {pg::to_array_literal(kinds), pg::to_array_literal(names)}));
    for (size_t i = 0; i < missing.size(); ++i) {
      const std::string& name = missing.text(i, "name");
      if (missing.text(i, "kind") == "role") {
        findings_.fail(
            fmt::format("green's server has no role {}, which owns objects of blue or holds grants on them", name),
            "copy the roles: pg_dumpall --roles-only on blue, psql on green");
      } else {
        findings_.fail(fmt::format("green's server does not offer the extension {}", name),
                       "install its package on green's machine");
      }
    }
    return {};
  }

  // Slots are shared by all databases of a server.
  Result<void> check_slot_names(const std::string& side, pg::Session& session) {
    findings_.begin("slot names", side);
    const auto taken = BGDB_TRY(elsewhere(session, {options_.slot, options_.slot_back}));
    if (!taken) return {};
    findings_.fail(fmt::format("slot {} on {}'s server is of database {}: another project has this one's name",
                               taken->slot, side, taken->database),
                   "choose another `name` in bgdb.yml");
    return {};
  }

  // Rows, their indexes, and the log of both.
  Result<void> check_room() {
    findings_.begin(std::string(kFreeDisk), "green");
    std::vector<pg::Value> names;
    for (const TablePlan& table : found_.plan.copied()) names.emplace_back(table.name.sql());
    const std::string measured =
        BGDB_TRY(blue_session_.scalar(core::sql_text("clone/measure_tables.sql"), {pg::to_array_literal(names)}));
    const int64_t wanted = std::atoll(measured.c_str());
    const auto room = BGDB_TRY(free_bytes(green_session_));
    if (!room) {
      findings_.warn(fmt::format(
          "green needs about {}; whether its disk has that is not known (pg_execute_server_program would tell)",
          core::format_bytes(wanted + wanted / 10)));
    } else if (*room < wanted + wanted / 10) {
      findings_.fail(fmt::format("green's disk has {} left, the copy needs about {}", core::format_bytes(*room),
                                 core::format_bytes(wanted + wanted / 10)),
                     "make room on green's server, or list large tables in tables.exclude");
    }
    return {};
  }

  Result<void> check_sides() {
    findings_.begin(std::string(kSides), "both");
    const auto blue = BGDB_TRY(journal::read_side(blue_session_));
    if (blue && blue->role != journal::Role::active) {
      findings_.fail(fmt::format("blue's database says that it is the {} side (epoch {})",
                                 journal::to_string(blue->role), blue->epoch),
                     "clone copies from the side that serves: bgdb status");
    }
    const auto green = BGDB_TRY(journal::read_side(green_session_));
    if (green && green->role == journal::Role::active) {
      findings_.fail(fmt::format("green's database says that it is the active side (epoch {})", green->epoch),
                     "are blue and green exchanged in bgdb.yml? bgdb status tells who serves");
    }
    return {};
  }

  // Guards must not stop our own copying, and later the link's applying.
  Result<void> check_replica_role() {
    findings_.begin("session_replication_role", "green");
    const auto set = green_session_.execute("set session_replication_role = replica");
    if (set) return green_session_.execute("reset session_replication_role");
    if (set.error().code != ErrorCode::privilege) return fail(set.error());
    findings_.fail(
        fmt::format("role {} may not set session_replication_role on green", found_.green.user),
        fmt::format("on green: grant set on parameter session_replication_role to {} (PostgreSQL 15 and newer)",
                    quote_ident(found_.green.user)));
    return {};
  }

  pg::Session& blue_session_;
  pg::Session& green_session_;
  const CloneOptions& options_;
  Preflight found_;
  Findings findings_;
};

}  // namespace

Result<Preflight> inspect(pg::Session& blue, pg::Session& green, const CloneOptions& options) {
  return Check(blue, green, options).run();
}

Result<Preflight> check(pg::Session& blue, pg::Session& green, const CloneOptions& options) {
  auto found = BGDB_TRY(inspect(blue, green, options));
  int problems = 0;
  std::string list;
  for (const Finding& finding : found.findings) {
    if (finding.state != FindingState::fail) continue;
    ++problems;
    list += fmt::format("\n  - {}\n      cure: {}", finding.found, finding.cure);
  }
  if (problems == 0) return found;
  return fail(ErrorCode::refused, fmt::format("the clone cannot begin: {} {}; nothing was changed{}", problems,
                                              problems == 1 ? "problem" : "problems", list));
}

}  // namespace bgdb::clone
