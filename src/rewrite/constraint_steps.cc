#include "rewrite/constraint_steps.h"

#include <algorithm>

#include "core/contains.h"
#include "parse/parser.h"
#include "rewrite/index_build.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using parse::ConstraintKind;

std::string timing_sql(const parse::Constraint& facts) {
  return std::string(facts.deferrable ? " DEFERRABLE" : "") + (facts.initially_deferred ? " INITIALLY DEFERRED" : "");
}

std::string definition_sql(const parse::Constraint& facts) {
  const auto columns = "(" + core::quote_ident_list(facts.columns) + ")";
  switch (facts.kind) {
    case ConstraintKind::check:
      return "CHECK (" + (facts.check ? facts.check->sql : std::string("true")) + ")" +
             (facts.no_inherit ? " NO INHERIT" : "");
    case ConstraintKind::foreign_key: {
      std::string sql = "FOREIGN KEY " + columns + " REFERENCES " + facts.referenced.sql();
      if (!facts.referenced_columns.empty()) sql += " (" + core::quote_ident_list(facts.referenced_columns) + ")";
      return sql + reference_actions_sql(facts.on_delete, facts.delete_columns, facts.on_update) + timing_sql(facts);
    }
    case ConstraintKind::exclude:
      return "EXCLUDE " + facts.exclude_sql;
    default:
      return (facts.kind == ConstraintKind::primary_key ? "PRIMARY KEY " : "UNIQUE ") + columns + timing_sql(facts);
  }
}

std::string alter(const QualifiedName& table) {
  return "ALTER TABLE " + table.sql();
}

void add_not_valid(Queue& queue, const QualifiedName& table, const NamedConstraint& constraint, bool validate) {
  const auto name = quote_ident(constraint.name);
  const bool reference = constraint.facts.kind == ConstraintKind::foreign_key;
  queue.add(reference ? Rank::reference : Rank::check,
            alter(table) + " ADD CONSTRAINT " + name + " " + constraint.definition + " NOT VALID;\n",
            alter(table) + " DROP CONSTRAINT IF EXISTS " + name + ";\n");
  if (validate)
    queue.add(reference ? Rank::validate : Rank::build, alter(table) + " VALIDATE CONSTRAINT " + name + ";\n");
}

// A partitioned table takes no NOT VALID key: each partition gets its own, and the parent's takes them over without a
// scan.
void add_reference_by_partition(const Draft& draft, Queue& queue, const NamedConstraint& constraint) {
  for (const auto* leaf : leaves_of(draft.now(), constraint.table)) add_not_valid(queue, leaf->name, constraint, true);
  queue.add(
      Rank::validate,
      alter(constraint.table) + " ADD CONSTRAINT " + quote_ident(constraint.name) + " " + constraint.definition + ";\n",
      alter(constraint.table) + " DROP CONSTRAINT IF EXISTS " + quote_ident(constraint.name) + ";\n",
      "takes over the validated keys of the partitions");
}

// Names of the leaves' own constraints, as PostgreSQL would choose them.
std::string leaf_constraint(const Draft& draft, const schema::Relation& leaf, const NamedConstraint& constraint) {
  // A key that the file dropped before has given its names back.
  const auto& base = draft.shims.empty() ? draft.original() : draft.now();
  schema::Catalog trial = base;
  const auto sql =
      alter(constraint.table) + " ADD CONSTRAINT " + quote_ident(constraint.name) + " " + constraint.definition;
  for (const auto& statement : parse::parse_sql(sql).statements) schema::apply(trial, statement);
  const auto* before = base.relation(leaf.name);
  const auto* after = trial.relation(leaf.name);
  for (const auto& one : after == nullptr ? leaf.constraints : after->constraints) {
    const bool known = before == nullptr || before->constraint(one.name) != nullptr;
    if (!known && one.kind == constraint.facts.kind) return one.name;
  }
  return object_name("", {leaf.name.name, constraint.name});
}

void add_key(Draft& draft, Queue& queue, const NamedConstraint& constraint) {
  const auto& facts = constraint.facts;
  const auto* relation = draft.relation(constraint.table);
  const bool primary = facts.kind == ConstraintKind::primary_key;
  if (primary && relation != nullptr) {
    for (const auto& column : facts.columns) {
      const auto* found = relation->column(column);
      const bool done = (found != nullptr && found->not_null) || draft.narrowed({constraint.table, column});
      if (!done) draft.narrow(queue, {constraint.table, column});
    }
  }
  const std::string kind = primary ? "PRIMARY KEY" : "UNIQUE";
  // The key that goes with contract may have the name still; ADD CONSTRAINT gives the index the constraint's name.
  const auto index_name = [&](const std::string& name) {
    return draft.now().index({constraint.table.schema, name}) ? object_name("", {name, "_new"}) : name;
  };
  const auto add = [&](const QualifiedName& table, const std::string& name) {
    queue.add(Rank::attach,
              alter(table) + " ADD CONSTRAINT " + quote_ident(name) + " " + kind + " USING INDEX " +
                  quote_ident(index_name(name)) + timing_sql(facts) + ";\n",
              alter(table) + " DROP CONSTRAINT IF EXISTS " + quote_ident(name) + ";\n");
  };
  IndexSpec spec{constraint.table, index_name(constraint.name), true,
                 " (" + core::quote_ident_list(facts.columns) + ")" +
                     (facts.include.empty() ? "" : " INCLUDE (" + core::quote_ident_list(facts.include) + ")") +
                     (facts.nulls_not_distinct ? " NULLS NOT DISTINCT" : "")};
  const LeafName leaf_name = [&](const schema::Relation& leaf) { return leaf_constraint(draft, leaf, constraint); };
  // The new version's ON CONFLICT needs the index; where it narrows nothing it need not wait.
  const bool at_once = &queue == &draft.contract && relation != nullptr &&
                       is_unique_already(*relation, facts.columns) && draft.groups.empty();
  if (!is_partitioned(draft.now(), constraint.table)) {
    for (auto& step : build_index(draft.now(), spec, {})) {
      if (at_once) {
        draft.expand_unlocked.push_back(std::move(step));
      } else {
        queue.add(Rank::build, std::move(step));
      }
    }
    return add(constraint.table, constraint.name);
  }
  auto step =
      build_on_leaves(draft.now(), spec, [&](const schema::Relation& leaf) { return index_name(leaf_name(leaf)); });
  if (!step.sql.empty()) queue.add(Rank::build, std::move(step));
  for (const auto* leaf : leaves_of(draft.now(), constraint.table)) add(leaf->name, leaf_name(*leaf));
  queue.add(
      Rank::attach,
      alter(constraint.table) + " ADD CONSTRAINT " + quote_ident(constraint.name) + " " + constraint.definition + ";\n",
      alter(constraint.table) + " DROP CONSTRAINT IF EXISTS " + quote_ident(constraint.name) + ";\n",
      "takes over the keys of the partitions");
}

std::string reference_action_sql(std::string_view event, char code) {
  const auto sql = " ON " + std::string(event) + " ";
  switch (code) {
    case 'r':
      return sql + "RESTRICT";
    case 'c':
      return sql + "CASCADE";
    case 'n':
      return sql + "SET NULL";
    case 'd':
      return sql + "SET DEFAULT";
    default:
      return {};
  }
}

}  // namespace

std::string reference_actions_sql(char on_delete, const std::vector<std::string>& delete_columns, char on_update) {
  return reference_action_sql("DELETE", on_delete) +
         (delete_columns.empty() ? std::string() : " (" + core::quote_ident_list(delete_columns) + ")") +
         reference_action_sql("UPDATE", on_update);
}

void add_constraint_steps(Draft& draft, Queue& queue, const NamedConstraint& constraint) {
  const auto& facts = constraint.facts;
  const auto name = quote_ident(constraint.name);
  const auto undo = alter(constraint.table) + " DROP CONSTRAINT IF EXISTS " + name + ";\n";
  switch (facts.kind) {
    case ConstraintKind::check:
      return add_not_valid(queue, constraint.table, constraint, !facts.not_valid);
    case ConstraintKind::foreign_key:
      if (is_partitioned(draft.now(), constraint.table)) return add_reference_by_partition(draft, queue, constraint);
      return add_not_valid(queue, constraint.table, constraint, !facts.not_valid);
    case ConstraintKind::unique:
    case ConstraintKind::primary_key:
      if (facts.using_index.empty()) return add_key(draft, queue, constraint);
      queue.add(Rank::attach,
                alter(constraint.table) + " ADD CONSTRAINT " + name +
                    (facts.kind == ConstraintKind::primary_key ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX " +
                    quote_ident(facts.using_index) + timing_sql(facts) + ";\n",
                undo);
      return;
    case ConstraintKind::exclude:
      draft.note("Constraint " + constraint.name + " of " + constraint.table.display() +
                 " cannot be built concurrently: contract blocks the table while it builds the index.");
      queue.add(Rank::attach, alter(constraint.table) + " ADD CONSTRAINT " + name + " " + constraint.definition + ";\n",
                undo);
      return;
    case ConstraintKind::not_null:
      return;
  }
}

std::vector<NamedConstraint> constraints_made(const Draft& draft, const Action& action) {
  const auto& base = draft.shims.empty() ? draft.original() : draft.now();
  schema::Catalog trial = base;
  for (const auto& statement : parse::parse_sql(action.sql).statements) schema::apply(trial, statement);
  const auto* before = base.relation(action.alter->relation);
  const auto* after = trial.relation(action.alter->relation);
  std::vector<parse::Constraint> written;
  if (action.command->constraint) written.push_back(*action.command->constraint);
  if (action.command->column) {
    for (const auto& one : action.command->column->constraints) written.push_back(one);
  }
  std::vector<NamedConstraint> made;
  if (before == nullptr || after == nullptr) return made;
  for (const auto& constraint : after->constraints) {
    if (before->constraint(constraint.name) != nullptr) continue;
    const auto facts = std::find_if(written.begin(), written.end(), [&](const parse::Constraint& one) {
      return one.kind == constraint.kind && (one.name.empty() || one.name == constraint.name);
    });
    if (facts == written.end()) continue;
    made.push_back({after->name, constraint.name, *facts, definition_sql(*facts)});
    written.erase(facts);
  }
  return made;
}

bool is_unique_already(const schema::Relation& relation, const std::vector<std::string>& columns) {
  return std::any_of(relation.indexes.begin(), relation.indexes.end(), [&](const schema::Index& index) {
    const bool plain = index.unique && index.valid && !index.partial && !index.columns.empty();
    return plain && std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& column) {
             const auto* found = relation.column(column);
             return found != nullptr && found->not_null && core::contains(columns, column);
           });
  });
}

}  // namespace bgdb::rewrite
