#include "lint/effects.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <type_traits>

#include "core/contains.h"
#include "lint/scope.h"
#include "lint/verdict.h"

namespace bgdb::lint {

namespace {

constexpr std::array<std::string_view, 8> kModes = {
    "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
    "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};

void neutral(Scope& scope, std::string kind) {
  auto action = scope.action(std::move(kind));
  action.neutral = true;
  scope.add(std::move(action));
}

// A statement that only adds something that nobody knew before.
void addition(Scope& scope, std::string kind, const QualifiedName& name) {
  auto action = scope.action(std::move(kind));
  action.facts["object"] = name.display();
  action.facts["name"] = name.name;
  scope.add(std::move(action));
}

void comment(Scope& scope, const parse::Comment& comment) {
  auto action = scope.action("comment");
  action.neutral = true;
  using parse::ObjectKind;
  const auto object = comment.object;
  if (object == ObjectKind::sequence) {
    lock_sequence(scope, action, comment.relation, LockMode::share_update_exclusive);
  } else if (object == ObjectKind::index) {
    if (const auto index = scope.before.index(comment.relation))
      lock_index(action, scope.target(index.relation->name), index.index->name, LockMode::share_update_exclusive);
  } else if (object == ObjectKind::table || object == ObjectKind::column || object == ObjectKind::view ||
             object == ObjectKind::materialized_view || object == ObjectKind::foreign_table) {
    const auto target = scope.target(comment.relation);
    action = scope.action("comment", target);
    action.neutral = true;
    lock(action, target, LockMode::share_update_exclusive);
  }
  scope.add(std::move(action));
}

void statistics(Scope& scope, const parse::CreateStatistics& create) {
  const auto target = scope.target(create.relation);
  auto action = scope.action("create-statistics", target);
  action.neutral = true;
  lock(action, target, LockMode::share_update_exclusive);
  scope.add(std::move(action));
}

void create_extension(Scope& scope, const parse::CreateExtension& create) {
  addition(scope, "create-extension", {create.schema, create.name});
}

void call(Scope& scope, const parse::Call& call) {
  const auto followed = called_code_effects(scope);
  const bool known =
      std::any_of(followed.begin(), followed.end(), [&](const auto& name) { return name.name == call.procedure.name; });
  if (known && !scope.out.actions.empty()) return;
  if (known) return neutral(scope, "call");
  auto action = scope.action("call");
  action.data = true;
  action.facts["object"] = call.procedure.display();
  action.effects.unknown.push_back("what the procedure " + call.procedure.display() + " does");
  scope.out.dynamic_sql = true;
  action.facts["dynamic_sql"] = true;
  scope.add(std::move(action));
}

void alter_function(Scope& scope, const parse::AlterFunction& alter) {
  auto action = scope.action("alter-function");
  const auto name = scope.resolve(alter.name).display();
  action.facts["object"] = name;
  const bool released = !scope.born_function(alter.name);
  if (released && alter.strict) widens(action, "function-strict", name);
  if (released && alter.invoker) breaks(action, "function-invoker", name);
  action.neutral = action.effects.breaks.empty() && action.effects.widens.empty();
  scope.add(std::move(action));
}

void alter_sequence(Scope& scope, const parse::AlterSequence& alter) {
  auto action = scope.action("alter-sequence");
  action.neutral = true;
  lock_sequence(scope, action, alter.name, LockMode::share_row_exclusive);
  const auto name = scope.resolve(alter.name);
  action.facts["object"] = name.display();
  const auto width = [](const std::string& type) { return type == "int2" ? 2 : type == "int4" ? 4 : 8; };
  const auto& options = alter.option_names;
  if (const auto known = scope.before.sequences.find(name);
      known != scope.before.sequences.end() && !scope.born_sequence(alter.name)) {
    if (!alter.type_name.empty() && width(alter.type_name) < width(known->second.type_name))
      narrows(action, "sequence-narrowed", name.display());
    if (core::contains(options, "restart")) widens(action, "sequence-restarted", name.display());
  }
  scope.add(std::move(action));
}

// Statements that nobody judges in detail. What is not listed here is not analysed; that is never a pass.
enum class Utility {
  session,  // nothing that outlives the session, or nothing but bookkeeping
  addition,
  outside,  // refused inside a transaction
  open,     // what it does depends on what the text does not hold
};

std::optional<Utility> utility(std::string_view node) {
  static const std::map<std::string_view, Utility> kUtilities = {
      {"AlterCollationStmt", Utility::session},
      {"AlterDatabaseRefreshCollStmt", Utility::session},
      {"AlterDatabaseStmt", Utility::session},
      {"AlterEventTrigStmt", Utility::session},
      {"AlterFdwStmt", Utility::session},
      {"AlterForeignServerStmt", Utility::session},
      {"AlterObjectDependsStmt", Utility::session},
      {"AlterOpFamilyStmt", Utility::open},
      {"AlterOperatorStmt", Utility::session},
      {"AlterStatsStmt", Utility::session},
      {"AlterSubscriptionStmt", Utility::open},
      {"AlterSystemStmt", Utility::outside},
      {"AlterTSConfigurationStmt", Utility::addition},
      {"AlterTSDictionaryStmt", Utility::addition},
      {"AlterTableMoveAllStmt", Utility::open},
      {"AlterTableSpaceOptionsStmt", Utility::session},
      {"AlterTypeStmt", Utility::session},
      {"AlterUserMappingStmt", Utility::session},
      {"CheckPointStmt", Utility::session},
      {"ClosePortalStmt", Utility::session},
      {"ConstraintsSetStmt", Utility::session},
      {"CreateAmStmt", Utility::addition},
      {"CreateCastStmt", Utility::addition},
      {"CreateConversionStmt", Utility::addition},
      {"CreateEventTrigStmt", Utility::addition},
      {"CreateFdwStmt", Utility::addition},
      {"CreateForeignServerStmt", Utility::addition},
      {"CreateOpClassStmt", Utility::addition},
      {"CreateOpFamilyStmt", Utility::addition},
      {"CreatePLangStmt", Utility::addition},
      {"CreateSubscriptionStmt", Utility::open},
      {"CreateTableSpaceStmt", Utility::outside},
      {"CreateTransformStmt", Utility::addition},
      {"CreateUserMappingStmt", Utility::addition},
      {"CreatedbStmt", Utility::outside},
      {"DeallocateStmt", Utility::session},
      {"DeclareCursorStmt", Utility::session},
      {"DefineStmt", Utility::addition},
      {"DiscardStmt", Utility::session},
      {"DropOwnedStmt", Utility::open},
      {"DropTableSpaceStmt", Utility::outside},
      {"DropUserMappingStmt", Utility::open},
      {"ExecuteStmt", Utility::open},
      {"ExplainStmt", Utility::session},
      {"FetchStmt", Utility::session},
      {"ImportForeignSchemaStmt", Utility::addition},
      {"ListenStmt", Utility::session},
      {"LoadStmt", Utility::session},
      {"NotifyStmt", Utility::session},
      {"PrepareStmt", Utility::session},
      {"ReassignOwnedStmt", Utility::open},
      {"SecLabelStmt", Utility::session},
      {"UnlistenStmt", Utility::session},
      {"VariableShowStmt", Utility::session},
  };
  const auto found = kUtilities.find(node);
  return found == kUtilities.end() ? std::nullopt : std::optional<Utility>(found->second);
}

void other(Scope& scope, const parse::Other& other) {
  const auto kind = utility(other.node);
  auto action = scope.action("other");
  action.neutral = kind && *kind != Utility::addition && *kind != Utility::open;
  action.facts["object"] = other.node;
  if (kind == Utility::outside) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", other.node);
  }
  if (!kind || *kind == Utility::open) {
    action.effects.unknown.push_back("what " + parse::kind_name(scope.statement.node) + " does");
    action.facts["dynamic_sql"] = true;
    scope.out.dynamic_sql = true;
  }
  scope.add(std::move(action));
}

struct Dispatch {
  Scope& scope;

  void operator()(const parse::Other& node) const { other(scope, node); }
  void operator()(const parse::Query& node) const { query_effects(scope, node); }
  void operator()(const parse::CreateTable& node) const { create_table_effects(scope, node); }
  void operator()(const parse::CreateTableAs& node) const { create_table_as_effects(scope, node); }
  void operator()(const parse::AlterTable& node) const { alter_table_effects(scope, node); }
  void operator()(const parse::Rename& node) const { rename_effects(scope, node); }
  void operator()(const parse::SetSchema& node) const { set_schema_effects(scope, node); }
  void operator()(const parse::OwnerChange& node) const { owner_effects(scope, node); }
  void operator()(const parse::Drop& node) const { drop_effects(scope, node); }
  void operator()(const parse::Truncate& node) const { truncate_effects(scope, node); }
  void operator()(const parse::CreateIndex& node) const { create_index_effects(scope, node); }
  void operator()(const parse::Reindex& node) const { reindex_effects(scope, node); }
  void operator()(const parse::Cluster& node) const { maintenance_effects(scope, node); }
  void operator()(const parse::Vacuum& node) const { maintenance_effects(scope, node); }
  void operator()(const parse::Refresh& node) const { refresh_effects(scope, node); }
  void operator()(const parse::CreateView& node) const { create_view_effects(scope, node); }
  void operator()(const parse::CreateFunction& node) const { create_function_effects(scope, node); }
  void operator()(const parse::AlterFunction& node) const { alter_function(scope, node); }
  void operator()(const parse::DoBlock& node) const { do_block_effects(scope, node); }
  void operator()(const parse::Call& node) const { call(scope, node); }
  void operator()(const parse::CreateTrigger& node) const { create_trigger_effects(scope, node); }
  void operator()(const parse::CreateRule& node) const { create_rule_effects(scope, node); }
  void operator()(const parse::PolicyStatement& node) const { policy_effects(scope, node); }
  void operator()(const parse::CreateEnum& node) const { addition(scope, "create-type", scope.resolve(node.name)); }
  void operator()(const parse::AlterEnum& node) const { alter_enum_effects(scope, node); }
  void operator()(const parse::CreateType& node) const { addition(scope, "create-type", scope.resolve(node.name)); }
  void operator()(const parse::CreateDomain& node) const { addition(scope, "create-domain", scope.resolve(node.name)); }
  void operator()(const parse::AlterDomain& node) const { alter_domain_effects(scope, node); }
  void operator()(const parse::CreateSequence& node) const {
    addition(scope, "create-sequence", scope.resolve(node.name));
  }
  void operator()(const parse::AlterSequence& node) const { alter_sequence(scope, node); }
  void operator()(const parse::CreateSchema& node) const { addition(scope, "create-schema", {"", node.name}); }
  void operator()(const parse::CreateExtension& node) const { create_extension(scope, node); }
  void operator()(const parse::AlterExtension&) const { neutral(scope, "alter-extension"); }
  void operator()(const parse::Grant& node) const { grant_effects(scope, node); }
  void operator()(const parse::Comment& node) const { comment(scope, node); }
  void operator()(const parse::TransactionStatement& node) const { transaction_effects(scope, node); }
  void operator()(const parse::SetVariable& node) const { setting_effects(scope, node); }
  void operator()(const parse::Lock& node) const { lock_effects(scope, node); }
  void operator()(const parse::Copy& node) const { copy_effects(scope, node); }
  void operator()(const parse::CreateStatistics& node) const { statistics(scope, node); }
  void operator()(const parse::PublicationStatement& node) const { publication_effects(scope, node); }
  void operator()(const parse::RoleStatement& node) const { role_effects(scope, node); }
};

std::vector<std::string> texts(const std::vector<Effect>& effects, std::string Effect::*part = &Effect::kind) {
  std::vector<std::string> out;
  for (const auto& effect : effects) out.push_back(effect.*part);
  return out;
}

std::vector<std::string> released_names(const std::vector<RelationEffect>& effects) {
  std::vector<std::string> out;
  for (const auto& effect : effects) {
    if (effect.released) out.push_back(effect.relation.display());
  }
  return out;
}

void lock_facts(Action& action) {
  auto strongest = LockMode::access_share;
  for (const auto& lock : action.effects.locks) {
    if (lock.released && lock.kind == LockedKind::relation && blocks_writes(lock.mode))
      strongest = std::max(strongest, lock.mode);
  }
  if (!blocks_writes(strongest)) return;
  std::vector<std::string> locked, others;
  for (const auto& lock : action.effects.locks) {
    if (!lock.released || lock.kind != LockedKind::relation || !blocks_writes(lock.mode)) continue;
    if (lock.mode == strongest) locked.push_back(lock.relation.display());
    if (lock.relation != action.table) others.push_back(lock.relation.display());
  }
  action.facts["lock"] = std::string(to_string(strongest));
  action.facts["locked"] = std::move(locked);
  action.facts["others_locked"] = std::move(others);
}

void replication_facts(Action& action) {
  const ReplicationEffect* worst = nullptr;
  for (const auto& effect : action.effects.replication) {
    if (worst == nullptr || effect.kind > worst->kind) worst = &effect;
  }
  action.facts["replication"] = std::string(to_string(worst == nullptr ? Replication::ok : worst->kind));
  if (worst != nullptr) action.facts["replication.reason"] = worst->reason;
}

std::shared_ptr<const Facts> held_facts(const std::set<QualifiedName>& locked, const std::set<QualifiedName>& told) {
  std::vector<std::string> held;
  for (const auto& name : locked) {
    if (told.count(name) == 0) held.push_back(name.display());
  }
  auto facts = std::make_shared<Facts>();
  (*facts)["held_locks"] = std::move(held);
  return facts;
}

}  // namespace

void derive_facts(Action& action) {
  auto& facts = action.facts;
  facts["action"] = action.kind;
  if (!facts.contains("object") && !action.table.empty()) facts["object"] = action.table.display();
  lock_facts(action);
  replication_facts(action);
  const auto& set = action.effects;
  facts["rewrites"] = released_names(set.rewrites);
  facts["scans"] = released_names(set.scans);
  facts["index_builds"] = released_names(set.index_builds);
  facts["breaks"] = texts(set.breaks);
  facts["narrows"] = texts(set.narrows);
  facts["widens"] = texts(set.widens);
  facts["loses"] = texts(set.loses);
  facts["irreversible"] = texts(set.irreversible);
  facts["fails"] = texts(set.fails);
  facts["failure"] = described(set.fails);
  facts["unknown"] = set.unknown.all();
  facts["lost"] = texts(set.loses, &Effect::object);
  facts["broken"] = texts(set.breaks, &Effect::object);
}

std::string_view to_string(LockMode mode) {
  return kModes[static_cast<size_t>(mode)];
}

LockMode lock_mode_from_string(std::string_view name) {
  for (size_t i = 0; i < kModes.size(); ++i) {
    if (kModes[i] == name) return static_cast<LockMode>(i);
  }
  return LockMode::access_exclusive;
}

std::string_view to_string(Replication value) {
  switch (value) {
    case Replication::ok:
      return "ok";
    case Replication::needs_mapping:
      return "needs-mapping";
    case Replication::stops:
      return "stops";
    case Replication::silent_damage:
      return "silent-damage";
    case Replication::unknown:
      return "unknown";
  }
  return "unknown";
}

Effects effects_of(const parse::Statement& statement, const schema::Catalog& before, const Context& context) {
  Effects effects;
  Scope scope(statement, before, context, effects);
  if (!statement.parsed) {
    auto action = scope.action("not-parsed");
    action.facts["error"] = statement.error;
    action.effects.unknown.push_back("the statement: " + statement.error);
    scope.add(std::move(action));
  } else {
    std::visit(Dispatch{scope}, statement.node);
    existence_effects(scope);
  }
  if (context.transaction != nullptr) effects.held_locks = context.transaction->held_locks;
  return effects;
}

void resum(Effects& effects) {
  static_cast<EffectSet&>(effects) = {};
  for (const auto& action : effects.actions) merge(effects, action.effects);
}

void TransactionFacts::note(const Effects& effects, const parse::Statement& statement, const schema::Catalog& before) {
  const bool works = std::any_of(effects.actions.begin(), effects.actions.end(), [](const auto& action) {
    return (action.kind == "update" || action.kind == "delete" || action.kind == "merge") &&
           std::any_of(action.effects.scans.begin(), action.effects.scans.end(),
                       [](const auto& scan) { return scan.released; });
  });
  bool changed = works && worked_under.size() != locked.size();
  if (works) worked_under = locked;
  for (const auto& lock : effects.locks) {
    if (lock.released && lock.mode == LockMode::access_exclusive)
      changed = locked.insert(lock.relation).second || changed;
  }
  if (changed) held_locks = held_facts(locked, worked_under);
  if (const auto* alter = std::get_if<parse::AlterEnum>(&statement.node); alter != nullptr && !alter->rename) {
    const auto name = before.resolve(alter->name);
    const auto known = before.enums.find(name);
    const bool there = known != before.enums.end() && core::contains(known->second.labels, alter->label);
    if (!there) enum_labels_added.insert({alter->label, name});
  }
  if (const auto* alter = std::get_if<parse::AlterTable>(&statement.node)) {
    const auto table = before.resolve(alter->relation);
    for (const auto& command : alter->commands) {
      if (command.constraint && command.constraint->not_valid) not_valid.insert({table, command.constraint->name});
      const bool drops = command.kind == parse::AlterKind::drop_constraint && !command.if_exists;
      if (const auto* known = before.relation(table); drops && (known == nullptr || !known->constraint(command.name)))
        unseen_dropped.insert({table, command.name});
    }
  }
}

}  // namespace bgdb::lint
