// Files without a transaction: unit by unit. bgdb.fact "migrate:<file>" says how many units are done, and which one
// that cannot run in a transaction has begun.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/ident.h"
#include "core/sql_file.h"
#include "migrate/runner.h"

namespace bgdb::migrate {
namespace {

struct Progress {
  size_t done = 0;
  std::optional<size_t> running;
};

std::string key_of(const PlannedFile& file) {
  return "migrate:" + file.report.file;
}

Result<void> write_progress(pg::Session& session, const PlannedFile& file, size_t done, bool running) {
  nlohmann::json value = {{"checksum", file.checksum}, {"done", done}};
  if (running) value["running"] = done;
  return session.execute(core::sql_text("migrate/write_progress.sql"), {key_of(file), value.dump()});
}

Result<Progress> read_progress(pg::Session& session, const PlannedFile& file) {
  const auto rows = BGDB_TRY(session.query("select value from bgdb.fact where key = $1", {key_of(file)}));
  Progress progress;
  if (rows.empty()) return progress;
  const auto value = nlohmann::json::parse(rows.text(0, "value"), nullptr, false);
  if (!value.is_object()) return fail(ErrorCode::internal, "bgdb.fact \"" + key_of(file) + "\" is not readable");
  progress.done = value.value("done", size_t{0});
  if (value.contains("running")) progress.running = value["running"].get<size_t>();
  if (progress.done > 0 && value.value("checksum", "") != file.checksum) {
    return fail(ErrorCode::refused,
                fmt::format("{} has changed since an earlier run stopped inside it, after {} of its statements",
                            file.report.file, progress.done),
                "put the file back as it was and run again; then write a new migration for the change");
  }
  return progress;
}

}  // namespace

Result<void> Runner::run_by_units(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units) {
  const auto started = core::system_clock().now();
  file.report.in_transaction = false;
  auto progress = BGDB_TRY(read_progress(session, file));
  file.report.continued = progress.done > 0 || progress.running;
  BGDB_CHECK(repeat_settings(session, file, units, progress.done));
  if (progress.running && *progress.running < units.size() &&
      BGDB_TRY(settle(session, file, units[*progress.running]))) {
    progress.done = *progress.running + 1;
    BGDB_CHECK(write_progress(session, file, progress.done, false));
  }
  for (size_t i = progress.done; i < units.size();) {
    size_t end = i;
    while (end < units.size() && units[end].work) ++end;
    if (end > i) {
      BGDB_CHECK(run_batches(session, file, units, i, end));
      BGDB_CHECK(write_progress(session, file, end, false));
      i = end;
      continue;
    }
    BGDB_CHECK(run_unit(session, file, units[i], i));
    ++i;
  }
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  BGDB_CHECK(record(session, file, started));
  BGDB_CHECK(session.execute("delete from bgdb.fact where key = $1 or starts_with(key, $2)",
                             {key_of(file), key_of(file) + "#"}));
  return transaction.commit();
}

// Settings of a session that died, or of the one beside which another works.
Result<void> Runner::repeat_settings(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units,
                                     size_t count) {
  const auto& statements = file.loaded.up.statements;
  for (size_t i = 0; i < std::min(count, units.size()); ++i) {
    const auto& only = statements[units[i].first];
    if (!std::holds_alternative<parse::SetVariable>(only.node)) continue;
    if (const auto ran = session.script(only.text); !ran) return fail(explain(ran.error(), file, only));
  }
  return {};
}

Result<void> Runner::run_unit(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number) {
  if (!unit.outside) {
    const auto reported = file.report.statements.size();
    return with_retries(file, [&] {
      file.report.statements.resize(reported);
      return run_inside(session, file, unit, number);
    });
  }
  const auto& only = file.loaded.up.statements[unit.first];
  BGDB_CHECK(write_progress(session, file, number, true));
  if (unit.may_commit) {  // what it committed before it failed would happen twice
    BGDB_CHECK(statement(session, file, only));
  } else {
    BGDB_CHECK(with_retries(file, [&] { return run_outside(session, file, only); }));
  }
  return write_progress(session, file, number + 1, false);
}

// The unit, the guards of its tables and the progress commit together: if we die, it either happened or it did not.
Result<void> Runner::run_inside(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number) {
  const auto& statements = file.loaded.up.statements;
  size_t first = unit.first;
  size_t end = unit.last + 1;
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  bool keep = true;
  if (unit.explicit_transaction) {  // its own BEGIN and COMMIT are ours now; modes ("isolation level ...") still apply
    const auto words = statements[first].text.find_first_of(" \t\n");
    const auto modes = words == std::string::npos ? "" : statements[first].text.substr(words);
    if (modes.find("solation") != std::string::npos || modes.find("SOLATION") != std::string::npos) {
      BGDB_CHECK(session.execute("set transaction " + modes.substr(modes.find_first_of("iI"))));
    }
    ++first;
    --end;
    const auto* control = std::get_if<parse::TransactionStatement>(&statements[unit.last].node);
    keep = control->kind == parse::TransactionKind::commit;
  }
  const auto before = BGDB_TRY(unguarded(session));
  BGDB_CHECK(limit_statements(session, unit.explicit_transaction ? options_.statement_timeout : milliseconds(0)));
  auto exclusive = BGDB_TRY(ExclusiveLocks::begin(session));
  for (size_t i = first; i < end; ++i) {
    const auto asked = core::system_clock().now();
    BGDB_CHECK(statement(session, file, statements[i]));
    BGDB_CHECK(exclusive.look(session, statements[i].span.line, asked));
  }
  if (!keep) {  // the file undoes its own work: only the progress stays
    BGDB_CHECK(session.rollback());
    return write_progress(session, file, number + 1, false);
  }
  BGDB_CHECK(guard_new(session, file, before));
  BGDB_CHECK(write_progress(session, file, number + 1, false));
  BGDB_CHECK(transaction.commit());
  const auto held = exclusive.end();
  file.report.exclusive.insert(file.report.exclusive.end(), held.begin(), held.end());
  return {};
}

Result<void> Runner::run_outside(pg::Session& session, PlannedFile& file, const parse::Statement& only) {
  file.report.indexes_repaired += BGDB_TRY(drop_invalid(session, only));
  const auto was = BGDB_TRY(session.scalar("select current_setting('lock_timeout')"));
  // CONCURRENTLY waits for old transactions as for locks, without blocking anybody: it may take its time.
  const bool concurrent =
      only.text.find("oncurrently") != std::string::npos || only.text.find("ONCURRENTLY") != std::string::npos;
  if (concurrent) {
    BGDB_CHECK(session.execute("select set_config('lock_timeout', $1, false)",
                               {fmt::format("{}ms", options_.concurrent_wait_max.count())}));
  }
  const auto ran = statement(session, file, only);
  if (!session.alive()) return ran;
  if (concurrent) BGDB_CHECK(session.execute("select set_config('lock_timeout', $1, false)", {was}));
  if (!ran) {
    const auto dropped = drop_invalid(session, only);  // what the failed statement left behind
    if (dropped && *dropped > 0)
      progress_.note(fmt::format("{}: dropped the invalid index that the failed statement left", file.report.file));
  }
  return ran;
}

// Invalid leftovers of this very index: CREATE INDEX CONCURRENTLY IF NOT EXISTS would take them for the index.
Result<int> Runner::drop_invalid(pg::Session& session, const parse::Statement& only) {
  const auto* index = std::get_if<parse::CreateIndex>(&only.node);
  if (index == nullptr || !index->concurrently || index->name.empty()) return 0;
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("migrate/find_invalid_indexes.sql"), {index->relation.sql(), index->name}));
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName name{rows.text(i, "schema"), rows.text(i, "name")};
    BGDB_CHECK(session.execute("drop index concurrently if exists " + name.sql()));
  }
  return static_cast<int>(rows.size());
}

// An earlier run died while the unit's statement ran. True: it took effect. False: run it (again).
Result<bool> Runner::settle(pg::Session& session, PlannedFile& file, const Unit& unit) {
  const auto& only = file.loaded.up.statements[unit.first];
  const auto exists = [&](const QualifiedName& name) -> Result<bool> {
    return BGDB_TRY(session.scalar("select to_regclass($1) is not null", {name.sql()})) == "t";
  };
  if (const auto* index = std::get_if<parse::CreateIndex>(&only.node); index != nullptr && !index->name.empty()) {
    const auto valid =
        BGDB_TRY(session.scalar("select count(*) from pg_index i join pg_class c on c.oid = i.indexrelid where "
                                "i.indrelid = to_regclass($1) and c.relname = $2 and i.indisvalid",
                                {index->relation.sql(), index->name}));
    return valid == "1";
  }
  if (const auto* drop = std::get_if<parse::Drop>(&only.node);
      drop != nullptr && drop->concurrently && drop->items.size() == 1) {
    const bool still = BGDB_TRY(exists(drop->items[0].name));
    return !still;
  }
  const bool repeatable = std::holds_alternative<parse::Reindex>(only.node) ||
                          std::holds_alternative<parse::Vacuum>(only.node) ||
                          std::holds_alternative<parse::Cluster>(only.node);
  if (repeatable) return false;
  switch (options_.unfinished) {
    case Unfinished::done:
      return true;
    case Unfinished::again:
      return false;
    case Unfinished::ask:
      break;
  }
  return fail(ErrorCode::refused,
              fmt::format("{}:{}: an earlier run died while this statement ran, and the database does not tell whether "
                          "it took effect: {}",
                          file.report.file, only.span.line, only.text.substr(0, 200)),
              "look, then run again with --unfinished done (it took effect) or --unfinished again (it did not)");
}

}  // namespace bgdb::migrate
