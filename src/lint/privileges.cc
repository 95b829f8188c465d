// Rights, publications; and statements about the session and the transaction.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"
#include "lint/scope.h"

namespace bgdb::lint {

namespace {

using parse::ObjectKind;

// What PUBLIC may do without any GRANT.
std::vector<std::string> rights_of_public(const Scope& scope, ObjectKind kind, const QualifiedName& object) {
  if (kind == ObjectKind::table) return {};
  if (kind != ObjectKind::schema) return schema::all_privileges(kind);
  if (object.name != "public") return {};
  return scope.context.server_version >= 15 ? std::vector<std::string>{"usage"} : schema::all_privileges(kind);
}

bool takes_one_of(const parse::Grant& grant, const std::vector<std::string>& held) {
  const bool all = grant.privileges.empty() || grant.privileges.front() == "all" || grant.object == ObjectKind::role;
  return std::any_of(held.begin(), held.end(),
                     [&](const auto& right) { return all || core::contains(grant.privileges, right); });
}

// Kinds whose rights come with a live catalog.
bool is_read(ObjectKind kind) {
  return kind == ObjectKind::table || kind == ObjectKind::function || kind == ObjectKind::schema ||
         kind == ObjectKind::type || kind == ObjectKind::database || kind == ObjectKind::role;
}

bool means_the_session(const std::string& role) {
  return role == "current_user" || role == "current_role" || role == "session_user";
}

// REVOKE ... ON ALL TABLES IN SCHEMA.
bool loses_in_schema(const Scope& scope, const parse::Grant& grant, const std::string& schema,
                     const std::string& role) {
  const auto kind = schema::granted_kind(grant.object);
  if (!scope.before.grants_complete || means_the_session(role)) return role != "public" || kind != ObjectKind::table;
  const auto& grants = scope.before.grants;
  for (auto it = grants.lower_bound({kind, {schema, ""}, ""});
       it != grants.end() && it->first.kind == kind && it->first.object.schema == schema; ++it) {
    if (it->first.role == role && takes_one_of(grant, it->second)) return true;
  }
  return false;
}

// The role has one of the rights, or may have it from somewhere that the history does not show.
bool loses_a_right(const Scope& scope, const parse::Grant& grant, const QualifiedName& object,
                   const std::string& role) {
  const auto kind = schema::granted_kind(grant.object);
  const auto known = scope.before.grants.find({kind, object, role});
  const bool seen = known != scope.before.grants.end();
  if (!seen && role != "public") return !scope.before.grants_complete || !is_read(kind) || means_the_session(role);
  auto held = seen ? known->second : std::vector<std::string>{};
  if (role == "public" && !seen) held = rights_of_public(scope, kind, object);
  return takes_one_of(grant, held);
}

bool born_object(const Scope& scope, const parse::Grant& grant, const QualifiedName& name) {
  const auto* release = scope.context.release;
  if (grant.object == ObjectKind::schema) return release != nullptr && release->schema(name.name);
  if (grant.object == ObjectKind::type || grant.object == ObjectKind::domain) return scope.born_type(name);
  if (grant.object == ObjectKind::sequence) return scope.born_sequence(name);
  if (schema::granted_kind(grant.object) == ObjectKind::function) {
    const auto* start = scope.context.start;
    const auto function = scope.resolve(name);
    return scope.born_function(name) ||
           (start != nullptr && scope.before.functions.count(function) > 0 && start->functions.count(function) == 0);
  }
  return grant.object != ObjectKind::role && scope.target(name).born;
}

}  // namespace

std::vector<std::string> rights_of_applications(ObjectKind kind) {
  if (kind == ObjectKind::table) return {"delete", "insert", "select", "update"};
  return kind == ObjectKind::schema ? std::vector<std::string>{"usage"} : schema::all_privileges(kind);
}

void grant_effects(Scope& scope, const parse::Grant& grant) {
  auto action = scope.action(grant.revoke ? "revoke" : "grant");
  std::vector<std::string> objects;
  for (const auto& name : grant.objects) {
    const bool plain = grant.object == ObjectKind::schema || grant.object == ObjectKind::role ||
                       grant.object == ObjectKind::database || grant.all_in_schema;
    const auto object = plain ? QualifiedName{"", name.name} : scope.resolve(name);
    objects.push_back(object.display());
    if (!grant.revoke || grant.default_privileges || born_object(scope, grant, name)) continue;
    const bool loses = std::any_of(grant.grantees.begin(), grant.grantees.end(), [&](const auto& role) {
      return grant.all_in_schema ? loses_in_schema(scope, grant, object.name, role)
                                 : loses_a_right(scope, grant, object, role);
    });
    // Told apart from the schema itself, which may keep its own rights.
    if (loses) breaks(action, "privilege-revoked", (grant.all_in_schema ? "all in " : "") + object.display());
  }
  action.facts["object"] = objects.empty() ? std::string("privileges") : core::join(objects);
  action.facts["name"] = core::join(grant.grantees);
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
    if (publication.action == "drop")
      replication(action, Replication::silent_damage, target.name, "its changes are no longer published");
  }
  if (publication.action == "set" && !publication.tables.empty())
    replication(action, Replication::silent_damage, {"", publication.name},
                "changes of tables that are not in the list are no longer published");
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
  const bool replica = setting.name == "session_replication_role" && core::contains(setting.values, "replica");
  if (replica) {
    action.facts["method"] = std::string("replica");
    action.effects.replication.push_back(
        {Replication::silent_damage, "", "foreign keys and ordinary triggers do not fire in this session"});
  }
  scope.add(std::move(action));
}

namespace {

// What a session means by the same text, and what it may do.
bool changes_meaning(const std::string& setting) {
  static constexpr std::array<std::string_view, 14> kNames{"search_path",
                                                           "role",
                                                           "row_security",
                                                           "datestyle",
                                                           "intervalstyle",
                                                           "timezone",
                                                           "bytea_output",
                                                           "xmloption",
                                                           "lc_numeric",
                                                           "lc_monetary",
                                                           "transform_null_equals",
                                                           "standard_conforming_strings",
                                                           "backslash_quote",
                                                           "default_transaction_deferrable"};
  return setting == "all" || core::contains(kNames, setting);
}

bool is_on(const std::vector<std::string>& values) {
  const auto value = values.empty() ? std::string() : values.front();
  return value == "on" || value == "true" || value == "1" || value == "yes";
}

bool ends_statements(const std::string& setting, const std::vector<std::string>& values) {
  static constexpr std::array<std::string_view, 6> kNames{
      "statement_timeout",   "lock_timeout",         "idle_in_transaction_session_timeout",
      "transaction_timeout", "idle_session_timeout", "temp_file_limit"};
  const bool off = values.empty() || values.front() == "0" || values.front() == "-1";
  return !off && core::contains(kNames, setting);
}

}  // namespace

namespace {

// What ALTER ROLE takes from a role that the old version may use.
void lose_attributes(Action& action, const parse::RoleStatement& role) {
  static const std::set<std::string, std::less<>> kLogin = {"canlogin=false", "password", "connectionlimit=0"};
  static const std::set<std::string, std::less<>> kRights = {"superuser=false",     "createdb=false",
                                                             "createrole=false",    "inherit=false",
                                                             "isreplication=false", "bypassrls=false"};
  const auto has_one_of = [&](const auto& known) {
    return std::any_of(role.options.begin(), role.options.end(),
                       [&](const auto& option) { return known.count(option) != 0; });
  };
  if (has_one_of(kLogin)) breaks(action, "login-lost", role.name);
  if (has_one_of(kRights)) breaks(action, "role-weakened", role.name);
  if (!action.effects.breaks.empty()) action.kind = "alter-role";
}

}  // namespace

void role_effects(Scope& scope, const parse::RoleStatement& role) {
  auto action = scope.action("role");
  action.facts["object"] = role.name;
  const bool born = role.create || (scope.context.release != nullptr && scope.context.release->role(role.name));
  if (!born) lose_attributes(action, role);
  action.neutral = action.effects.breaks.empty();
  if (!role.setting.empty()) {
    action.kind = "stored-setting";
    std::string where = role.name.empty() ? "" : "role " + role.name;
    if (!role.database.empty()) where += (where.empty() ? "database " : " in database ") + role.database;
    if (where.empty()) where = "all roles";
    const auto object = role.setting + " of " + where;
    action.facts["name"] = role.setting;
    action.facts["object"] = object;
    if (role.setting == "default_transaction_read_only" && is_on(role.values)) {
      breaks(action, "read-only", where);
    } else if (role.setting == "session_replication_role" && !role.values.empty() && role.values.front() == "replica") {
      breaks(action, "setting-changed", object);
      replication(action, Replication::silent_damage, {}, "foreign keys and ordinary triggers do not fire");
    } else if (changes_meaning(role.setting)) {
      breaks(action, "setting-changed", object);
    } else if (ends_statements(role.setting, role.values)) {
      widens(action, "statements-end", object);
    }
    action.neutral = action.effects.breaks.empty() && action.effects.widens.empty();
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
