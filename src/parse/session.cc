// Statements about the session, locks and maintenance: BEGIN, SET, LOCK, COPY, TRUNCATE, VACUUM, REINDEX, CLUSTER,
// REFRESH, publications, extensions, roles.
#include <array>
#include <string>

#include "core/text.h"
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

TransactionStatement convert_transaction(const TransactionStmt* node) {
  TransactionStatement out;
  switch (node->kind) {
    case TRANS_STMT_BEGIN:
    case TRANS_STMT_START:
      out.kind = TransactionKind::begin;
      break;
    case TRANS_STMT_COMMIT:
      out.kind = TransactionKind::commit;
      break;
    case TRANS_STMT_ROLLBACK:
      out.kind = TransactionKind::rollback;
      break;
    case TRANS_STMT_SAVEPOINT:
      out.kind = TransactionKind::savepoint;
      break;
    case TRANS_STMT_RELEASE:
      out.kind = TransactionKind::release;
      break;
    case TRANS_STMT_ROLLBACK_TO:
      out.kind = TransactionKind::rollback_to;
      break;
    case TRANS_STMT_PREPARE:
      out.kind = TransactionKind::prepare;
      break;
    case TRANS_STMT_COMMIT_PREPARED:
      out.kind = TransactionKind::commit_prepared;
      break;
    case TRANS_STMT_ROLLBACK_PREPARED:
      out.kind = TransactionKind::rollback_prepared;
      break;
  }
  out.name = text_of(node->savepoint_name != nullptr ? node->savepoint_name : node->gid);
  return out;
}

std::string set_value(const PgNode* node) {
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;  // SET TIME ZONE INTERVAL '1 hour'
  const auto* constant = BGDB_AS(A_Const, node);
  if (constant == nullptr || constant->isnull) return {};
  switch (constant->val.node.type) {
    case T_Integer:
      return std::to_string(constant->val.ival.ival);
    case T_Float:
      return text_of(constant->val.fval.fval);
    case T_Boolean:
      return constant->val.boolval.boolval ? "true" : "false";
    case T_String:
      return text_of(constant->val.sval.sval);
    default:
      return {};
  }
}

SetVariable convert_set(const VariableSetStmt* node) {
  SetVariable out;
  out.name = core::lower(text_of(node->name));
  out.local = node->is_local;
  out.reset = node->kind == VAR_RESET || node->kind == VAR_SET_DEFAULT;
  out.reset_all = node->kind == VAR_RESET_ALL;
  for (const PgNode* argument : Nodes(node->args)) {
    if (const auto* option = BGDB_AS(DefElem, argument)) {  // SET TRANSACTION ISOLATION LEVEL ...
      out.values.push_back(text_of(option->defname) + '=' + set_value(option->arg));
    } else {
      out.values.push_back(set_value(argument));
    }
  }
  return out;
}

void read_relations(const PgList* list, std::vector<QualifiedName>& all, std::vector<QualifiedName>& only) {
  for (const PgNode* item : Nodes(list)) {
    all.push_back(name_of_object(item));
    const auto* range = BGDB_AS(RangeVar, item);
    if (range != nullptr && !range->inh) only.push_back(all.back());
  }
}

Lock convert_lock(const LockStmt* node) {
  static constexpr std::array<const char*, 9> kModes{
      "",          "AccessShareLock",       "RowShareLock",  "RowExclusiveLock",   "ShareUpdateExclusiveLock",
      "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"};
  Lock out;
  read_relations(node->relations, out.relations, out.only);
  if (node->mode > 0 && node->mode < static_cast<int>(kModes.size())) out.mode = kModes[node->mode];
  out.nowait = node->nowait;
  return out;
}

Copy convert_copy(const CopyStmt* node) {
  Copy out;
  out.relation = name_of(node->relation);
  out.columns = string_list(node->attlist);
  out.from = node->is_from;
  out.from_stdin = node->is_from && node->filename == nullptr && !node->is_program;
  out.program = node->is_program;
  return out;
}

Truncate convert_truncate(const TruncateStmt* node) {
  Truncate out;
  read_relations(node->relations, out.relations, out.only);
  out.cascade = node->behavior == DROP_CASCADE;
  out.restart_identity = node->restart_seqs;
  return out;
}

// An option such as CONCURRENTLY or FULL: given without a value it is on.
bool option_on(const PgList* options, const std::string& name) {
  for (const PgNode* item : Nodes(options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr || text_of(option->defname) != name) continue;
    if (option->arg == nullptr) return true;
    if (const auto* number = BGDB_AS(Integer, option->arg)) return number->ival != 0;
    if (const auto* boolean = BGDB_AS(Boolean, option->arg)) return boolean->boolval;
    const std::string text = string_value(option->arg);
    return text != "off" && text != "false";
  }
  return false;
}

Reindex convert_reindex(const ReindexStmt* node) {
  static constexpr std::array<const char*, 5> kTargets{"index", "table", "schema", "system", "database"};
  Reindex out;
  out.target = kTargets.at(static_cast<size_t>(node->kind));
  out.relation = node->relation != nullptr ? name_of(node->relation) : QualifiedName{{}, text_of(node->name)};
  out.concurrently = option_on(node->params, "concurrently");
  return out;
}

Vacuum convert_vacuum(const VacuumStmt* node) {
  Vacuum out;
  for (const PgNode* item : Nodes(node->rels)) {
    const auto* relation = BGDB_AS(VacuumRelation, item);
    if (relation != nullptr && relation->relation != nullptr) out.relations.push_back(name_of(relation->relation));
  }
  out.full = option_on(node->options, "full");
  out.analyze = !node->is_vacuumcmd || option_on(node->options, "analyze");
  out.analyze_only = !node->is_vacuumcmd;
  return out;
}

void read_publication_objects(const PgList* objects, PublicationStatement& out) {
  for (const PgNode* item : Nodes(objects)) {
    const auto* object = BGDB_AS(PublicationObjSpec, item);
    if (object != nullptr && object->pubtable != nullptr) out.tables.push_back(name_of(object->pubtable->relation));
  }
}

PublicationStatement convert_create_publication(const CreatePublicationStmt* node) {
  PublicationStatement out;
  out.name = text_of(node->pubname);
  out.all_tables = node->for_all_tables;
  read_publication_objects(node->pubobjects, out);
  return out;
}

PublicationStatement convert_alter_publication(const AlterPublicationStmt* node) {
  PublicationStatement out;
  out.name = text_of(node->pubname);
  out.create = false;
  out.all_tables = node->for_all_tables;
  read_publication_objects(node->pubobjects, out);
  if (Nodes(node->options).size() > 0) {
    out.action = "options";
  } else {
    out.action = node->action == AP_AddObjects ? "add" : node->action == AP_DropObjects ? "drop" : "set";
  }
  return out;
}

RoleStatement stored_setting(RoleStatement out, const VariableSetStmt* node) {
  auto set = convert_set(node);
  out.setting = set.reset_all ? "all" : set.name;
  if (!set.reset) out.values = std::move(set.values);
  return out;
}

RoleStatement convert_role_setting(const AlterRoleSetStmt* node) {
  return stored_setting({node->role == nullptr ? "" : role_name(node->role), false, text_of(node->database)},
                        node->setstmt);
}

RoleStatement convert_alter_role(const AlterRoleStmt* node) {
  RoleStatement out{role_name(node->role), false};
  for (const PgNode* item : Nodes(node->options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    auto& text = out.options.emplace_back(text_of(option->defname));
    if (const auto* on = BGDB_AS(Boolean, option->arg)) text += on->boolval ? "=true" : "=false";
    if (const auto* number = BGDB_AS(Integer, option->arg)) text += '=' + std::to_string(number->ival);
  }
  return out;
}

}  // namespace

bool convert_session(const Context& context, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_ExplainStmt: {  // ANALYZE runs it
      const auto* explain = reinterpret_cast<const ExplainStmt*>(node);
      if (!option_on(explain->options, "analyze")) return false;
      out = convert_statement(context, explain->query);
      return true;
    }
    case T_TransactionStmt:
      out = convert_transaction(reinterpret_cast<const TransactionStmt*>(node));
      return true;
    case T_VariableSetStmt:
      out = convert_set(reinterpret_cast<const VariableSetStmt*>(node));
      return true;
    case T_LockStmt:
      out = convert_lock(reinterpret_cast<const LockStmt*>(node));
      return true;
    case T_CopyStmt:
      out = convert_copy(reinterpret_cast<const CopyStmt*>(node));
      return true;
    case T_TruncateStmt:
      out = convert_truncate(reinterpret_cast<const TruncateStmt*>(node));
      return true;
    case T_ReindexStmt:
      out = convert_reindex(reinterpret_cast<const ReindexStmt*>(node));
      return true;
    case T_VacuumStmt:
      out = convert_vacuum(reinterpret_cast<const VacuumStmt*>(node));
      return true;
    case T_ClusterStmt: {
      const auto* cluster = reinterpret_cast<const ClusterStmt*>(node);
      out = Cluster{name_of(cluster->relation), text_of(cluster->indexname)};
      return true;
    }
    case T_RefreshMatViewStmt: {
      const auto* refresh = reinterpret_cast<const RefreshMatViewStmt*>(node);
      out = Refresh{name_of(refresh->relation), refresh->concurrent, !refresh->skipData};
      return true;
    }
    case T_CreatePublicationStmt:
      out = convert_create_publication(reinterpret_cast<const CreatePublicationStmt*>(node));
      return true;
    case T_AlterPublicationStmt:
      out = convert_alter_publication(reinterpret_cast<const AlterPublicationStmt*>(node));
      return true;
    case T_AlterExtensionStmt:
      out = AlterExtension{text_of(reinterpret_cast<const AlterExtensionStmt*>(node)->extname), "update"};
      return true;
    case T_AlterExtensionContentsStmt: {
      const auto* alter = reinterpret_cast<const AlterExtensionContentsStmt*>(node);
      out = AlterExtension{text_of(alter->extname), alter->action > 0 ? "add" : "drop"};
      return true;
    }
    case T_CreateRoleStmt:
      out = RoleStatement{text_of(reinterpret_cast<const CreateRoleStmt*>(node)->role), true};
      return true;
    case T_AlterRoleStmt:
      out = convert_alter_role(reinterpret_cast<const AlterRoleStmt*>(node));
      return true;
    case T_AlterRoleSetStmt:
      out = convert_role_setting(reinterpret_cast<const AlterRoleSetStmt*>(node));
      return true;
    case T_AlterDatabaseSetStmt: {
      const auto* database = reinterpret_cast<const AlterDatabaseSetStmt*>(node);
      out = stored_setting({"", false, text_of(database->dbname)}, database->setstmt);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace bgdb::parse
