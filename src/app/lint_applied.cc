#include "app/lint_applied.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/contains.h"
#include "core/sql_file.h"

namespace bgdb::app {
namespace {

using migration::Framework;
using Told = AppliedHistory::Told;

// `needs` tells tables of the same name apart. `sql` gives one column of text; {} is the table.
struct Known {
  Framework framework;
  const char* table;
  const char* needs;
  Told told;
  const char* sql;
  bool any_framework = false;
};

constexpr Known kKnown[] = {
    {Framework::plain, "schema_versions", "checksum", Told::name, "select distinct file from {}", true},
    {Framework::flyway, "flyway_schema_history", "script", Told::name,
     "select script from {} where success and version is not null"},
    {Framework::flyway, "flyway_schema_history", "script", Told::up_to,
     "select version from {} where type = 'BASELINE' and version is not null"},
    {Framework::golang_migrate, "schema_migrations", "dirty", Told::up_to,
     "select version::text from {} where not dirty"},
    {Framework::goose, "goose_db_version", "version_id", Told::number,
     "select version_id::text from (select distinct on (version_id) version_id, is_applied from {} order by "
     "version_id, id desc) last where is_applied"},
    {Framework::dbmate, "schema_migrations", "version", Told::number, "select version::text from {}"},
    {Framework::supabase, "schema_migrations", "statements", Told::number, "select version::text from {}"},
    {Framework::diesel, "__diesel_schema_migrations", "run_on", Told::number, "select version::text from {}"},
    {Framework::prisma, "_prisma_migrations", "migration_name", Told::name,
     "select migration_name from {} where finished_at is not null and rolled_back_at is null"},
    {Framework::sqlx, "_sqlx_migrations", "version", Told::number, "select version::text from {} where success"},
    {Framework::sql_migrate, "gorp_migrations", "applied_at", Told::name, "select id from {}"},
    {Framework::node_pg_migrate, "pgmigrations", "run_on", Told::name, "select name from {}"},
    {Framework::postgres_migrations, "migrations", "hash", Told::number, "select id::text from {}"},
    {Framework::tern, "schema_version", "version", Told::up_to, "select version::text from {}"},
    {Framework::atlas, "atlas_schema_revisions", "version", Told::number, "select version::text from {}"},
    {Framework::pop, "schema_migration", "version", Told::number, "select version::text from {}"},
    {Framework::morph, "db_migrations", "version", Told::number, "select version::text from {}"},
    {Framework::sqitch, "changes", "change_id", Told::name, "select change from {}"},
};

// "2024-01-31-120000" and "000012" as runners that keep numbers write them.
std::string number_of(std::string_view version) {
  std::string digits;
  for (const char c : version) {
    if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) digits += c;
  }
  return digits;
}

// Runners write a file's name, its place below their folder ("2024-01-31_users/up.sql", which other files end like as
// well), or what the migration is called.
bool has_name(const std::set<std::string>& recorded, const migration::File& file) {
  if (recorded.contains(file.stem()) || recorded.contains(file.path)) return true;
  for (size_t slash = file.path.rfind('/'); slash != std::string::npos; slash = file.path.rfind('/', slash - 1)) {
    if (recorded.contains(file.path.substr(slash + 1))) return true;
    if (slash == 0) break;
  }
  return false;
}

// How many files from the first on, or which ones.
std::vector<bool> applied_files(const AppliedHistory& history, const migration::Set& set) {
  std::vector<bool> applied(set.files.size(), false);
  if (history.told == Told::up_to) {
    for (const auto& version : history.recorded) {
      const auto count = migration::count_up_to(set, version);
      if (count) std::fill_n(applied.begin(), std::min(*count, applied.size()), true);
    }
    return applied;
  }
  std::set<std::string> recorded;
  for (const auto& one : history.recorded) recorded.insert(history.told == Told::number ? number_of(one) : one);
  recorded.erase("");
  for (size_t i = 0; i < set.files.size(); ++i) {
    const auto& file = set.files[i];
    applied[i] = history.told == Told::number ? recorded.contains(number_of(file.version)) : has_name(recorded, file);
  }
  return applied;
}

}  // namespace

Result<std::vector<AppliedHistory>> read_applied(pg::Session& session) {
  std::set<std::string> names;
  for (const auto& known : kKnown) names.insert(known.table);
  const auto tables =
      BGDB_TRY(session.query(core::sql_text("lint/list_history_tables.sql"),
                             {pg::to_array_literal(std::vector<pg::Value>(names.begin(), names.end()))}));
  std::vector<AppliedHistory> histories;
  for (size_t i = 0; i < tables.size(); ++i) {
    const QualifiedName table{tables.text(i, "schema"), tables.text(i, "name")};
    const auto columns = BGDB_TRY(pg::parse_array_literal(tables.text(i, "columns")));
    for (const auto& known : kKnown) {
      if (table.name != known.table || !core::contains(columns, known.needs)) continue;
      const bool bgdb_own = table.schema == "bgdb";
      if (known.any_framework != bgdb_own) continue;
      const auto rows = session.query(fmt::format(fmt::runtime(known.sql), table.sql()));
      if (!rows) continue;  // a table of another tool that has the same name
      AppliedHistory history{known.framework, known.any_framework, known.told, table.display(), {}};
      for (size_t row = 0; row < rows->size(); ++row) history.recorded.push_back(rows->text(row, 0));
      if (!history.recorded.empty()) histories.push_back(std::move(history));
    }
  }
  return histories;
}

std::string leave_out_applied(const std::vector<AppliedHistory>& histories, migration::Set& set) {
  std::set<std::string> told_by;
  const auto count_wanted = [&] {
    return std::count_if(set.files.begin(), set.files.end(), [](const auto& file) { return file.wanted; });
  };
  const auto before = count_wanted();
  for (const auto& history : histories) {
    if (!history.any_framework && history.framework != set.framework) continue;
    const auto applied = applied_files(history, set);
    for (size_t i = 0; i < applied.size(); ++i) {
      if (!applied[i] || !set.files[i].wanted) continue;
      set.files[i].wanted = false;
      told_by.insert(history.table);
    }
  }
  const auto rest = count_wanted();
  if (rest == before) return {};
  return fmt::format("{} of {} files of {} have run on the server, as {} says: they are not judged", before - rest,
                     before, set.folder, fmt::join(told_by, " and "));
}

}  // namespace bgdb::app
