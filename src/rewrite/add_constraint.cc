// A constraint on an existing table narrows what the old version may write, also as NOT VALID. It waits for contract:
// added NOT VALID, validated without blocking writers; a unique one as an index built concurrently first.
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

void add_unique(Draft& draft, const QualifiedName& table, const parse::Constraint& constraint,
                const std::string& name) {
  Step build;
  build.phase = Phase::contract;
  build.in_transaction = false;
  const auto index = QualifiedName{table.schema, name}.sql();
  build.sql = "DROP INDEX CONCURRENTLY IF EXISTS " + index + ";\nCREATE UNIQUE INDEX CONCURRENTLY " +
              quote_ident(name) + " ON " + table.sql() + " (" + core::quote_ident_list(constraint.columns) + ")" +
              (constraint.include.empty() ? "" : " INCLUDE (" + core::quote_ident_list(constraint.include) + ")") +
              (constraint.nulls_not_distinct ? " NULLS NOT DISTINCT" : "") + ";\n";
  build.undo = "DROP INDEX CONCURRENTLY IF EXISTS " + index + ";\n";
  Step add;
  add.phase = Phase::contract;
  add.sql = "ALTER TABLE " + table.sql() + " ADD CONSTRAINT " + quote_ident(name) + " UNIQUE USING INDEX " +
            quote_ident(name) + (constraint.deferrable ? " DEFERRABLE" : "") +
            (constraint.initially_deferred ? " INITIALLY DEFERRED" : "") + ";\n";
  add.undo = "ALTER TABLE " + table.sql() + " DROP CONSTRAINT " + quote_ident(name) + ";\n";
  draft.contract.push_back(std::move(build));
  draft.contract.push_back(std::move(add));
}

}  // namespace

bool take_add_constraint(Draft& draft, const Action& action) {
  using parse::ConstraintKind;
  if (action.command == nullptr || action.command->kind != parse::AlterKind::add_constraint) return false;
  if (draft.is_new_table(action.alter->relation) || !action.command->constraint) return false;
  const auto& constraint = *action.command->constraint;
  const bool narrow = constraint.kind == ConstraintKind::check || constraint.kind == ConstraintKind::foreign_key;
  if (!narrow && constraint.kind != ConstraintKind::unique) return false;
  const auto table = draft.now().resolve(action.alter->relation);

  // The name that PostgreSQL would choose, from the model.
  std::string name = constraint.name;
  if (name.empty()) {
    schema::Catalog trial = draft.now();
    for (const auto& statement : parse::parse_sql(action.sql).statements) schema::apply(trial, statement);
    const auto* relation = trial.relation(table);
    if (relation == nullptr || relation->constraints.empty()) {
      draft.refuse(action, "table " + table.display() + " is not known",
                   "give the folder of the earlier migrations with --schema-from");
      return true;
    }
    name = relation->constraints.back().name;
  }
  draft.change(action, "add-constraint", "constraint " + name + " of " + table.display() + " waits for contract");
  if (constraint.kind == ConstraintKind::unique) {
    if (!constraint.using_index.empty()) {
      draft.contract.push_back({.phase = Phase::contract, .sql = action.sql + ";\n"});
    } else {
      add_unique(draft, table, constraint, name);
    }
    return true;
  }
  const size_t add = action.sql.find(" ADD ");
  Step step;
  step.phase = Phase::contract;
  step.sql = action.sql;
  if (constraint.name.empty() && add != std::string::npos)
    step.sql.insert(add + 5, "CONSTRAINT " + quote_ident(name) + " ");
  step.sql += std::string(constraint.not_valid ? "" : " NOT VALID") + ";\n";
  step.undo = "ALTER TABLE " + table.sql() + " DROP CONSTRAINT " + quote_ident(name) + ";\n";
  draft.contract.push_back(step);
  if (constraint.not_valid) return true;
  draft.contract.push_back({.phase = Phase::contract,
                            .in_transaction = false,
                            .sql = "ALTER TABLE " + table.sql() + " VALIDATE CONSTRAINT " + quote_ident(name) + ";\n"});
  return true;
}

}  // namespace bgdb::rewrite
