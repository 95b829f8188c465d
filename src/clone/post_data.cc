#include "clone/post_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "clone/facts.h"
#include "clone/sessions.h"
#include "core/side_by_side.h"
#include "core/sql_file.h"
#include "parse/parser.h"

namespace bgdb::clone {
namespace {

constexpr int64_t kLargeBytes = 32 << 20;  // from here on every index is a job of its own
constexpr size_t kBatch = 50;
constexpr const char* kMemory = "512MB";

enum class Kind { setting, index, identity, foreign_key, other };

struct Read {
  Kind kind = Kind::other;
  QualifiedName table;
  std::string name;
};

Read read_alter(const parse::AlterTable& alter) {
  if (alter.object != parse::ObjectKind::table || alter.commands.size() != 1) return {};
  const auto& command = alter.commands[0];
  if (command.replica_identity != 0) return {Kind::identity, alter.relation, {}};
  if (!command.constraint) return {};
  switch (command.constraint->kind) {
    case parse::ConstraintKind::primary_key:
    case parse::ConstraintKind::unique:
    case parse::ConstraintKind::exclude:
      return {Kind::index, alter.relation, {}};
    case parse::ConstraintKind::foreign_key:
      // A partitioned table's is refused as NOT VALID (before 18): it stays as it is, in its place.
      if (!alter.only || command.constraint->not_valid) return {};
      return {Kind::foreign_key, alter.relation, command.constraint->name};
    default:
      return {};
  }
}

// What cannot be read stays where it is: in the rest, in the dump's order.
Read read(const parse::Statement& statement) {
  if (statement.text.starts_with("SET ") || statement.text.starts_with("SELECT pg_catalog.set_config(")) {
    return {Kind::setting, {}, {}};
  }
  if (!statement.parsed || statement.has_placeholder) return {};
  if (const auto* index = std::get_if<parse::CreateIndex>(&statement.node)) return {Kind::index, index->relation, {}};
  if (const auto* alter = std::get_if<parse::AlterTable>(&statement.node)) return read_alter(*alter);
  return {};
}

Result<pg::Session> open_builder(const BuildOptions& options, const PostData& data) {
  auto session = BGDB_TRY(open_side(options.green_dsn, "green"));
  for (const auto& setting : data.settings) BGDB_CHECK(session.execute(setting));
  BGDB_CHECK(session.script(fmt::format(
      "set synchronous_commit = off; select set_config('maintenance_work_mem', greatest(pg_size_bytes('{}'), "
      "pg_size_bytes(current_setting('maintenance_work_mem'))) / 1024 || 'kB', false)",
      kMemory)));
  return session;
}

// Heap sizes on green by table; small tables' statements go together.
Result<std::vector<std::vector<const PostStatement*>>> deal(const BuildOptions& options, const PostData& data,
                                                            const std::set<size_t>& built) {
  auto session = BGDB_TRY(open_side(options.green_dsn, "green"));
  std::vector<pg::Value> names;
  for (const auto& statement : data.indexes) names.emplace_back(statement.table.sql());
  const auto rows = BGDB_TRY(session.query(core::sql_text("clone/read_sizes.sql"), {pg::to_array_literal(names)}));
  std::vector<std::pair<int64_t, const PostStatement*>> by_size;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (built.count(data.indexes[i].number) == 0) by_size.emplace_back(rows.integer(i, "bytes"), &data.indexes[i]);
  }
  std::stable_sort(by_size.begin(), by_size.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<const PostStatement*>> jobs;
  bool batching = false;
  for (const auto& [bytes, statement] : by_size) {
    const bool large = bytes > kLargeBytes;
    if (large || !batching || jobs.back().size() == kBatch) jobs.emplace_back();
    jobs.back().push_back(statement);
    batching = !large;
  }
  return jobs;
}

}  // namespace

PostData read_post_data_text(const std::string& sql) {
  PostData data;
  const auto parsed = parse::parse_sql(sql);
  for (size_t number = 0; number < parsed.statements.size(); ++number) {
    const auto& statement = parsed.statements[number];
    const Read found = read(statement);
    PostStatement item{number, statement.text, found.table, found.name};
    switch (found.kind) {
      case Kind::setting:
        data.settings.push_back(statement.text);
        break;
      case Kind::index:
        data.indexes.push_back(std::move(item));
        break;
      case Kind::identity:
        data.identities.push_back(std::move(item));
        break;
      case Kind::foreign_key:
        data.foreign_keys.push_back(
            {number,
             fmt::format("alter table only {} validate constraint {}", found.table.sql(), quote_ident(found.name)),
             found.table, found.name});
        item.sql += " not valid";
        [[fallthrough]];
      case Kind::other:
        data.rest.push_back(std::move(item));
    }
  }
  return data;
}

Result<void> build_indexes(const BuildOptions& options, const PostData& data, core::Progress& progress) {
  auto facts = BGDB_TRY(open_side(options.green_dsn, "green"));
  const auto built = BGDB_TRY(read_built(facts));
  const auto jobs = BGDB_TRY(deal(options, data, built));
  std::atomic<bool> stop{false};
  std::atomic<int64_t> done{static_cast<int64_t>(built.size())};
  const auto total = static_cast<int64_t>(data.indexes.size());
  const auto build = [&](pg::Session& session, size_t job) -> Result<void> {
    std::vector<size_t> numbers;
    auto transaction = BGDB_TRY(pg::Transaction::begin(session));
    for (const PostStatement* statement : jobs[job]) {
      if (auto made = session.execute(statement->sql); !made) {
        return fail(made.error().with_context("building the indexes of " + statement->table.display()));
      }
      numbers.push_back(statement->number);
    }
    BGDB_CHECK(write_built(session, numbers));
    BGDB_CHECK(transaction.commit());
    progress.item("(all indexes)", done += static_cast<int64_t>(numbers.size()), total, "indexes");
    return {};
  };
  BGDB_CHECK(core::side_by_side<pg::Session>(
      options.workers, jobs.size(), stop, [&] { return open_builder(options, data); }, build));
  if (total > 0) progress.item_done("(all indexes)");
  return {};
}

Result<void> run_all(pg::Session& session, const PostData& data, const std::vector<PostStatement>& statements) {
  for (const auto& setting : data.settings) BGDB_CHECK(session.execute(setting));
  for (const auto& statement : statements) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (auto ran = session.execute(statement.sql); !ran) {
      return fail(ran.error().with_context("completing green's schema"));
    }
  }
  return {};
}

Result<std::vector<std::string>> validate_foreign_keys(const BuildOptions& options, const PostData& data,
                                                       core::Progress& progress) {
  std::vector<std::string> broken;
  std::mutex mutex;
  std::atomic<bool> stop{false};
  std::atomic<int64_t> done{0};
  const auto total = static_cast<int64_t>(data.foreign_keys.size());
  const auto validate = [&](pg::Session& session, size_t job) -> Result<void> {
    const PostStatement& key = data.foreign_keys[job];
    const auto valid = session.execute(key.sql);
    if (!valid && valid.error().sqlstate != "23503") return fail(valid.error());
    if (!valid) {
      const std::lock_guard lock(mutex);
      broken.push_back(fmt::format("{} {}: {}", key.table.display(), key.name, valid.error().message));
    }
    progress.item("(all foreign keys)", ++done, total, "foreign keys");
    return {};
  };
  BGDB_CHECK(core::side_by_side<pg::Session>(
      options.workers, data.foreign_keys.size(), stop, [&] { return open_builder(options, data); }, validate));
  if (total > 0) progress.item_done("(all foreign keys)");
  std::sort(broken.begin(), broken.end());
  return broken;
}

Result<void> analyze(const BuildOptions& options, const std::vector<std::string>& tables, core::Progress& progress) {
  const size_t at_once = tables.size() > 4 * kBatch ? kBatch : 1;
  std::atomic<bool> stop{false};
  std::atomic<size_t> done{0};
  const auto run = [&](pg::Session& session, size_t job) -> Result<void> {
    const size_t begin = job * at_once, end = std::min(tables.size(), begin + at_once);
    const std::vector<std::string> some(tables.begin() + static_cast<std::ptrdiff_t>(begin),
                                        tables.begin() + static_cast<std::ptrdiff_t>(end));
    BGDB_CHECK(session.execute(fmt::format("analyze {}", fmt::join(some, ", "))));
    progress.item("(all tables)", static_cast<int64_t>(done += end - begin), static_cast<int64_t>(tables.size()),
                  "tables");
    return {};
  };
  BGDB_CHECK(core::side_by_side<pg::Session>(
      options.workers, (tables.size() + at_once - 1) / at_once, stop, [&] { return open_builder(options, {}); }, run));
  progress.item_done("(all tables)");
  return {};
}

}  // namespace bgdb::clone
