// ADD CONSTRAINT and DROP CONSTRAINT. NOT VALID saves the scan and nothing else: new rows are checked at once, so the
// old version's writes are narrowed either way.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"
#include "lint/demanded.h"
#include "lint/kept.h"
#include "lint/references.h"
#include "lint/scope.h"
#include "lint/volatility.h"
#include "parse/check_logic.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::Constraint;
using parse::ConstraintKind;

namespace {

std::string kind_text(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::not_null:
      return "not-null";
    case ConstraintKind::check:
      return "check";
    case ConstraintKind::unique:
      return "unique";
    case ConstraintKind::primary_key:
      return "primary-key";
    case ConstraintKind::foreign_key:
      return "foreign-key";
    case ConstraintKind::exclude:
      return "exclude";
  }
  return "check";
}

// What the old version's INSERTs leave in a column that this release adds.
struct BornColumn {
  bool is_null = false;                // no default
  std::optional<std::string> value{};  // its default, where that is an expression
  bool is_fresh = false;               // each row gets a value of its own
};

// Nothing when the column is a released one. Also columns that the same ALTER TABLE adds.
std::optional<BornColumn> born_column(const Scope& scope, const Target& target, const std::string& name) {
  if (const auto* alter = std::get_if<parse::AlterTable>(&scope.statement.node)) {
    for (const auto& command : alter->commands) {
      if (command.kind != parse::AlterKind::add_column || !command.column || command.column->name != name) continue;
      if (target.relation != nullptr && target.relation->column(name) != nullptr) break;  // IF NOT EXISTS
      const auto& column = *command.column;
      const auto& value = column.default_value;
      const bool empty = !value || value->is_null;
      const bool counted = column.identity != 0 || is_serial(column);
      BornColumn born{empty && !counted && !column.generated};
      if (!empty) born.value = value->sql;
      born.is_fresh = counted || (!empty && volatility_of(*value, scope.before) == Volatility::is_volatile);
      return born;
    }
  }
  if (!scope.born_column(target, name)) return std::nullopt;
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(name);
  if (column == nullptr) return BornColumn{true, std::nullopt};
  BornColumn born{!column->default_sql && column->identity == 0 && !column->generated_sql};
  born.value = column->default_sql;
  born.is_fresh = fills_with_fresh(*column, scope.before);
  return born;
}

std::vector<std::string> quoted(std::vector<std::string> columns) {
  for (auto& column : columns) column = core::quote_ident(column);
  return columns;
}

// NULL passes UNIQUE and FOREIGN KEY.
bool any_born_null(const Scope& scope, const Target& target, const std::vector<std::string>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](const auto& name) {
    const auto born = born_column(scope, target, name);
    return born && born->is_null;
  });
}

// The old version's rows differ in a column that it does not know.
bool any_born_fresh(const Scope& scope, const Target& target, const std::vector<std::string>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](const auto& name) {
    const auto born = born_column(scope, target, name);
    return born && born->is_fresh;
  });
}

std::vector<std::string> columns_of(const Constraint& constraint) {
  auto columns = constraint.columns;
  if (!constraint.check) return columns;
  for (const auto& column : constraint.check->columns) {
    if (!core::contains(columns, column.name)) columns.push_back(column.name);
  }
  return columns;
}

// What is left of the check for the old version's rows, whose new columns hold their defaults; or, when `unfilled`, for
// those of them that a column with a default was added to behind them.
parse::SimpleCheck check_of_old_rows(const Scope& scope, const Target& target, const Constraint& constraint,
                                     bool unfilled) {
  std::vector<parse::KnownColumn> known;
  for (const auto& name : columns_of(constraint)) {
    const auto born = born_column(scope, target, name);
    if (!born || (!born->is_null && !born->value)) continue;
    const bool came_full = scope.context.release == nullptr || scope.context.release->filled(target.name, name) ||
                           !scope.born_column(target, name);
    known.push_back({name, unfilled && !came_full ? std::nullopt : born->value});
  }
  return parse::simplify_check(constraint.check->sql, known);
}

bool changes_updated_rows(const Target& target) {
  if (target.relation == nullptr) return false;
  const auto& triggers = target.relation->triggers;
  return std::any_of(triggers.begin(), triggers.end(),
                     [](const auto& one) { return one.before && one.row && one.on_update && one.enabled != 'D'; });
}

enum class Against { narrower, same, wider };

// Compared with the checks of now and of the release's start (DROP and ADD may be two statements).
Against old_checks(const Scope& scope, const Target& target, const parse::SimpleCheck& check) {
  auto out = Against::narrower;
  const auto look = [&](const schema::Relation* relation) {
    if (relation == nullptr) return;
    for (const auto& old : relation->constraints) {
      if (old.kind != ConstraintKind::check || out == Against::same) continue;
      const auto other = parse::simplify_check(old.check_sql, {});
      if (!parse::accepts_all_of(check, other)) continue;
      out = parse::accepts_all_of(other, check) ? Against::same : Against::wider;
    }
  };
  look(target.relation);
  if (scope.context.start != nullptr) look(scope.context.start->relation(target.name));
  return out;
}

// Duplicates are impossible already, or new columns tell all rows apart; a primary key also refuses NULL.
void narrow_unique_key(Scope& scope, Action& action, const Target& target, const Constraint& constraint) {
  if (constraint.kind == ConstraintKind::unique || target.relation == nullptr) return;
  auto columns = constraint.columns;
  if (const auto index = scope.before.index({target.name.schema, constraint.using_index}))
    columns = index.index->columns;
  for (const auto& name : columns) {
    const auto* column = target.relation->column(name);
    if (column == nullptr || column->not_null || scope.born_column(target, name)) continue;
    narrows(action, "not-null", column_path(target.name, name));
    replication(action, Replication::stops, target.name, "a NULL that the other side still accepts stops the apply");
  }
}

// EXCLUDE (a WITH =, b WITH =): UNIQUE in other words.
bool excludes_equal_rows(const Constraint& constraint) {
  size_t equal = 0;
  for (size_t at = 0; (at = constraint.exclude_sql.find(" WITH =", at)) != std::string::npos; at += 7) {
    const char next = at + 7 < constraint.exclude_sql.size() ? constraint.exclude_sql[at + 7] : '\0';
    equal += next == ',' || next == ')';
  }
  return equal > 0 && equal == constraint.columns.size();
}

// DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY: one that no file made was there under this name, so that the new one
// most likely changes what happens ON DELETE.
bool redefines_unseen(const Scope& scope, const Target& target, const Constraint& constraint) {
  const auto* start = scope.context.start == nullptr ? nullptr : scope.context.start->relation(target.name);
  if (constraint.name.empty() || (start != nullptr && start->constraint(constraint.name) != nullptr)) return false;
  const auto* alter = std::get_if<parse::AlterTable>(&scope.statement.node);
  const bool here = alter != nullptr && std::any_of(alter->commands.begin(), alter->commands.end(), [&](const auto& c) {
                      return c.kind == parse::AlterKind::drop_constraint && !c.if_exists && c.name == constraint.name;
                    });
  return here || (scope.context.transaction != nullptr &&
                  scope.context.transaction->unseen_dropped.count({target.name, constraint.name}) > 0);
}

void narrow(Scope& scope, Action& action, const Target& target, const Constraint& constraint) {
  if (target.born) return;
  const bool key = constraint.kind == ConstraintKind::unique || constraint.kind == ConstraintKind::primary_key;
  if (key && !constraint.nulls_not_distinct && key_demanded(scope, target, quoted(constraint.columns))) return;
  if (constraint.kind == ConstraintKind::exclude && excludes_equal_rows(constraint) &&
      key_demanded(scope, target, quoted(constraint.columns)))
    return;
  if (constraint.kind == ConstraintKind::foreign_key) {
    if (redefines_unseen(scope, target, constraint)) return;
    if (const auto old = reference_demanded(scope, target, constraint))
      return replaced_reference(action, target, constraint, *old.holder, *old.constraint);
  }
  const auto columns = columns_of(constraint);
  const auto object = fmt::format("{} ({})", target.name.display(), core::join(columns));
  switch (constraint.kind) {
    case ConstraintKind::foreign_key:
      if (any_born_null(scope, target, columns)) return;
      narrows(action, "foreign-key", object);
      replication(action, Replication::silent_damage, target.name,
                  "apply does not check foreign keys: orphans arrive without an error");
      return;
    case ConstraintKind::check: {
      // NOT VALID checks an old row when it is updated; a trigger may have filled it then.
      const auto check = check_of_old_rows(scope, target, constraint, false);
      const bool late = !check.may_refuse && constraint.not_valid && !changes_updated_rows(target) &&
                        check_of_old_rows(scope, target, constraint, true).may_refuse;
      if (!check.may_refuse && !late) return;
      const auto against = late ? Against::narrower : old_checks(scope, target, check);
      if (against == Against::wider) widens(action, "check-widened", object);
      if (against != Against::narrower) return;
      if (kept_within(writes_of_old(scope, target, constraint.not_valid), constraint.check->sql)) return;
      narrows(action, "check", object);
      break;
    }
    case ConstraintKind::not_null:
      if (kept_not_null(writes_of_old(scope, target, constraint.not_valid), columns.front())) return;
      narrows(action, "not-null", object);
      break;
    case ConstraintKind::unique:
    case ConstraintKind::primary_key:
      if (constraint.kind == ConstraintKind::unique && any_born_null(scope, target, columns) &&
          !constraint.nulls_not_distinct)
        return;
      if (!constraint.using_index.empty() || any_born_fresh(scope, target, columns))
        return narrow_unique_key(scope, action, target, constraint);
      narrows(action, "unique", object);
      break;
    case ConstraintKind::exclude:
      narrows(action, "exclude", object);
      break;
  }
  replication(action, Replication::stops, target.name, "a row that the other side still accepts stops the apply");
}

void foreign_key_locks(Scope& scope, Action& action, const Target& target, const Constraint& constraint) {
  const auto referenced = scope.target(constraint.referenced);
  action.facts["referenced"] = referenced.name.display();
  lock(action, target, LockMode::share_row_exclusive);
  lock_whole(scope, action, referenced, LockMode::share_row_exclusive);
  bool supported = target.relation == nullptr;
  if (target.relation != nullptr) {
    for (const auto& index : target.relation->indexes) {
      if (index.columns.size() < constraint.columns.size() || index.partial) continue;
      supported = supported || std::equal(constraint.columns.begin(), constraint.columns.end(), index.columns.begin());
    }
  }
  action.facts["supporting_index"] = supported;
  if (constraint.not_valid) {
    if (target.relation != nullptr && target.relation->kind == schema::RelationKind::partitioned_table &&
        scope.context.server_version < 18) {
      fails(action, "not-valid-on-partitioned", target.name.display());
    }
    return;
  }
  scan(action, target);
  // No row of a new table has to find its partner: PostgreSQL looks for the first row and stops.
  if (!target.born) scan(action, referenced);
}

// Building an index stops writers; a primary key also makes nullable columns NOT NULL.
void lock_partitions_for_key(Scope& scope, Action& action, const Target& target, const Constraint& constraint) {
  if (!is_partitioned(target) || scope.only) return;
  const bool nullable = std::any_of(constraint.columns.begin(), constraint.columns.end(), [&](const auto& name) {
    const auto* column = target.relation->column(name);
    return column == nullptr || !column->not_null;
  });
  const bool strong = constraint.kind == ConstraintKind::primary_key && nullable;
  lock_heirs(scope, action, target, strong ? LockMode::access_exclusive : LockMode::share);
}

void locks(Scope& scope, Action& action, const Target& target, const Constraint& constraint) {
  switch (constraint.kind) {
    case ConstraintKind::foreign_key:
      return foreign_key_locks(scope, action, target, constraint);
    case ConstraintKind::check:
    case ConstraintKind::not_null:
      lock(action, target, LockMode::access_exclusive);
      if (!constraint.not_valid) scan(action, target);
      return;
    case ConstraintKind::unique:
    case ConstraintKind::primary_key:
      lock(action, target, LockMode::access_exclusive);
      lock_partitions_for_key(scope, action, target, constraint);
      if (constraint.using_index.empty()) {
        index_build(action, target);
      } else if (constraint.kind == ConstraintKind::primary_key) {
        const auto index = scope.before.index({target.name.schema, constraint.using_index});
        const bool known = index && index.relation != nullptr;
        const bool nullable =
            known && std::any_of(index.index->columns.begin(), index.index->columns.end(), [&](const auto& name) {
              const auto* column = index.relation->column(name);
              return column != nullptr && !column->not_null && !proven_not_null(*index.relation, name);
            });
        if (nullable) scan(action, target);
      }
      return;
    case ConstraintKind::exclude:
      lock(action, target, LockMode::access_exclusive);
      index_build(action, target);
      if (constraint.not_valid) fails(action, "exclude-not-valid", target.name.display());
      return;
  }
}

}  // namespace

void add_constraint_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  if (!command.constraint) return;
  const auto& constraint = *command.constraint;
  auto action = scope.action("add-constraint", target);
  const auto columns = columns_of(constraint);
  action.facts["constraint"] = constraint.name;
  action.facts["constraint.kind"] = kind_text(constraint.kind);
  action.facts["columns"] = columns;
  action.facts["columns.count"] = static_cast<int64_t>(columns.size());
  action.facts["not_valid"] = constraint.not_valid;
  action.facts["using_index"] = !constraint.using_index.empty();
  action.facts["object"] =
      constraint.name.empty() ? target.name.display() : fmt::format("{} on {}", constraint.name, target.name.display());
  locks(scope, action, target, constraint);
  // Since 18 every descendant is locked before it is known whether the constraint comes down to it.
  const bool foreign = constraint.kind == ConstraintKind::foreign_key;
  if (scope.context.server_version >= 18 && !scope.only && constraint.using_index.empty())
    lock_heirs(scope, action, target, foreign ? LockMode::share_row_exclusive : LockMode::access_exclusive);
  narrow(scope, action, target, constraint);
  scope.add(std::move(action));
}

void drop_constraint_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("drop-constraint", target);
  action.facts["constraint"] = command.name;
  action.facts["cascade"] = command.cascade;
  action.facts["if_exists"] = command.if_exists;
  action.facts["object"] = fmt::format("{} on {}", command.name, target.name.display());
  lock(action, target, LockMode::access_exclusive);
  const auto* constraint = target.relation == nullptr ? nullptr : target.relation->constraint(command.name);
  const bool born =
      target.born || (scope.context.release != nullptr && scope.context.release->constraint(target.name, command.name));
  if (constraint == nullptr) {
    if (command.if_exists && target.relation != nullptr) {
      action.kind = "nothing";
      action.neutral = true;
    } else if (!born) {
      action.effects.unknown.push_back("what the constraint " + command.name + " was");
      action.facts["constraint.kind"] = std::string("unknown");
      widens(action, "constraint-dropped", command.name);
    }
    return scope.add(std::move(action));
  }
  if (scope.only && constraint->kind == ConstraintKind::check) lock_children(scope, action, target);
  const auto object = fmt::format("{} ({})", target.name.display(), core::join(constraint->columns));
  action.facts["constraint.kind"] = kind_text(constraint->kind);
  action.facts["columns"] = constraint->columns;
  switch (constraint->kind) {
    case ConstraintKind::foreign_key: {
      const auto referenced = scope.target(constraint->referenced);
      action.facts["referenced"] = referenced.name.display();
      lock_whole(scope, action, referenced, LockMode::access_exclusive);
      if (born) break;
      widens(action, "foreign-key-dropped", object);
      dropped_reference(action, target, *constraint);
      break;
    }
    case ConstraintKind::primary_key:
      if (!born) {
        breaks(action, "primary-key-dropped", object);
        replication(action, Replication::stops, target.name,
                    "UPDATE and DELETE fail on a published table without a replica identity");
      }
      break;
    case ConstraintKind::unique:
      if (!born) breaks(action, "conflict-target-lost", object);
      break;
    case ConstraintKind::exclude:
      if (!born) breaks(action, "exclusion-dropped", column_path(target.name, command.name));
      break;
    default:
      if (!born && !check_demanded(*target.relation, *constraint))
        widens(action, "constraint-dropped", column_path(target.name, command.name));
      break;
  }
  for (const auto* other : scope.before.referencing(target.name)) {
    const bool key = constraint->kind == ConstraintKind::primary_key || constraint->kind == ConstraintKind::unique;
    const bool used =
        key && std::any_of(other->constraints.begin(), other->constraints.end(), [&](const auto& foreign) {
          const bool here =
              foreign.kind == ConstraintKind::foreign_key && scope.before.resolve(foreign.referenced) == target.name;
          const bool by_key = foreign.referenced_columns.empty() ? constraint->kind == ConstraintKind::primary_key
                                                                 : foreign.referenced_columns == constraint->columns;
          return here && by_key;
        });
    if (used && command.cascade) lock_whole(scope, action, scope.target(other->name), LockMode::access_exclusive);
    if (used && !command.cascade) fails(action, "other-objects-depend", other->name.display());
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
