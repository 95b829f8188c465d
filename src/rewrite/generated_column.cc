// ADD COLUMN ... GENERATED ALWAYS AS (...) STORED computes every row under ACCESS EXCLUSIVE, and PostgreSQL cannot make
// a column generated that is there already. So it is refused; unless the file accepts a plain column in its place that
// a trigger computes: -- bgdb: generated <column>=trigger.
#include "rewrite/backfill.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

void refuse(Draft& draft, const Action& action, const std::string& here) {
  const auto& column = action.command->column->name;
  draft.refuse(action,
               "generated column " + here +
                   " is computed for every row under an exclusive lock, and PostgreSQL has no other way",
               "to get a plain column that a trigger keeps and batches fill, write -- bgdb: generated " + column +
                   "=trigger; or accept the lock on a small table: run the file as it is, with lock_timeout");
}

// In the place of what the old version writes: it names the column as little as it named a generated one.
void compute_by_trigger(Draft& draft, const Action& action, const QualifiedName& table) {
  const auto& column = *action.command->column;
  const auto name = quote_ident(column.name);
  const auto alter = "ALTER TABLE " + table.sql();
  const auto expression = "(" + column.generated->sql + ")";
  const QualifiedName function{table.schema, object_name("bgdb_generated", {table.name, column.name})};
  const auto trigger = object_name("zz_bgdb_generated", {column.name});
  const auto constraints = constraints_made(draft, action);
  draft.pass(action,
             alter + " ADD COLUMN " + name + " " + resolved_type(column.type, draft.now()).sql +
                 (column.collation.empty() ? "" : " COLLATE " + quote_ident(column.collation)),
             true);
  const auto function_sql = rewrite_sql("generated_function.sql", {{"function", function.sql()},
                                                                   {"path", function_path_sql(table, draft.now())},
                                                                   {"column", name},
                                                                   {"expression", expression}});
  draft.pass(action, function_sql.substr(0, function_sql.rfind(';')), true);
  draft.pass(action,
             "CREATE TRIGGER " + quote_ident(trigger) + " BEFORE INSERT OR UPDATE ON " + table.sql() +
                 " FOR EACH ROW EXECUTE FUNCTION " + function.sql() + "()",
             true);
  Step fill;
  fill.in_transaction = false;
  fill.sql =
      batches_sql(draft.now(), table, name + " = " + expression, name + " IS NULL AND " + expression + " IS NOT NULL",
                  "Computes " + column.name + " of " + table.display() + " for the rows that were there before.",
                  Reach::all, trigger);
  fill.note = "rows that were there before";
  draft.backfill.add(Rank::fill, std::move(fill));
  draft.rows_wait(table, Phase::backfill);
  // What the old version writes decides the value, so constraints could refuse it.
  if (column.not_null) draft.narrow(draft.contract, {table, column.name});
  for (const auto& constraint : constraints) add_constraint_steps(draft, draft.contract, constraint);
  const auto here = table.display() + "." + column.name;
  draft.change(action, "generated-column", here + " is a plain column that trigger " + trigger + " computes");
  draft.note(here +
             " stays a plain column with a trigger, also after the last file: a write to it is overwritten, not " +
             "refused. pg_dump and replication see a column like any other.");
}

}  // namespace

bool take_generated_column(Draft& draft, const Action& action) {
  if (action.command == nullptr || action.command->kind != parse::AlterKind::add_column || !action.command->column)
    return false;
  const auto& column = *action.command->column;
  if (!column.generated || draft.is_new_table(action.alter->relation)) return false;
  const auto* relation = draft.relation(action.alter->relation);
  if (relation != nullptr && relation->column(column.name) != nullptr) return false;  // add_column.cc
  const auto table = draft.now().resolve(action.alter->relation);
  if (draft.directive("generated", table, column.name) == "trigger") {
    compute_by_trigger(draft, action, table);
  } else {
    refuse(draft, action, table.display() + "." + column.name);
  }
  return true;
}

}  // namespace bgdb::rewrite
