// ADD COLUMN and ALTER COLUMN TYPE.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "lint/scope.h"
#include "lint/types.h"
#include "lint/volatility.h"
#include "parse/check_logic.h"
#include "parse/check_value.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::ColumnDef;
using parse::ConstraintKind;

namespace {

// Of a row that the old version may write, as far as that can be told.
bool computes_null(const Target& target, const std::string& sql) {
  if (target.relation == nullptr) return false;
  parse::CheckNames names;
  for (const auto& column : target.relation->columns) {
    const bool never_null = column.not_null || proven_not_null(*target.relation, column.name);
    names.values.emplace(column.name, parse::symbol_value(column.name, never_null, false));
  }
  const auto value = parse::check_value(sql, names);
  return !value || !parse::holds_value(*value);
}

void column_facts(Action& action, const ColumnDef& column) {
  action.facts["column"] = column.name;
  action.facts["column.born"] = true;
  action.facts["type"] = column.type.sql;
  action.facts["types"] = std::vector<std::string>{column.type.array_dims > 0 ? column.type.sql : column.type.name};
  action.facts["not_null"] = column.not_null;
  action.facts["serial"] = is_serial(column);
  action.facts["identity"] = column.identity != 0;
  action.facts["generated"] = column.generated.has_value();
  if (column.default_value) action.facts["default"] = column.default_value->sql;
}

// nextval('name'): the sequences that the expression draws from.
std::vector<QualifiedName> sequences_read(const parse::Expr& expression, const schema::Catalog& catalog) {
  std::vector<QualifiedName> out;
  const bool draws = std::any_of(expression.functions.begin(), expression.functions.end(),
                                 [](const auto& function) { return function.name == "nextval"; });
  for (const auto& constant : expression.string_constants) {
    if (!draws) break;
    const auto name = core::parse_qualified_name(constant);
    if (catalog.sequences.count(catalog.resolve(name)) > 0) out.push_back(name);
  }
  return out;
}

// A default that makes PostgreSQL compute a value for every row.
void default_effects(Scope& scope, Action& action, const Target& target, const ColumnDef& column) {
  bool rewrites = is_serial(column) || column.identity != 0 || column.generated.has_value();
  if (column.default_value) uses_new_enum_value(scope, action, column.type, *column.default_value);
  if (column.default_value && !column.default_value->is_null) {
    const auto volatility = volatility_of(*column.default_value, scope.before);
    action.facts["default.volatile"] = volatility == Volatility::is_volatile;
    action.facts["default.guessed"] = volatility == Volatility::unknown;
    if (volatility == Volatility::unknown) {
      action.effects.unknown.push_back("volatility of the default " + column.default_value->sql);
    }
    rewrites = rewrites || volatility != Volatility::not_volatile || scope.context.server_version < 11;
    for (const auto& sequence : sequences_read(*column.default_value, scope.before)) {
      lock_sequence(scope, action, sequence, LockMode::row_exclusive);
    }
  }
  // A domain with constraints has to check its default or NULL for every row.
  if (const auto* domain = scope.before.domain(column.type); domain != nullptr && column.type.array_dims == 0) {
    rewrites = rewrites || domain->not_null || !domain->checks.empty();
  }
  if (rewrites) {
    rewrite(action, target);
    lock(action, target, LockMode::access_exclusive);
  }
}

struct Inline {
  bool check = false, unique = false, primary = false, reference = false;
};

// The constant that old INSERTs leave in the column does not pass its check. Functions are not followed: had they
// refused the default, the statement would have failed.
bool refuses_default(const parse::Constraint& constraint, const ColumnDef& column) {
  const auto& value = column.default_value;
  if (!constraint.check || !value || !value->is_constant || value->is_null || !constraint.check->functions.empty())
    return false;
  const auto& columns = constraint.check->columns;
  const bool alone =
      std::all_of(columns.begin(), columns.end(), [&](const auto& one) { return one.name == column.name; });
  return alone && parse::simplify_check(constraint.check->sql, {{column.name, value->sql}}).may_refuse;
}

Inline inline_constraints(Scope& scope, Action& action, const Target& target, const ColumnDef& column) {
  Inline seen;
  for (const auto& constraint : column.constraints) {
    switch (constraint.kind) {
      case ConstraintKind::check:
        seen.check = true;
        scan(action, target);
        if (refuses_default(constraint, column) && !target.born)
          narrows(action, "check", column_path(target.name, column.name));
        break;
      case ConstraintKind::unique:
      case ConstraintKind::primary_key:
        seen.unique = true;
        seen.primary = seen.primary || constraint.kind == ConstraintKind::primary_key;
        index_build(action, target);
        break;
      case ConstraintKind::foreign_key: {
        seen.reference = true;
        const auto referenced = scope.target(constraint.referenced);
        action.facts["referenced"] = referenced.name.display();
        lock_whole(scope, action, referenced, LockMode::share_row_exclusive);
        // PostgreSQL leaves the check out only where no DEFAULT is written, not even NULL.
        if (column.default_value) {
          scan(action, target);
          scan(action, referenced);
        }
        break;
      }
      default:
        break;
    }
  }
  action.facts["inline_check"] = seen.check;
  action.facts["inline_unique"] = seen.unique;
  action.facts["inline_reference"] = seen.reference;
  return seen;
}

}  // namespace

void add_column_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  if (!command.column) return;
  const auto& column = *command.column;
  if (command.if_not_exists && target.relation != nullptr && target.relation->column(column.name) != nullptr) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    lock(action, target, LockMode::access_exclusive);
    return scope.add(std::move(action));
  }
  auto action = scope.action("add-column", target);
  if (target.relation != nullptr && target.relation->is_view()) fails(action, "no-table", target.name.display());
  if (target.relation != nullptr && target.relation->partition_of)
    fails(action, "column-of-partition", target.name.display());
  const auto path = column_path(target.name, column.name);
  action.facts["object"] = path;
  action.facts["if_not_exists"] = command.if_not_exists;
  column_facts(action, column);
  lock(action, target, LockMode::access_exclusive);
  default_effects(scope, action, target, column);
  const auto seen = inline_constraints(scope, action, target, column);

  const auto* domain = scope.before.domain(column.type);
  const bool constant = column.default_value && !column.default_value->is_null;
  const bool filled = constant || is_serial(column) || column.identity != 0 || column.generated ||
                      (domain != nullptr && domain->default_sql);
  action.facts["has_default"] = filled;
  const bool required = column.not_null || seen.primary || (domain != nullptr && domain->not_null);
  if (required && column.generated && !target.born && computes_null(target, column.generated->sql)) {
    narrows(action, "generated-not-null", path);
    replication(action, Replication::stops, target.name, "a row for which the value is NULL stops the apply");
  }
  if (required && !filled && !target.born) {
    narrows(action, "required-column", path);
    fails(action, "rows-have-null", path);
    replication(action, Replication::stops, target.name,
                "rows of the old version do not carry the column, and NULL is refused");
  }
  if (required && !filled && target.born)
    scan(action, target);  // it is read, and on a released one the statement fails
  // Old INSERTs get the same default again and again.
  const bool computed =
      is_serial(column) || column.identity != 0 ||
      (column.default_value && volatility_of(*column.default_value, scope.before) == Volatility::is_volatile);
  if (seen.unique && !target.born && constant && !computed) narrows(action, "unique", path);
  scope.add(std::move(action));
}

namespace {

// What PostgreSQL refuses although the new type is a good one.
void type_change_failures(Scope& scope, Action& action, const schema::Column* column, const TypeChange& change) {
  const auto path = to_text(fact_or_empty(action.facts, "object"));
  if (change.needs_using) fails(action, "no-automatic-cast", path);
  const auto* alter = std::get_if<parse::AlterTable>(&scope.statement.node);
  const bool default_goes =
      alter != nullptr && std::any_of(alter->commands.begin(), alter->commands.end(), [&](const auto& command) {
        return command.kind == parse::AlterKind::drop_default && column != nullptr && command.name == column->name;
      });
  if (column != nullptr && column->default_sql && !default_goes && change.no_assignment_cast && !change.needs_using)
    fails(action, "default-has-no-cast", path);
}

// The old version's rows collide where values that differed are equal now.
bool folds_a_key(const Target& target, const std::string& column) {
  if (target.relation == nullptr) return false;
  const auto& indexes = target.relation->indexes;
  const auto names = [&](const std::vector<std::string>& columns) { return core::contains(columns, column); };
  return std::any_of(indexes.begin(), indexes.end(),
                     [&](const auto& index) { return index.unique && names(index.columns); });
}

void type_change_compatibility(Action& action, const Target& target, const std::string& column,
                               const TypeChange& change) {
  const auto path = to_text(fact_or_empty(action.facts, "object"));
  const bool folds_key = change.folds_case && folds_a_key(target, column);
  if (change.retyped) breaks(action, "column-retyped", path);
  if (change.narrows) narrows(action, "type-narrowed", path);
  if (folds_key) narrows(action, "unique", path);
  if (change.widens && !change.narrows && !change.retyped && !folds_key)
    widens(action, change.folds_case ? "case-ignored" : "type-widened", path);
  if (change.lossy) {
    loses(action, "values-converted", path);
    irreversible(action, "values-converted", path);
  }
  if (change.narrows || folds_key) {
    replication(action, Replication::stops, target.name,
                "a value that the other side still accepts does not fit and stops the apply");
  } else if (change.retyped) {
    replication(action, Replication::needs_mapping, target.name, "values need a conversion in both directions");
  } else if (change.widens) {
    replication(action, Replication::needs_mapping, target.name, "a new value may not fit on the way back");
  }
}

bool mentions_column(const schema::Constraint& check, const std::string& column) {
  const auto expression = parse::parse_expression(check.check_sql);
  if (!expression) return true;
  return std::any_of(expression->columns.begin(), expression->columns.end(),
                     [&](const auto& one) { return one.name == column; });
}

// Without a rewrite the file of an index stays when its order stays: not with another collation or operator class,
// never for expressions and predicates, never on partitions.
void rebuild_indexes(Action& action, const Target& target, const AlterCommand& command, const TypeChange& change,
                     const schema::Column* column) {
  if (change.rewrites || (change.same && command.collation.empty())) return;
  const auto collation_of = [](const std::string& name) { return name.empty() ? std::string("default") : name; };
  const bool collated = column != nullptr && collation_of(command.collation) != collation_of(column->collation);
  for (const auto& index : target.relation->indexes) {
    const auto& read = index.columns_read;
    if (!core::contains(read, command.name)) continue;
    const bool computed = index.partial || core::contains(index.columns, "");
    const bool key = core::contains(index.columns, command.name);
    if (computed || is_partitioned(target) || (key && (collated || change.reindexes)))
      return index_build(action, target);
  }
}

}  // namespace

void alter_type_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  if (!command.type) return;
  auto action = scope.action("change-type", target);
  const auto path = column_path(target.name, command.name);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  const auto change = judge_type_change({.from = column == nullptr ? nullptr : &column->type,
                                         .to = &*command.type,
                                         .column = command.name,
                                         .using_sql = command.expr ? command.expr->sql : "",
                                         .timezone_utc = scope.context.timezone_utc},
                                        scope.before);
  action.facts["object"] = path;
  action.facts["column"] = command.name;
  action.facts["column.born"] = scope.born_column(target, command.name);
  action.facts["column.known"] = column != nullptr;
  action.facts["type"] = command.type->sql;
  if (column != nullptr) action.facts["old_type"] = column->type.sql;
  action.facts["types"] = std::vector<std::string>{command.type->name};
  action.facts["type.guessed"] = change.guessed;
  action.facts["why"] = change.why;
  lock(action, target, LockMode::access_exclusive);
  if (change.rewrites) rewrite(action, target);
  if (change.rewrite_unless_utc)
    action.effects.unknown.push_back("the session's TimeZone: in UTC no row would be written");
  if (change.guessed) action.effects.unknown.push_back("the type of " + path + " before");
  if (target.relation != nullptr) {
    for (const auto& constraint : target.relation->constraints) {
      const bool mentions = core::contains(constraint.columns, command.name);
      // A foreign key over the column is built again: the table at its other end is locked as well, and read when
      // values were written anew.
      if (mentions && constraint.kind == ConstraintKind::foreign_key) {
        const auto referenced = scope.target(constraint.referenced);
        lock_whole(scope, action, referenced, LockMode::access_exclusive);
        if (change.rewrites && constraint.valid && !target.born) scan(action, referenced);
      }
      const bool check = constraint.kind == ConstraintKind::check && mentions_column(constraint, command.name);
      if (check && constraint.valid) scan(action, target);
    }
    rebuild_indexes(action, target, command, change, column);
  }
  for (const auto& [table, constraint] : foreign_keys_to(scope, target, {command.name})) {
    const auto other = scope.target(table->name);
    lock_whole(scope, action, other, LockMode::access_exclusive);
    if (change.rewrites && constraint->valid) scan(action, other);
  }
  for (const auto* view : views_naming(scope.before, target.name, command.name)) {
    fails(action, "other-objects-depend", view->name.display());
  }
  refused_by_users(scope, action, target, command.name);
  type_change_failures(scope, action, column, change);
  if (!scope.born_column(target, command.name)) type_change_compatibility(action, target, command.name, change);
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
