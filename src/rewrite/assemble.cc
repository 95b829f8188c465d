#include "rewrite/assemble.h"

#include "core/contains.h"
#include "rewrite/backfill.h"
#include "rewrite/carry.h"
#include "rewrite/shim.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

const char* const kBackfillGate =
    "The expand files are applied. The old version may go on running; the new one waits for the end of this.";
const char* const kContractGate = "No session of the old version is left, and nobody wants to go back to it.";

class Assembler {
 public:
  explicit Assembler(Draft& draft) : draft_(draft) {
    for (const auto& group : draft.groups) {
      if (!core::contains(tables_, group.table)) tables_.push_back(group.table);
    }
    for (const auto& table : tables_) carried_.push_back(carry_dependents(draft, table));
  }

  Plan run() {
    refuse_views();
    expand();
    backfill();
    contract();
    plan_.changes = draft_.changes;
    plan_.refused = draft_.refused;
    plan_.old_version_notes.assign(draft_.notes.begin(), draft_.notes.end());
    return std::move(plan_);
  }

 private:
  void add(Phase phase, bool in_transaction, std::string sql, std::string undo = {}, std::string note = {}) {
    Step step;
    step.in_transaction = in_transaction;
    step.sql = std::move(sql);
    step.undo = std::move(undo);
    step.note = std::move(note);
    add(std::move(step), phase);
  }
  void add(Step step, Phase phase) {
    if (step.sql.empty()) return;
    step.phase = phase;
    step.gate = phase == Phase::contract ? kContractGate : phase == Phase::backfill ? kBackfillGate : "";
    plan_.steps.push_back(std::move(step));
  }

  // Views over a column that contract drops, which is the copy where the old column stays.
  void refuse_views() {
    for (const auto& group : draft_.groups) {
      std::vector<std::string> going;
      if (group.keeps_old()) going.push_back(group.news[0].name);
      for (const auto& old : group.olds) {
        if (!group.keeps_old()) going.push_back(old.name);
      }
      for (const auto& column : going) {
        for (const auto* view : draft_.now().views_on(group.table, column)) {
          if (draft_.rebuilt_views.count(view->name) != 0) continue;
          draft_.refused.push_back({1, "view " + view->name.display(),
                                    "the view reads " + group.table.display() + "." + column + ", which contract drops",
                                    "create the view in a migration behind the contract file"});
        }
      }
    }
  }

  void expand() {
    for (auto& item : draft_.expand) {
      if (item.step) {
        add(*item.step, Phase::expand);
        continue;
      }
      const auto& group = draft_.groups[item.group];
      add(Phase::expand, true, expand_group_sql(group, draft_.now()), undo_group_sql(group),
          "old and new columns are kept equal from here on");
    }
    for (const auto& carried : carried_)
      add(Phase::expand, true, carried.expand_sql, {}, "constraints for the new columns");
    for (const auto& step : refreshed_shims(draft_)) add(step, Phase::expand);
    for (const auto& step : draft_.expand_unlocked) add(step, Phase::expand);
    for (const auto& carried : carried_) {
      for (const auto& step : carried.expand_unlocked) add(step, Phase::expand);
    }
  }

  void backfill() {
    for (const auto& group : draft_.groups) {
      add(Phase::backfill, false, backfill_group_sql(group, draft_.now()), {}, "rows that were there before");
      if (!group.exact())
        add(Phase::backfill, false, check_convertible(group), {}, "rows that do not convert stop here");
    }
    for (const auto& group : draft_.groups) {
      const auto& now = group.news[0];
      if (group.keeps_old() || !group.one_to_one() || !now.not_null || !now.exact) continue;
      draft_.backfill.add(Rank::build, "ALTER TABLE " + group.table.sql() + " VALIDATE CONSTRAINT " +
                                           quote_ident(not_null_check_name(group.table, now.name)) + ";\n");
    }
    for (const auto& carried : carried_) {
      draft_.backfill.add(Rank::build, carried.validate_sql, {}, "constraints of the new columns hold for all rows");
      for (const auto& step : carried.references) draft_.backfill.add(Rank::reference, step);
      draft_.backfill.add(Rank::validate, carried.validate_references_sql, {}, "foreign keys to the new columns hold");
    }
    for (auto& step : draft_.backfill.steps(0, draft_.backfill.run() + 1)) add(std::move(step), Phase::backfill);
  }

  std::string check_convertible(const SyncGroup& group) const {
    std::string names;
    for (const auto& old : group.olds) names += (names.empty() ? "" : ", ") + old.name;
    return rewrite_sql(
        "check_rows.sql",
        {{"table", group.table.sql()},
         {"condition", unconvertible_condition_sql(group)},
         {"message",
          quote_literal(" of " + group.table.display() + " hold values in " + names + " that do not convert")},
         {"hint",
          quote_literal("Correct these values, then run this file again. The new columns are NULL in these rows.")}});
  }

  void contract() {
    for (const auto& step : draft_.contract_first) add(step, Phase::contract);
    for (auto& step : draft_.contract.steps(0, draft_.swap_run)) add(std::move(step), Phase::contract);
    for (const auto& group : draft_.groups) {
      if (!group.exact())
        add(Phase::contract, false, check_convertible(group), {}, "rows that do not convert stop here");
    }
    for (const auto& carried : carried_) {
      for (const auto& step : carried.contract_before) add(step, Phase::contract);
    }
    std::set<QualifiedName> locked;
    for (const auto& carried : carried_) locked.insert(carried.tables.begin(), carried.tables.end());
    std::string swap;
    for (const auto& table : locked) swap += (swap.empty() ? "LOCK TABLE " : ", ") + table.sql();
    if (!swap.empty()) swap += " IN ACCESS EXCLUSIVE MODE;\n";
    swap += draft_.before_swap;
    for (const auto& carried : carried_) swap += carried.drop_references_sql;
    for (const auto& carried : carried_) swap += carried.drop_sql;
    for (const auto& table : tables_) swap += swap_table(table);
    for (const auto& carried : carried_) swap += carried.swap_sql;
    swap += draft_.after_swap;
    const auto no_undo =
        rewrite_sql("no_undo.sql", {{"message", quote_literal("bgdb: contract dropped columns; it cannot be undone")}});
    add(Phase::contract, true, swap, swap.empty() ? "" : no_undo,
        "what the old version used goes, the new gets its final names");
    for (const auto& carried : carried_)
      draft_.contract.add_to(draft_.swap_run, Rank::validate, carried.validate_after_sql);
    narrow_groups();
    for (auto& step : draft_.contract.steps(draft_.swap_run, draft_.contract.run() + 1)) {
      step.sql = with_final_tables(draft_, step.sql);
      step.undo = with_final_tables(draft_, step.undo);
      add(std::move(step), Phase::contract);
    }
  }

  // New columns that could not be NOT NULL while the old version ran.
  void narrow_groups() {
    Queue behind;
    for (const auto& group : draft_.groups) {
      for (const auto& column : group.news) {
        const bool done = column.not_null && (group.keeps_old() || column.exact || column.added_by_file);
        if (column.not_null_finally && !done) draft_.narrow(behind, {group.table, column.final_name});
      }
    }
    draft_.contract.merge(behind, draft_.swap_run);
  }

  // The copies of renamed columns go, the old columns get the new names.
  std::string rename_old(const SyncGroup& group) const {
    const auto table = "ALTER TABLE " + group.table.sql();
    const auto& now = group.news[0];
    std::string sql = drop_sync_sql(group) + table + " DROP COLUMN " + quote_ident(now.name) + ";\n" + table +
                      " RENAME COLUMN " + quote_ident(group.olds[0].name) + " TO " + quote_ident(now.final_name) +
                      ";\n";
    if (group.olds[0].default_sql != now.default_finally) {
      sql += table + " ALTER COLUMN " + quote_ident(now.final_name) +
             (now.default_finally ? " SET DEFAULT " + *now.default_finally : " DROP DEFAULT") + ";\n";
    }
    return sql;
  }

  std::string swap_table(const QualifiedName& name) const {
    const auto table = "ALTER TABLE " + name.sql();
    std::string first;
    std::string drops;
    std::string last;
    std::string kept;
    for (const auto& group : draft_.groups) {
      if (group.table != name) continue;
      if (group.keeps_old()) {
        kept += rename_old(group);
        continue;
      }
      first += drop_sync_sql(group) + final_form(group);
      for (const auto& column : group.news) {
        if (column.name != column.final_name)
          last +=
              table + " RENAME COLUMN " + quote_ident(column.name) + " TO " + quote_ident(column.final_name) + ";\n";
      }
      for (const auto& old : group.olds) {
        for (const auto& [sequence_name, sequence] : draft_.now().sequences) {
          if (!group.one_to_one() || sequence.owned_by_table != name || sequence.owned_by_column != old.name) continue;
          if (old.identity != 0) continue;
          first += "ALTER SEQUENCE " + sequence_name.sql() + " OWNED BY " + name.sql() + "." +
                   quote_ident(group.news[0].name) + ";\n";
        }
        drops += (drops.empty() ? " DROP COLUMN " : ", DROP COLUMN ") + quote_ident(old.name);
        if (old.identity != 0 && group.one_to_one()) {
          first += keep_identity_sql(group);
          last += make_identity_sql(group);
        }
      }
    }
    return first + (drops.empty() ? "" : table + drops + ";\n") + last + kept;
  }

  // NOT NULL and default of the new columns.
  std::string final_form(const SyncGroup& group) const {
    const auto table = "ALTER TABLE " + group.table.sql();
    std::string sql;
    for (const auto& column : group.news) {
      const auto column_sql = quote_ident(column.name);
      if (column.not_null && column.exact && !column.added_by_file) {
        sql += table + " ALTER COLUMN " + column_sql + " SET NOT NULL;\n" + table + " DROP CONSTRAINT " +
               quote_ident(not_null_check_name(group.table, column.name)) + ";\n";
      }
      if (column.default_now != column.default_finally) {
        sql += table + " ALTER COLUMN " + column_sql +
               (column.default_finally ? " SET DEFAULT " + *column.default_finally : " DROP DEFAULT") + ";\n";
      }
    }
    return sql;
  }

  Draft& draft_;
  Plan plan_;
  std::vector<QualifiedName> tables_;
  std::vector<Carried> carried_;
};

}  // namespace

Plan assemble(Draft& draft) {
  return Assembler(draft).run();
}

}  // namespace bgdb::rewrite
