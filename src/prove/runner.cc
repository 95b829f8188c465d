#include "prove/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/interrupt.h"
#include "migration/migration.h"
#include "parse/parser.h"

namespace bgdb::prove {

namespace {

using parse::TransactionKind;

std::vector<QualifiedName> tables_of(const lint::EffectSet& effects) {
  std::vector<QualifiedName> out;
  for (const auto& lock : effects.locks) out.push_back(lock.relation);
  return out;
}

// The tables of foreign keys that the statement checks: PostgreSQL does it by a query, which reads in full or through
// an index. ADD locks the referenced one SHARE ROW EXCLUSIVE, VALIDATE locks it ROW SHARE, and no other table beside
// the statement's own is locked like this.
Relations checked_by_query(const lint::Effects& effects) {
  Relations out;
  for (const auto& action : effects.actions) {
    bool checks = false;
    for (const auto& lock : action.effects.locks) {
      const bool of_check = lock.mode == lint::LockMode::share_row_exclusive || lock.mode == lint::LockMode::row_share;
      if (!of_check || lock.relation == action.table) continue;
      out.insert(lock.relation);
      checks = true;
    }
    for (const auto& scan : action.effects.scans) {
      if (checks) out.insert(scan.relation);
    }
  }
  return out;
}

// What the query of a new table or view reads is the planner's choice, and a join whose first table is empty reads no
// other.
Relations read_by_query(const std::string& kind, const lint::Effects& effects) {
  Relations out;
  if (kind != "CreateTableAs" && kind != "CreateMaterializedView" && kind != "RefreshMaterializedView") return out;
  for (const auto& scan : effects.scans) out.insert(scan.relation);
  return out;
}

// Tables that triggers touch, and nothing else of the statement does.
Relations touched_by_triggers(const lint::Effects& effects) {
  Relations out, named;
  for (const auto& action : effects.actions) {
    for (const auto& lock : action.effects.locks) (action.kind == "trigger" ? out : named).insert(lock.relation);
  }
  for (const auto& name : named) out.erase(name);
  return out;
}

// A DO block that goes on behind an error: our rows may make a part of it fail unseen.
bool catches_errors(const std::string& text) {
  const auto parsed = parse::parse_sql(text);
  if (parsed.statements.size() != 1) return false;
  const auto* block = std::get_if<parse::DoBlock>(&parsed.statements.front().node);
  if (block == nullptr) return false;
  const auto body = parse::parse_routine_body(block->language, block->body);
  return std::any_of(body.blocks.begin(), body.blocks.end(), [](const auto& one) { return one.catches_duplicates; });
}

// Statements whose scans the planner chooses, and bodies of functions, which are looked at when they are created.
bool reads_or_writes_rows(const std::string& kind) {
  static const std::set<std::string, std::less<>> kKinds = {
      "Select", "Insert", "Update", "Delete", "Merge", "Copy", "Call", "Do", "CreateFunction", "CreateProcedure"};
  return kKinds.count(kind) > 0;
}

class Run {
 public:
  Run(Observer& observer, const lint::FileReport& report, const RunOptions& options)
      : observer_(observer), session_(observer.session()), report_(report), options_(options) {}

  Result<std::vector<StatementProof>> all() {
    for (const auto& statement : report_.statements) {
      if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
      BGDB_CHECK(one(statement));
      if (proofs_.back().observed.failure) break;
    }
    BGDB_CHECK(end(!proofs_.empty() && proofs_.back().observed.failure ? false : options_.commit));
    return std::move(proofs_);
  }

 private:
  Result<void> end(bool commit) {
    if (!session_.in_transaction()) return {};
    if (commit) return session_.commit();
    return session_.rollback();
  }

  // A commit may fail: deferred constraints are checked there.
  Result<void> control(const parse::TransactionStatement& node, StatementProof& proof) {
    switch (node.kind) {
      case TransactionKind::begin:
        return {};  // the first statement of the transaction begins it
      case TransactionKind::commit:
        if (auto done = end(options_.commit); !done) proof.observed.failure = done.error();
        return {};
      case TransactionKind::rollback:
        return end(false);
      case TransactionKind::savepoint:
      case TransactionKind::release:
      case TransactionKind::rollback_to:
        if (auto done = session_.script(proof.text); !done) proof.observed.failure = done.error();
        return {};
      default:
        proof.not_run = "two-phase commit";
        return end(false);
    }
  }

  Result<void> enter(int transaction) {
    if (transaction != transaction_ && session_.in_transaction()) BGDB_CHECK(end(options_.commit));
    transaction_ = transaction;
    if (transaction >= 0 && !session_.in_transaction()) BGDB_CHECK(session_.begin());
    return {};
  }

  // A failure that needs rows is expected only where there are some.
  Result<lint::Effects> expected(lint::Effects effects) {
    for (const auto& action : effects.actions) {
      const auto needs_rows = [](const lint::Effect& effect) { return effect.kind == "rows-have-null"; };
      if (std::none_of(action.effects.fails.begin(), action.effects.fails.end(), needs_rows)) continue;
      const auto known =
          BGDB_TRY(session_.scalar("select (pg_catalog.to_regclass($1) is not null)::text", {action.table.sql()}));
      if (known != "true") continue;
      const auto some =
          BGDB_TRY(session_.scalar(fmt::format("select exists (select from {})::text", action.table.sql())));
      if (some == "true") continue;
      std::erase_if(effects.fails.own(), needs_rows);
      effects.scans.push_back({action.table});
    }
    return effects;
  }

  Result<void> observe(const lint::StatementReport& statement, bool outside_only, StatementProof& proof) {
    const auto effects = BGDB_TRY(expected(statement.effects));
    if (statement.in_transaction) {
      proof.observed = BGDB_TRY(observer_.inside(proof.text));
    } else if (effects.must_be_outside_transaction || outside_only) {
      proof.observed = BGDB_TRY(observer_.outside(proof.text, tables_of(effects)));
    } else {
      // On its own, but able to run in a transaction: that is where its locks can be read exactly.
      BGDB_CHECK(session_.begin());
      proof.observed = BGDB_TRY(observer_.inside(proof.text));
      BGDB_CHECK(end(!proof.observed.failure && options_.commit));
    }
    auto touched_maybe = touched_by_triggers(effects);
    if (catches_errors(proof.text)) {
      for (const auto& lock : effects.locks) touched_maybe.insert(lock.relation);
    }
    auto maybe = checked_by_query(effects);
    maybe.merge(read_by_query(statement.kind, effects));
    proof.differences = compare(effects, proof.observed,
                                {.rows = reads_or_writes_rows(statement.kind),
                                 .scanned_maybe = std::move(maybe),
                                 .touched_maybe = std::move(touched_maybe)});
    // What lint said it does not know cannot be wrong.
    const bool unsure = effects.dynamic_sql || !effects.unknown.empty();
    if (unsure && !proof.differences.empty()) {
      proof.not_compared = effects.unknown.empty() ? "it runs SQL that only the server knows" : effects.unknown.front();
      proof.differences.clear();
    }
    return {};
  }

  Result<void> one(const lint::StatementReport& statement) {
    StatementProof proof;
    proof.index = statement.index;
    proof.span = statement.span;
    proof.text = report_.text.substr(statement.span.offset, statement.span.length);
    proof.kind = statement.kind;
    proof.transaction = statement.transaction;
    const auto parsed = parse::parse_sql(proof.text);
    const auto* node = parsed.statements.size() == 1 ? &parsed.statements.front().node : nullptr;
    if (node != nullptr && std::holds_alternative<parse::TransactionStatement>(*node)) {
      BGDB_CHECK(control(std::get<parse::TransactionStatement>(*node), proof));
      // What a rollback brings back is not broken any more.
      if (options_.after_statement && !proof.observed.failure) BGDB_CHECK(options_.after_statement(session_, proof));
    } else if (const auto* copy = node == nullptr ? nullptr : std::get_if<parse::Copy>(node);
               copy != nullptr && copy->from_stdin) {
      proof.not_run = "COPY FROM STDIN: its rows stand in the file for psql";
    } else if (const auto* set = node == nullptr ? nullptr : std::get_if<parse::SetVariable>(node);
               set != nullptr && set->name == "transaction") {
      // SET TRANSACTION comes before the first query, also before those that look at what a statement did.
      BGDB_CHECK(enter(statement.transaction));
      if (auto done = session_.script(proof.text); !done) proof.observed.failure = done.error();
    } else {
      BGDB_CHECK(enter(statement.transaction));
      // Also of an object that is not there.
      const bool outside_only = node != nullptr && migration::outside_transaction_only(*node);
      BGDB_CHECK(observe(statement, outside_only, proof));
      if (options_.after_statement && !proof.observed.failure) BGDB_CHECK(options_.after_statement(session_, proof));
    }
    proofs_.push_back(std::move(proof));
    return {};
  }

  Observer& observer_;
  pg::Session& session_;
  const lint::FileReport& report_;
  const RunOptions& options_;
  std::vector<StatementProof> proofs_;
  int transaction_ = -1;
};

}  // namespace

Result<std::vector<StatementProof>> run_file(Observer& observer, const lint::FileReport& report,
                                             const RunOptions& options) {
  return Run(observer, report, options).all();
}

}  // namespace bgdb::prove
