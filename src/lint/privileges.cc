// Rights, policies, publications; and statements about the session and the transaction.
#include <algorithm>

#include <fmt/format.h>

#include "lint/scope.h"

namespace bgdb::lint {

void grant_effects(Scope& scope, const parse::Grant& grant) {
  auto action = scope.action(grant.revoke ? "revoke" : "grant");
  std::vector<std::string> objects;
  bool born = !grant.objects.empty();
  for (const auto& name : grant.objects) {
    const auto target = scope.target(name);
    bool one_born = target.born;
    if (grant.object == parse::ObjectKind::function || grant.object == parse::ObjectKind::procedure)
      one_born = scope.born_function(name);
    if (grant.object == parse::ObjectKind::schema) {
      one_born = scope.context.release != nullptr && scope.context.release->schema(name.name);
      objects.push_back(name.name);
    } else {
      objects.push_back(target.name.display());
    }
    born = born && one_born;
  }
  action.facts["object"] = objects.empty() ? std::string("privileges") : join(objects);
  action.facts["name"] = join(grant.grantees);
  if (grant.revoke && !born && !grant.default_privileges) {
    for (const auto& object : objects) breaks(action, "privilege-revoked", object);
    if (objects.empty()) breaks(action, "privilege-revoked", join(grant.grantees));
  }
  scope.add(std::move(action));
}

void owner_effects(Scope& scope, const parse::OwnerChange& change) {
  const auto name = scope.resolve(change.relation);
  auto action = scope.action("change-owner");
  action.facts["object"] = name.display();
  action.facts["new_name"] = change.new_owner;
  if (change.object == parse::ObjectKind::sequence)
    lock_sequence(scope, action, change.relation, LockMode::access_exclusive);
  const bool born = scope.target(change.relation).born || scope.born_function(change.relation) ||
                    scope.born_type(change.relation) ||
                    (scope.context.release != nullptr && scope.context.release->schema(change.relation.name));
  // Everybody may go on calling a function and naming a type, whoever owns it.
  using parse::ObjectKind;
  const bool holds_rights = change.object == ObjectKind::table || change.object == ObjectKind::view ||
                            change.object == ObjectKind::materialized_view || change.object == ObjectKind::sequence ||
                            change.object == ObjectKind::foreign_table || change.object == ObjectKind::schema ||
                            change.object == ObjectKind::database;
  if (!born && holds_rights) breaks(action, "owner-changed", name.display());
  scope.add(std::move(action));
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
    if (!policy.create) breaks(action, "policy-changed", path);
    if (policy.create && !policy.permissive) breaks(action, "policy-restricts", path);
  }
  scope.add(std::move(action));
}

void publication_effects(Scope& scope, const parse::PublicationStatement& publication) {
  auto action = scope.action(publication.create ? "create-publication" : "alter-publication");
  action.facts["object"] = publication.name;
  for (const auto& name : publication.tables) {
    const auto target = scope.target(name);
    lock(action, target, LockMode::share_update_exclusive);
    const auto* relation = target.relation;
    const bool keyless =
        relation != nullptr && relation->identity_columns().empty() && relation->replica_identity != 'f';
    if (keyless && publication.action != "drop" && !target.born)
      narrows(action, "published-without-key", target.name.display());
  }
  scope.add(std::move(action));
}

void transaction_effects(Scope& scope, const parse::TransactionStatement&) {
  auto action = scope.action("transaction");
  action.neutral = true;
  scope.add(std::move(action));
}

void setting_effects(Scope& scope, const parse::SetVariable& setting) {
  auto action = scope.action("set");
  action.facts["name"] = setting.name;
  action.facts["object"] = setting.name;
  action.neutral = true;
  const bool replica = setting.name == "session_replication_role" &&
                       std::find(setting.values.begin(), setting.values.end(), "replica") != setting.values.end();
  if (replica) {
    action.facts["method"] = std::string("replica");
    action.effects.replication.push_back(
        {Replication::silent_damage, "", "foreign keys and ordinary triggers do not fire in this session"});
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
