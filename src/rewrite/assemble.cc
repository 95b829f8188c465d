#include "rewrite/assemble.h"

#include <algorithm>

#include "rewrite/backfill.h"
#include "rewrite/carry.h"
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
      if (std::find(tables_.begin(), tables_.end(), group.table) == tables_.end()) tables_.push_back(group.table);
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
    if (sql.empty()) return;
    Step step;
    step.phase = phase;
    step.in_transaction = in_transaction;
    step.sql = std::move(sql);
    step.undo = std::move(undo);
    step.gate = phase == Phase::contract ? kContractGate : phase == Phase::backfill ? kBackfillGate : "";
    step.note = std::move(note);
    plan_.steps.push_back(std::move(step));
  }
  void add(Step step, Phase phase) {
    step.phase = phase;
    step.gate = phase == Phase::contract ? kContractGate : "";
    plan_.steps.push_back(std::move(step));
  }

  // Views made by the file itself over a column that contract drops.
  void refuse_views() {
    for (const auto& group : draft_.groups) {
      for (const auto& old : group.olds) {
        for (const auto* view : draft_.now().views_on(group.table, old.name)) {
          draft_.refused.push_back(
              {1, "view " + view->name.display(),
               "the view reads " + group.table.display() + "." + old.name + ", which contract drops",
               "create the view in a migration behind the contract file"});
        }
      }
    }
  }

  void expand() {
    for (auto& item : draft_.expand) {
      if (item.step) {
        if (item.step->undo.empty()) item.step->undo = undo_of_passed(item.step->sql, draft_.now());
        add(*item.step, Phase::expand);
        continue;
      }
      const auto& group = draft_.groups[item.group];
      add(Phase::expand, true, expand_group_sql(group, draft_.now()), undo_group_sql(group),
          "old and new columns are kept equal from here on");
    }
    for (const auto& carried : carried_)
      add(Phase::expand, true, carried.expand_sql, {}, "constraints for the new columns");
    for (const auto& carried : carried_) {
      for (const auto& step : carried.expand_unlocked) add(step, Phase::expand);
    }
  }

  bool filled(const ColumnKey& key) const {
    return std::any_of(draft_.fills.begin(), draft_.fills.end(), [&](const Fill& fill) { return fill.at == key; });
  }

  void backfill() {
    for (const auto& group : draft_.groups) {
      add(Phase::backfill, false, backfill_group_sql(group, draft_.now()), {}, "rows that were there before");
      if (!group.exact())
        add(Phase::backfill, false, check_convertible(group), {}, "rows that do not convert stop here");
    }
    for (const auto& fill : draft_.fills)
      add(Phase::backfill, false, backfill_fill_sql(fill, draft_.now(), Reach::once), {}, "NULLs");
    for (const auto& key : draft_.not_null) {
      if (!filled(key)) add(Phase::backfill, false, check_no_nulls(key), {}, "rows with NULL stop here");
    }
    for (const auto& group : draft_.groups) {
      const auto& now = group.news[0];
      if (!group.one_to_one() || !now.not_null || !now.exact) continue;
      add(Phase::backfill, false,
          "ALTER TABLE " + group.table.sql() + " VALIDATE CONSTRAINT " +
              quote_ident(not_null_check_name(group.table, now.name)) + ";\n");
    }
    for (const auto& carried : carried_)
      add(Phase::backfill, false, carried.validate_sql, {}, "constraints of the new columns hold for all rows");
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

  std::string check_no_nulls(const ColumnKey& key) const {
    return rewrite_sql(
        "check_rows.sql",
        {{"table", key.table.sql()},
         {"condition", quote_ident(key.column) + " IS NULL"},
         {"message", quote_literal(" rows of " + key.table.display() + " hold NULL in " + key.column)},
         {"hint", quote_literal("Fill them, or write UPDATE ... WHERE " + key.column +
                                " IS NULL before SET NOT NULL in the original file and rewrite it again.")}});
  }

  void contract() {
    const auto narrowed = columns_to_narrow();
    fill_again(narrowed);
    for (const auto& group : draft_.groups) {
      if (!group.exact())
        add(Phase::contract, false, check_convertible(group), {}, "rows that do not convert stop here");
    }
    for (const auto& carried : carried_) {
      for (const auto& step : carried.contract_before) add(step, Phase::contract);
    }
    std::string swap;
    for (size_t i = 0; i < tables_.size(); ++i) swap += swap_table(tables_[i]) + carried_[i].swap_sql;
    const auto no_undo =
        rewrite_sql("no_undo.sql", {{"message", quote_literal("bgdb: contract dropped columns; it cannot be undone")}});
    add(Phase::contract, true, swap, swap.empty() ? "" : no_undo,
        "the old columns go, the new ones get their final names");
    for (const auto& key : narrowed) {
      const auto table = "ALTER TABLE " + key.table.sql();
      const auto check = quote_ident(not_null_check_name(key.table, key.column));
      add(Phase::contract, true,
          table + " ADD CONSTRAINT " + check + " CHECK (" + quote_ident(key.column) + " IS NOT NULL) NOT VALID;\n",
          table + " DROP CONSTRAINT IF EXISTS " + check + ";\n", "no new NULL from here on");
    }
    for (const auto& carried : carried_) add(Phase::contract, false, carried.validate_after_sql);
    for (const auto& key : narrowed) {
      add(Phase::contract, false,
          "ALTER TABLE " + key.table.sql() + " VALIDATE CONSTRAINT " +
              quote_ident(not_null_check_name(key.table, key.column)) + ";\n");
    }
    for (const auto& key : narrowed) {
      const auto table = "ALTER TABLE " + key.table.sql();
      const auto column = quote_ident(key.column);
      add(Phase::contract, true,
          table + " ALTER COLUMN " + column + " SET NOT NULL;\n" + table + " DROP CONSTRAINT " +
              quote_ident(not_null_check_name(key.table, key.column)) + ";\n",
          table + " ALTER COLUMN " + column + " DROP NOT NULL;\n", "uses the validated check: no scan under the lock");
    }
    for (auto& step : draft_.contract) add(step, Phase::contract);
  }

  // Columns, by their final names, that become NOT NULL behind the swap.
  std::vector<ColumnKey> columns_to_narrow() const {
    std::vector<ColumnKey> keys = draft_.not_null;
    for (const auto& group : draft_.groups) {
      for (const auto& column : group.news) {
        const bool done = column.not_null && (column.exact || column.added_by_file);
        if (column.not_null_finally && !done) keys.push_back({group.table, column.final_name});
      }
    }
    return keys;
  }

  // NULLs that the old version wrote since. Before the check comes: it would refuse the new version's updates of such
  // rows.
  void fill_again(const std::vector<ColumnKey>& keys) {
    for (const auto& fill : draft_.fills) {
      if (std::find(keys.begin(), keys.end(), fill.at) == keys.end()) continue;
      add(Phase::contract, false, backfill_fill_sql(fill, draft_.now(), Reach::all), {},
          "NULLs that the old version wrote since");
    }
  }

  std::string swap_table(const QualifiedName& name) const {
    const auto table = "ALTER TABLE " + name.sql();
    std::string first;
    std::string drops;
    std::string last;
    for (const auto& group : draft_.groups) {
      if (group.table != name) continue;
      first += drop_sync_sql(group);
      for (const auto& column : group.news) {
        const auto column_sql = quote_ident(column.name);
        if (column.not_null && column.exact && !column.added_by_file) {
          first += table + " ALTER COLUMN " + column_sql + " SET NOT NULL;\n" + table + " DROP CONSTRAINT " +
                   quote_ident(not_null_check_name(name, column.name)) + ";\n";
        }
        if (column.default_now != column.default_finally) {
          first += table + " ALTER COLUMN " + column_sql +
                   (column.default_finally ? " SET DEFAULT " + *column.default_finally : " DROP DEFAULT") + ";\n";
        }
        if (column.name != column.final_name)
          last += table + " RENAME COLUMN " + column_sql + " TO " + quote_ident(column.final_name) + ";\n";
      }
      for (const auto& old : group.olds) {
        for (const auto& [sequence_name, sequence] : draft_.now().sequences) {
          if (!group.one_to_one() || sequence.owned_by_table != name || sequence.owned_by_column != old.name) continue;
          first += "ALTER SEQUENCE " + sequence_name.sql() + " OWNED BY " + name.sql() + "." +
                   quote_ident(group.news[0].name) + ";\n";
        }
        drops += (drops.empty() ? " DROP COLUMN " : ", DROP COLUMN ") + quote_ident(old.name);
      }
    }
    return first + table + drops + ";\n" + last;
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
