#include "lint/policies.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "lint/scope.h"
#include "parse/check_logic.h"

namespace bgdb::lint {

namespace {

// A condition that is not there lets nothing through when the policy permits, and everything when it restricts.
bool accepts(const schema::Policy& policy, const std::string& now, const std::string& old) {
  if (now == old) return true;
  if (now.empty() || old.empty()) {
    if (policy.permissive) return old.empty();
    return now.empty() || !parse::simplify_check(now, {}).may_refuse;
  }
  return parse::accepts_all_of(parse::simplify_check(now, {}), parse::simplify_check(old, {}));
}

bool has_all_roles(const schema::Policy& now, const schema::Policy& old) {
  const auto has = [&](const auto& role) { return core::contains(now.roles, role); };
  return has("public") || std::all_of(old.roles.begin(), old.roles.end(), has);
}

// What a row that is written must obey.
const std::string& check_of(const schema::Policy& policy) {
  return policy.check_sql.empty() ? policy.using_sql : policy.check_sql;
}

// Every row, command and role. False when it cannot be told.
bool lets_through_all_of(const schema::Policy& now, const schema::Policy& old) {
  if (now.permissive != old.permissive) return now.permissive;
  // A restrictive policy must not hide more: it may concern fewer roles and commands, a permissive one more of them.
  const auto& wide = now.permissive ? now : old;
  const auto& narrow = now.permissive ? old : now;
  const bool commands = wide.command == "all" || wide.command == narrow.command;
  return commands && has_all_roles(wide, narrow) && accepts(now, now.using_sql, old.using_sql) &&
         accepts(now, check_of(now), check_of(old));
}

const schema::Policy* named(const schema::Relation* relation, const std::string& name) {
  if (relation == nullptr) return nullptr;
  const auto& policies = relation->policies;
  const auto found = std::find_if(policies.begin(), policies.end(), [&](const auto& one) { return one.name == name; });
  return found == policies.end() ? nullptr : &*found;
}

schema::Policy altered(schema::Policy policy, const parse::PolicyStatement& alter) {
  if (alter.using_expr) policy.using_sql = alter.using_expr->sql;
  if (alter.check_expr) policy.check_sql = alter.check_expr->sql;
  if (!alter.roles.empty()) policy.roles = alter.roles;
  return policy;
}

bool still_lets_through(const Target& target, const parse::PolicyStatement& alter) {
  const auto* old = named(target.relation, alter.name);
  return old != nullptr && lets_through_all_of(altered(*old, alter), *old);
}

}  // namespace

bool policy_came_back(const schema::Relation* start, const schema::Relation* end, const std::string& name,
                      bool unseen) {
  const auto* now = named(end, name);
  const auto* old = named(start, name);
  if (old == nullptr) return now != nullptr && unseen;
  // What one policy let through another one may.
  if (old->permissive && end != nullptr) {
    return std::any_of(end->policies.begin(), end->policies.end(),
                       [&](const auto& one) { return one.permissive && lets_through_all_of(one, *old); });
  }
  return now != nullptr && lets_through_all_of(*now, *old);
}

void policy_effects(Scope& scope, const parse::PolicyStatement& policy) {
  const auto target = scope.target(policy.relation);
  auto action = scope.action(policy.create ? "create-policy" : "alter-policy", target);
  action.facts["name"] = policy.name;
  action.facts["object"] = fmt::format("{} on {}", policy.name, target.name.display());
  lock(action, target, LockMode::access_exclusive);
  const auto path = fmt::format("{}.{}", target.name.display(), policy.name);
  // A permissive policy lets more rows through; a restrictive one hides rows; ALTER may do either. None has an effect
  // before row security is enabled.
  const bool in_force = target.relation == nullptr || target.relation->row_security;
  if (!scope.born_part(target, policy.name) && in_force) {
    if (!policy.create && !still_lets_through(target, policy)) breaks(action, "policy-changed", path);
    if (policy.create && !policy.permissive) breaks(action, "policy-restricts", path);
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
