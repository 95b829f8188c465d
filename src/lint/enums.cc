// Enum types, composite types and domains.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "lint/scope.h"

namespace bgdb::lint {

namespace {

// Tables with a column of the domain: ALTER DOMAIN reads each under a SHARE lock.
void lock_users(Scope& scope, Action& action, const QualifiedName& domain) {
  for (const auto& [name, relation] : scope.before.relations) {
    const bool uses = std::any_of(relation.columns.begin(), relation.columns.end(), [&](const auto& column) {
      return scope.before.resolve({column.type.schema, column.type.name}) == domain &&
             scope.before.domain(column.type) != nullptr;
    });
    if (!uses) continue;
    const auto target = scope.target(name);
    lock(action, target, LockMode::share);
    scan(action, target);
  }
}

void domain_constraint(Scope& scope, Action& action, const parse::AlterDomain& alter, const QualifiedName& name,
                       bool born) {
  const bool not_valid = alter.constraint && alter.constraint->not_valid;
  action.facts["not_valid"] = not_valid;
  if (!not_valid) lock_users(scope, action, name);
  if (!born) {
    narrows(action, "domain-check", name.display());
    replication(action, Replication::stops, name, "a value that the other side still accepts stops the apply");
  }
}

}  // namespace

void alter_enum_effects(Scope& scope, const parse::AlterEnum& alter) {
  const auto name = scope.resolve(alter.name);
  const bool born = scope.born_type(alter.name);
  auto action = scope.action(alter.rename ? "enum-rename-value" : "enum-add-value");
  action.facts["object"] = name.display();
  action.facts["name"] = alter.label;
  action.facts["type"] = name.display();
  if (alter.rename) {
    action.facts["new_name"] = alter.new_label;
    if (!born) {
      breaks(action, "enum-value-renamed", fmt::format("{}.{}", name.display(), alter.label));
      replication(action, Replication::stops, name, "the other side still writes the old value");
    }
    return scope.add(std::move(action));
  }
  const auto known = scope.before.enums.find(name);
  if (alter.if_not_exists && known != scope.before.enums.end() && core::contains(known->second.labels, alter.label)) {
    action.kind = "nothing";
    action.neutral = true;
    return scope.add(std::move(action));
  }
  if (scope.context.server_version < 12) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction && !born) fails(action, "outside-transaction-only", name.display());
  }
  if (!born) {
    const auto object = fmt::format("{}.{}", name.display(), alter.label);
    widens(action, "enum-value-added", object);
    irreversible(action, "enum-value-added", object);
    replication(action, Replication::needs_mapping, name,
                "a row with the new value cannot go to a side that does not know it");
  }
  scope.add(std::move(action));
}

// ALTER TYPE of a composite. Rows that the old version writes as '(a,b)' have too few or too many fields.
void composite_effects(Scope& scope, Action& action, const parse::AlterTable& alter) {
  action.kind = "alter-type";
  if (scope.born_type(alter.relation)) return;
  const auto name = scope.resolve(alter.relation);
  for (const auto& command : alter.commands) {
    if (command.kind == parse::AlterKind::owner) continue;
    breaks(action, "type-changed", column_path(name, command.column ? command.column->name : command.name));
    if (command.kind == parse::AlterKind::alter_type && type_is_used(scope.before, name) && !command.cascade)
      fails(action, "other-objects-depend", name.display());
  }
}

void alter_domain_effects(Scope& scope, const parse::AlterDomain& alter) {
  using Kind = parse::AlterDomainKind;
  const auto name = scope.resolve(alter.name);
  const bool born = scope.born_type(alter.name);
  auto action = scope.action("alter-domain");
  action.facts["object"] = name.display();
  action.facts["type"] = name.display();
  action.facts["constraint"] = alter.constraint_name;
  switch (alter.kind) {
    case Kind::add_constraint:
      action.kind = "domain-add-constraint";
      domain_constraint(scope, action, alter, name, born);
      break;
    case Kind::set_not_null:
      action.kind = "domain-set-not-null";
      lock_users(scope, action, name);
      if (!born) narrows(action, "domain-not-null", name.display());
      break;
    case Kind::validate_constraint:
      action.kind = "domain-validate";
      action.neutral = true;
      lock_users(scope, action, name);
      break;
    case Kind::drop_not_null:
    case Kind::drop_constraint:
      action.kind = "domain-drop-constraint";
      if (!born) widens(action, "domain-widened", name.display());
      break;
    case Kind::drop_default:
      action.kind = "domain-drop-default";
      if (!born) breaks(action, "default-dropped", name.display());
      break;
    case Kind::set_default:
      break;
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
