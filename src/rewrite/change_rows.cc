// Statements that change rows. What fills new columns is backfill. What overwrites or deletes rows that the old version
// knows waits for contract: going back must find them. In batches where a second run of a batch does no harm; else in
// one statement. A statement that builds on rows changed later waits as long as they do.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/backfill.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/update_text.h"

namespace bgdb::rewrite {
namespace {

// `column IS NULL`, or still what the default gave it: nobody has written it since expand.
std::string untouched_sql(const schema::Column& column, const schema::Catalog& catalog) {
  const auto name = quote_ident(column.name);
  if (!column.default_sql) return name + " IS NULL";
  return "NOT (" + distinct_sql(name, "(" + *column.default_sql + ")", column.type, column.collation, catalog) + ")";
}

std::string assignments_sql(const std::vector<Assignment>& assignments) {
  std::string sql;
  for (const auto& one : assignments) sql += (sql.empty() ? "" : ", ") + quote_ident(one.column) + " = " + one.expr.sql;
  return sql;
}

std::string differs_sql(const std::vector<Assignment>& assignments, const schema::Relation& relation,
                        const schema::Catalog& catalog) {
  std::string sql;
  for (const auto& one : assignments) {
    const auto* column = relation.column(one.column);
    // The value as it would be stored: varchar(3) cuts nothing, but numeric(10,2) rounds.
    const auto value = "CAST((" + one.expr.sql + ") AS " + resolved_type(column->type, catalog).sql + ")";
    sql += (sql.empty() ? "" : " OR ") +
           distinct_sql(quote_ident(one.column), value, column->type, column->collation, catalog);
  }
  return "(" + sql + ")";
}

// Evaluated twice, the same rows get the same values.
bool repeatable(const std::vector<Assignment>& assignments, const schema::Relation& relation) {
  for (const auto& one : assignments) {
    if (relation.column(one.column) == nullptr || one.expr.has_subquery) return false;
    const bool stable = is_stable_default(one.expr.sql) || one.expr.functions.empty();
    if (!stable) return false;
    for (const auto& read : one.expr.columns) {
      const bool assigned = std::any_of(assignments.begin(), assignments.end(),
                                        [&](const Assignment& other) { return other.column == read.name; });
      if (assigned) return false;
    }
  }
  return true;
}

// WHERE tells by the assigned columns which rows still hold the old values, so that rows of the new version are left
// alone.
bool reads_assigned(const UpdateText& update) {
  const auto condition = parse::parse_expression(update.condition);
  if (update.condition.empty() || !condition || condition->has_subquery) return false;
  return std::any_of(condition->columns.begin(), condition->columns.end(), [&](const parse::Expr::Column& column) {
    return std::any_of(update.assignments.begin(), update.assignments.end(),
                       [&](const Assignment& one) { return one.column == column.name; });
  });
}

// What the file says about its changes of rows: "-- bgdb: rows=backfill" (both versions work with the result) or
// "rows=contract" (what the new version writes meanwhile may be changed, too).
std::optional<Phase> declared_phase(const Draft& draft) {
  const auto said = draft.directive("rows", {}, {});
  if (said == "backfill") return Phase::backfill;
  if (said == "contract") return Phase::contract;
  return std::nullopt;
}
const char* const kDeclare =
    ". Or say when it may run as it is: -- bgdb: rows=backfill (both versions work with the result), or "
    "-- bgdb: rows=contract (it may also change what the new version wrote meanwhile)";

void pass_later(Draft& draft, const Action& action, Phase phase) {
  Step step;
  step.sql = action.sql + ";\n";
  (phase == Phase::contract ? draft.contract : draft.backfill).barrier(step);
}

// Runs as it is in the phase that the file declares. False: it declares none.
bool pass_as_declared(Draft& draft, const Action& action, const std::vector<QualifiedName>& tables) {
  const auto phase = declared_phase(draft);
  if (!phase) return false;
  draft.change(
      action, "change-rows",
      "line " + std::to_string(action.line()) + " runs as " + std::string(to_string(*phase)) + ", as the file says");
  pass_later(draft, action, *phase);
  for (const auto& name : tables) draft.rows_wait(name, *phase);
  return true;
}

// NULL says that nobody has written the column yet; a default says nothing: the new version may have meant it.
bool tells_untouched(const schema::Relation& relation, const std::vector<std::string>& columns) {
  return std::none_of(columns.begin(), columns.end(),
                      [&](const std::string& name) { return relation.column(name)->default_sql.has_value(); });
}

void note_empty(Draft& draft, const schema::Relation& relation, const std::vector<std::string>& columns) {
  draft.note("Rows that the old version adds behind the backfill have no " + core::quote_ident_list(columns) + " of " +
             relation.name.display() +
             " until contract fills them: the new version must read such rows, and must not " +
             "write NULL to mean something else.");
}

void note_default(Draft& draft, const schema::Relation& relation, const std::vector<std::string>& columns) {
  draft.note("Rows that the old version adds or changes behind the backfill keep the default in " +
             core::quote_ident_list(columns) + " of " + relation.name.display() +
             ": nobody can tell them from rows where the new version meant it.");
}

void take_fill(Draft& draft, const Action& action, const UpdateText& update, const schema::Relation& relation) {
  Fill fill;
  fill.table = relation.name;
  fill.assignments_sql = assignments_sql(update.assignments);
  std::string untouched;
  for (const auto& one : update.assignments) {
    fill.columns.push_back(one.column);
    const auto* column = relation.column(one.column);
    untouched += (untouched.empty() ? "" : " AND ") + untouched_sql(*column, draft.now());
  }
  fill.condition_sql = untouched;
  const bool about_itself = update.assignments.size() == 1 && is_null_test(update.condition, fill.columns[0]);
  if (!about_itself) {
    if (!update.condition.empty()) fill.condition_sql += " AND (" + update.condition + ")";
    fill.condition_sql += " AND " + differs_sql(update.assignments, relation, draft.now());
  }
  draft.change(action, "backfill",
               core::quote_ident_list(fill.columns) + " of " + relation.name.display() + " is filled in batches");
  if (!draft.is_new_column(relation.name, fill.columns[0]) || about_itself) {
    return draft.add_fill(std::move(fill));
  }
  if (!tells_untouched(relation, fill.columns)) {
    note_default(draft, relation, fill.columns);
    return draft.add_fill(std::move(fill));
  }
  note_empty(draft, relation, fill.columns);
  draft.contract.add(Rank::fill, backfill_fill_sql(fill, draft.now(), Reach::once), {},
                     "rows that the old version added since");
  draft.add_fill(std::move(fill));
}

void take_overwrite(Draft& draft, const Action& action, const std::optional<UpdateText>& update,
                    const schema::Relation& relation) {
  if (!update || !repeatable(update->assignments, relation) || !reads_assigned(*update)) {
    draft.refuse(
        action,
        "it overwrites values of " + relation.name.display() +
            " that the old version reads; later it would also overwrite what the new version writes meanwhile",
        "write the new values to a new column (ADD COLUMN, UPDATE it from the old one, DROP the old one), or let "
        "WHERE name the old value of the column: bgdb rewrites both" +
            std::string(kDeclare));
    return;
  }
  draft.note("Until contract " + relation.name.display() + " keeps the values that line " +
             std::to_string(action.line()) +
             " overwrites: the new version must read the old and the new ones, and must "
             "not write the old ones.");
  draft.change(action, "change-rows", "the UPDATE of " + relation.name.display() + " waits for contract, in batches");
  Step step;
  step.in_transaction = false;
  const auto condition = (update->condition.empty() ? "" : "(" + update->condition + ") AND ") +
                         differs_sql(update->assignments, relation, draft.now());
  step.sql = batches_sql(draft.now(), relation.name, assignments_sql(update->assignments), condition,
                         "UPDATE of " + relation.name.display() + ", line " + std::to_string(action.line()) + ".",
                         Reach::once);
  draft.contract.barrier(std::move(step));
}

void take_delete(Draft& draft, const Action& action, const parse::Query& query, const schema::Relation* relation) {
  const auto table = draft.now().resolve(query.target).display();
  if (!query.where || query.where_always_true) {
    draft.refuse(action,
                 "it deletes all rows of " + table +
                     ", which the old version needs; later it would also delete what the new version writes meanwhile",
                 "let WHERE tell the rows that the new version does not want, or give the new version a new table" +
                     std::string(kDeclare));
    return;
  }
  draft.note("Until contract " + table + " keeps the rows that line " + std::to_string(action.line()) +
             " deletes: the new version must work with them. Rows that match then are deleted, whoever wrote them.");
  const auto condition = relation == nullptr ? std::nullopt : delete_condition(action.sql);
  const bool subquery = query.where && query.where->has_subquery;
  if (!condition || subquery) {
    draft.change(action, "change-rows", "the DELETE from " + table + " waits for contract");
    return pass_later(draft, action, Phase::contract);
  }
  draft.change(action, "change-rows", "the DELETE from " + table + " waits for contract, in batches");
  Step step;
  step.in_transaction = false;
  step.sql = delete_batches_sql(draft.now(), relation->name, condition->empty() ? "true" : *condition,
                                "DELETE from " + table + ", line " + std::to_string(action.line()) + ".");
  draft.contract.barrier(std::move(step));
}

// The phase in which the rows are there that the statement builds on.
Phase earliest_phase(const Draft& draft, const parse::Query& query) {
  Phase phase = Phase::expand;
  const auto look = [&](const QualifiedName& name) { phase = std::max(phase, draft.rows_pending(name)); };
  for (const auto& name : query.reads) look(name);
  for (const auto& name : query.writes) look(name);
  if (!query.target.empty()) look(query.target);
  return phase;
}

bool has_known_default(const schema::Relation& relation, const std::string& column) {
  const auto* found = relation.column(column);
  return found != nullptr && (!found->default_sql || is_stable_default(*found->default_sql));
}

bool touches_old_table(const Draft& draft, const parse::Query& query) {
  return std::any_of(query.writes.begin(), query.writes.end(),
                     [&](const QualifiedName& name) { return !draft.is_new_table(name); });
}

bool take_insert(Draft& draft, const Action& action, const parse::Query& query) {
  const auto phase = earliest_phase(draft, query);
  if (phase == Phase::expand) return false;
  if (phase == Phase::contract) {
    draft.refuse(
        action,
        "it builds on rows of " + (query.target.empty() ? "a table" : query.target.display()) +
            " that a statement before it changes, which waits for contract",
        "put the statement that changes or deletes rows into a migration behind the contract file, or move it to "
        "the end of this file");
    return true;
  }
  draft.change(action, "backfill",
               "line " + std::to_string(action.line()) + " reads filled columns and runs behind them");
  pass_later(draft, action, phase);
  draft.rows_wait(query.target, phase);
  return true;
}

// Any UPDATE that writes nothing but columns which the old version does not know.
bool fills_new_columns(const Draft& draft, const parse::Query& query, const schema::Relation* relation) {
  return query.kind == parse::QueryKind::update && relation != nullptr && query.writes.size() == 1 &&
         !query.target_columns.empty() &&
         std::all_of(query.target_columns.begin(), query.target_columns.end(), [&](const std::string& column) {
           return relation->column(column) != nullptr && draft.is_new_column(relation->name, column) &&
                  has_known_default(*relation, column) && draft.group_of_present(relation->name, column) == nullptr;
         });
}

void take_joined_fill(Draft& draft, const Action& action, const parse::Query& query, const schema::Relation& relation) {
  const auto names = core::quote_ident_list(query.target_columns);
  const auto update = read_joined_update(action.sql);
  draft.change(action, "backfill",
               names + " of " + relation.name.display() + " is filled" + (update ? " in batches" : ""));
  const bool refill = tells_untouched(relation, query.target_columns);
  if (refill) {
    note_empty(draft, relation, query.target_columns);
  } else {
    note_default(draft, relation, query.target_columns);
  }
  if (!update) return pass_later(draft, action, Phase::backfill);
  std::string untouched;
  for (const auto& name : query.target_columns) {
    const auto& column = *relation.column(name);
    const auto here = update->target + "." + quote_ident(name);
    untouched +=
        (untouched.empty() ? "" : " AND ") +
        (column.default_sql
             ? "NOT (" +
                   distinct_sql(here, "(" + *column.default_sql + ")", column.type, column.collation, draft.now()) + ")"
             : here + " IS NULL");
  }
  Step step;
  step.in_transaction = false;
  step.sql = joined_batches_sql(draft.now(), relation.name, *update, untouched,
                                "Fills " + names + " of " + relation.name.display() + " where it is not filled yet.");
  draft.backfill.add(Rank::fill, step);
  step.note = "rows that the old version added since";
  if (refill) draft.contract.add(Rank::fill, std::move(step));
}

}  // namespace

bool take_change_rows(Draft& draft, const Action& action) {
  if (action.command != nullptr) return false;
  if (const auto* truncate = std::get_if<parse::Truncate>(&action.statement->node)) {
    const bool all_new = std::all_of(truncate->relations.begin(), truncate->relations.end(),
                                     [&](const QualifiedName& name) { return draft.is_new_table(name); });
    if (all_new) return false;
    if (pass_as_declared(draft, action, truncate->relations)) return true;
    draft.refuse(action,
                 "TRUNCATE loses rows that the old version needs, and later also those that the new version wrote",
                 "give the new version a new table, or empty this one behind the last deploy of the old version, in a "
                 "migration marked -- bgdb: phase=contract" +
                     std::string(kDeclare));
    return true;
  }
  const auto* query = std::get_if<parse::Query>(&action.statement->node);
  if (query == nullptr || query->writes.empty()) return false;
  using Kind = parse::QueryKind;
  const bool changes = query->kind == Kind::update || query->kind == Kind::delete_ || query->kind == Kind::merge ||
                       (query->kind == Kind::select && !query->writes.empty());
  if (!changes || !touches_old_table(draft, *query)) return take_insert(draft, action, *query);
  const auto* relation = draft.relation(draft.present(query->target));
  const auto update = query->kind == Kind::update && relation != nullptr ? read_update(action.sql) : std::nullopt;
  const bool fills = update && query->writes.size() == 1 &&
                     std::all_of(update->assignments.begin(), update->assignments.end(), [&](const Assignment& one) {
                       const bool itself =
                           update->assignments.size() == 1 && is_null_test(update->condition, one.column);
                       return relation->column(one.column) != nullptr &&
                              (itself || (draft.is_new_column(relation->name, one.column) && !one.expr.has_subquery &&
                                          has_known_default(*relation, one.column) &&
                                          draft.group_of_new(relation->name, one.column) == nullptr));
                     });
  const auto waits = earliest_phase(draft, *query);
  if (!fills && waits != Phase::contract && fills_new_columns(draft, *query, relation)) {
    take_joined_fill(draft, action, *query, *relation);
    draft.rows_wait(relation->name, Phase::backfill);
    return true;
  }
  if (fills && waits != Phase::contract) {
    take_fill(draft, action, *update, *relation);
    draft.rows_wait(relation->name, Phase::backfill);
    return true;
  }
  if (pass_as_declared(draft, action, query->writes)) return true;
  if (query->kind == Kind::delete_) {
    take_delete(draft, action, *query, relation);
  } else if (relation != nullptr && query->kind == Kind::update) {
    take_overwrite(draft, action, update, *relation);
  } else {
    draft.refuse(action, "what it does to rows that the old version knows cannot be told apart",
                 "write plain UPDATE and DELETE statements" + std::string(kDeclare));
  }
  for (const auto& name : query->writes) draft.rows_wait(name, Phase::contract);
  return true;
}

}  // namespace bgdb::rewrite
