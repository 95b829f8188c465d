#include "clone/copier.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>

#include "clone/jobs.h"
#include "clone/table_stream.h"
#include "core/side_by_side.h"
#include "core/sql_file.h"

namespace bgdb::clone {
namespace {

class Crew {
 public:
  Crew(const CopyOptions& options, const std::vector<TablePlan>& tables, core::Progress& progress)
      : options_(options),
        // Translated tables may be referred to, so they are not truncated, and not filled in parts.
        jobs_(deal(tables, options.workers, options.mapping != nullptr ? 0 : options.split_bytes,
                   options.mapping == nullptr)),
        pace_(tables, options.bytes_per_second, progress) {}

  Result<Copied> run() {
    BGDB_CHECK(empty_split_tables());
    const auto open = [&]() -> Result<Sides> {
      auto blue = BGDB_TRY(open_blue(options_));
      return Sides{std::move(blue), BGDB_TRY(open_green(options_))};
    };
    BGDB_CHECK(core::side_by_side<Sides>(options_.workers, jobs_.size(), pace_.stopped(), open,
                                         [&](Sides& sides, size_t job) { return work(sides, jobs_[job]); }));
    return std::move(copied_);
  }

 private:
  struct Sides {
    pg::Session blue;
    pg::Session green;
  };
  // Parts of a table: how many are still missing, and what the others brought.
  struct Parts {
    int left = 0;
    TableCopied sum;
  };

  // Its parts come in several transactions: none of them may empty the table.
  Result<void> empty_split_tables() {
    std::vector<std::string> names;
    for (const CopyJob& job : jobs_) {
      if (job.parts == 1) continue;
      Parts& parts = parts_[job.tables[0]];
      parts.sum.name = job.tables[0]->name;
      if (parts.left++ == 0) names.push_back("only " + job.tables[0]->name.sql());
    }
    if (names.empty()) return {};
    auto green = BGDB_TRY(open_green(options_));
    return green.execute(fmt::format("truncate {}", fmt::join(names, ", ")));
  }

  Result<void> work(Sides& sides, const CopyJob& job) {
    // Rolled back to: a table that is copied is not kept locked on blue while others are.
    BGDB_CHECK(sides.blue.execute("savepoint job"));
    if (auto copied = copy(sides.blue, sides.green, job); !copied) {
      return fail(copied.error().with_context("copying " + job.tables[0]->name.display() +
                                              (job.tables.size() > 1 ? " and other small tables" : "")));
    }
    BGDB_CHECK(sides.blue.script("rollback to savepoint job; release savepoint job"));
    return {};
  }

  Result<void> copy(pg::Session& blue, pg::Session& green, const CopyJob& job) {
    const auto tables = BGDB_TRY(lock(blue, job.tables));
    if (tables.empty()) return {};
    auto transaction = BGDB_TRY(pg::Transaction::begin(green));
    if (job.freeze || (options_.over && job.parts == 1 && options_.mapping == nullptr)) {
      std::vector<std::string> names;
      for (const TablePlan* table : tables) names.push_back("only " + table->name.sql());
      BGDB_CHECK(green.execute(fmt::format("truncate {}", fmt::join(names, ", "))));
    }
    std::vector<TableCopied> copied;
    for (const TablePlan* table : tables) {
      std::optional<TableCopied> one;  // a split table is read once for each of its parts
      for (const Route& route : routes(*table, job)) {
        auto part = BGDB_TRY(stream_table(blue, green, *table, route, pace_));
        if (one) part.bytes += one->bytes;
        one = std::move(part);
      }
      copied.push_back(*std::move(one));
    }
    if (job.parts > 1) {
      BGDB_CHECK(transaction.commit());
      return finish_part(green, tables[0], copied[0]);
    }
    if (options_.complete) BGDB_CHECK(options_.complete(green, copied));
    BGDB_CHECK(transaction.commit());
    return note_complete(tables, copied);
  }

  std::vector<Route> routes(const TablePlan& table, const CopyJob& job) const {
    if (options_.mapping == nullptr) return {route_of(table, job)};
    std::vector<Route> found;
    for (const auto* mapping : options_.mapping->tables_of(table.name))
      found.push_back(translated_route(table, *mapping));
    return found;
  }

  // Tables that can be read in the snapshot now; the others are put off.
  Result<std::vector<const TablePlan*>> lock(pg::Session& blue, const std::vector<const TablePlan*>& tables) {
    std::vector<std::string> only;
    std::vector<pg::Value> names;
    for (const TablePlan* table : tables) {
      only.push_back("only " + table->name.sql());
      names.emplace_back(table->name.sql());
    }
    std::vector<const TablePlan*> readable;
    const auto locked = blue.execute(fmt::format("lock table {} in access share mode", fmt::join(only, ", ")));
    if (!locked) {
      if (locked.error().code != ErrorCode::lock_timeout) return fail(locked.error());
      for (const TablePlan* table : tables) put_off(*table, "is locked on blue");
      return readable;
    }
    const auto unmoved = BGDB_TRY(blue.query(core::sql_text("clone/list_unmoved.sql"), {pg::to_array_literal(names)}));
    std::vector<bool> same(tables.size(), false);
    for (size_t i = 0; i < unmoved.size(); ++i) same[static_cast<size_t>(unmoved.integer(i, "number")) - 1] = true;
    for (size_t i = 0; i < tables.size(); ++i) {
      if (same[i]) {
        readable.push_back(tables[i]);
      } else {
        put_off(*tables[i], "was truncated or rewritten on blue after the snapshot");
      }
    }
    return readable;
  }

  void put_off(const TablePlan& table, std::string_view why) {
    const std::lock_guard lock(mutex_);
    copied_.put_off.push_back(fmt::format("{} {}", table.name.display(), why));
  }

  Result<void> finish_part(pg::Session& green, const TablePlan* table, const TableCopied& part) {
    TableCopied whole;
    {
      const std::lock_guard lock(mutex_);
      Parts& parts = parts_[table];
      parts.sum.rows += part.rows;
      parts.sum.bytes += part.bytes;
      if (--parts.left > 0) return {};
      whole = parts.sum;
    }
    if (options_.complete) BGDB_CHECK(options_.complete(green, {whole}));  // a transaction of its own: all parts are in
    return note_complete({table}, {whole});
  }

  Result<void> note_complete(const std::vector<const TablePlan*>& tables, const std::vector<TableCopied>& copied) {
    for (size_t i = 0; i < tables.size(); ++i) pace_.table_done(*tables[i], copied[i].rows);
    const std::lock_guard lock(mutex_);
    copied_.tables.insert(copied_.tables.end(), copied.begin(), copied.end());
    return {};
  }

  const CopyOptions& options_;
  const std::vector<CopyJob> jobs_;
  Pace pace_;
  std::mutex mutex_;
  std::map<const TablePlan*, Parts> parts_;
  Copied copied_;
};

}  // namespace

Result<Copied> copy_tables(const CopyOptions& options, const std::vector<TablePlan>& tables, core::Progress& progress) {
  return Crew(options, tables, progress).run();
}

}  // namespace bgdb::clone
