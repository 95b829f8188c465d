// ALTER COLUMN c SET NOT NULL narrows: the old version may still write NULL. It waits for contract, where a CHECK that
// is validated without blocking writers proves it first. An UPDATE t SET c = e WHERE c IS NULL before it
// (change_rows.cc) runs again in contract, before the check, for the NULLs that the old version wrote since.
#include <algorithm>

#include "rewrite/backfill.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {

std::string check_no_nulls_sql(const ColumnKey& key, const std::string& hint) {
  return rewrite_sql("check_rows.sql",
                     {{"table", key.table.sql()},
                      {"condition", quote_ident(key.column) + " IS NULL"},
                      {"message", quote_literal(" rows of " + key.table.display() + " hold NULL in " + key.column)},
                      {"hint", quote_literal(hint)}});
}

void become_not_null(Draft& draft, const ColumnKey& key) {
  const auto fill = std::find_if(draft.fills.begin(), draft.fills.end(), [&](const Fill& one) { return one.has(key); });
  if (fill != draft.fills.end()) {
    draft.contract.add(Rank::fill, backfill_fill_sql(*fill, draft.now(), Reach::all), {},
                       "rows that the old version wrote since");
  } else if (draft.rows_pending(key.table) == Phase::expand) {
    const auto hint = "Fill them, or write UPDATE ... WHERE " + key.column +
                      " IS NULL before SET NOT NULL in the original file and rewrite it again.";
    draft.backfill.add(Rank::validate, check_no_nulls_sql(key, hint), {}, "rows with NULL stop here");
  }
  draft.narrow(draft.contract, key);
}

bool take_set_not_null(Draft& draft, const Action& action) {
  if (action.command == nullptr || action.command->kind != parse::AlterKind::set_not_null) return false;
  if (draft.is_new_table(action.alter->relation)) return false;
  const auto& column = action.command->name;
  const auto table = draft.now().resolve(action.alter->relation);
  draft.change(action, "set-not-null", table.display() + "." + column + " becomes NOT NULL with contract");
  if (auto* group = draft.group_of_new(table, column)) {
    for (auto& one : group->news) {
      if (one.final_name == column) one.not_null_finally = true;
    }
    return true;
  }
  become_not_null(draft, {table, column});
  return true;
}

}  // namespace bgdb::rewrite
