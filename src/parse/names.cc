// Names of objects, roles and node kinds out of PostgreSQL's lists.
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {

std::string string_value(const PgNode* node) {
  const auto* text = BGDB_AS(String, node);
  return text == nullptr ? std::string() : text_of(text->sval);
}

std::vector<std::string> string_list(const PgList* list) {
  std::vector<std::string> names;
  for (const PgNode* node : Nodes(list)) names.push_back(string_value(node));
  return names;
}

QualifiedName name_of(const PgList* names) {
  const Nodes parts(names);
  QualifiedName name;
  if (parts.size() > 0) name.name = string_value(parts[parts.size() - 1]);
  if (parts.size() > 1) name.schema = string_value(parts[parts.size() - 2]);
  return name;
}

QualifiedName name_of(const RangeVar* relation) {
  if (relation == nullptr) return {};
  return {.schema = text_of(relation->schemaname), .name = text_of(relation->relname)};
}

QualifiedName name_of_object(const PgNode* node) {
  if (node == nullptr) return {};
  switch (nodeTag(node)) {
    case T_List:
      return name_of(reinterpret_cast<const PgList*>(node));
    case T_RangeVar:
      return name_of(reinterpret_cast<const RangeVar*>(node));
    case T_ObjectWithArgs:
      return name_of(reinterpret_cast<const ObjectWithArgs*>(node)->objname);
    case T_TypeName:
      return name_of(reinterpret_cast<const ::TypeName*>(node)->names);
    case T_String:
      return {.schema = {}, .name = string_value(node)};
    default:
      return {};
  }
}

std::string role_name(const RoleSpec* role) {
  if (role == nullptr) return {};
  switch (role->roletype) {
    case ROLESPEC_CSTRING:
      return text_of(role->rolename);
    case ROLESPEC_CURRENT_ROLE:
      return "current_role";
    case ROLESPEC_CURRENT_USER:
      return "current_user";
    case ROLESPEC_SESSION_USER:
      return "session_user";
    case ROLESPEC_PUBLIC:
      return "public";
  }
  return {};
}

ObjectKind object_kind(::ObjectType type) {
  switch (type) {
    case OBJECT_TABLE:
      return ObjectKind::table;
    case OBJECT_VIEW:
      return ObjectKind::view;
    case OBJECT_MATVIEW:
      return ObjectKind::materialized_view;
    case OBJECT_INDEX:
      return ObjectKind::index;
    case OBJECT_SEQUENCE:
      return ObjectKind::sequence;
    case OBJECT_FOREIGN_TABLE:
      return ObjectKind::foreign_table;
    case OBJECT_TYPE:
      return ObjectKind::type;
    case OBJECT_DOMAIN:
      return ObjectKind::domain;
    case OBJECT_SCHEMA:
      return ObjectKind::schema;
    case OBJECT_DATABASE:
      return ObjectKind::database;
    case OBJECT_FUNCTION:
      return ObjectKind::function;
    case OBJECT_PROCEDURE:
      return ObjectKind::procedure;
    case OBJECT_ROUTINE:
      return ObjectKind::routine;
    case OBJECT_AGGREGATE:
      return ObjectKind::aggregate;
    case OBJECT_TRIGGER:
      return ObjectKind::trigger;
    case OBJECT_RULE:
      return ObjectKind::rule;
    case OBJECT_POLICY:
      return ObjectKind::policy;
    case OBJECT_EXTENSION:
      return ObjectKind::extension;
    case OBJECT_COLUMN:
      return ObjectKind::column;
    case OBJECT_TABCONSTRAINT:
    case OBJECT_DOMCONSTRAINT:
      return ObjectKind::constraint;
    case OBJECT_ATTRIBUTE:
      return ObjectKind::attribute;
    case OBJECT_PUBLICATION:
      return ObjectKind::publication;
    case OBJECT_SUBSCRIPTION:
      return ObjectKind::subscription;
    case OBJECT_ROLE:
      return ObjectKind::role;
    case OBJECT_STATISTIC_EXT:
      return ObjectKind::statistics;
    case OBJECT_OPERATOR:
      return ObjectKind::operator_;
    case OBJECT_CAST:
      return ObjectKind::cast;
    case OBJECT_COLLATION:
      return ObjectKind::collation;
    case OBJECT_EVENT_TRIGGER:
      return ObjectKind::event_trigger;
    case OBJECT_FOREIGN_SERVER:
      return ObjectKind::foreign_server;
    case OBJECT_TABLESPACE:
      return ObjectKind::tablespace;
    case OBJECT_LANGUAGE:
      return ObjectKind::language;
    default:
      return ObjectKind::other;
  }
}

std::string node_name(const PgNode* node) {
  if (node == nullptr) return {};
#define BGDB_NAME(tag) \
  case T_##tag:        \
    return #tag
  switch (nodeTag(node)) {
    BGDB_NAME(AlterCollationStmt);
    BGDB_NAME(AlterDatabaseRefreshCollStmt);
    BGDB_NAME(AlterDatabaseSetStmt);
    BGDB_NAME(AlterDatabaseStmt);
    BGDB_NAME(AlterEventTrigStmt);
    BGDB_NAME(AlterFdwStmt);
    BGDB_NAME(AlterForeignServerStmt);
    BGDB_NAME(AlterObjectDependsStmt);
    BGDB_NAME(AlterOpFamilyStmt);
    BGDB_NAME(AlterOperatorStmt);
    BGDB_NAME(AlterRoleSetStmt);
    BGDB_NAME(AlterStatsStmt);
    BGDB_NAME(AlterSubscriptionStmt);
    BGDB_NAME(AlterSystemStmt);
    BGDB_NAME(AlterTSConfigurationStmt);
    BGDB_NAME(AlterTSDictionaryStmt);
    BGDB_NAME(AlterTableMoveAllStmt);
    BGDB_NAME(AlterTableSpaceOptionsStmt);
    BGDB_NAME(AlterTypeStmt);
    BGDB_NAME(AlterUserMappingStmt);
    BGDB_NAME(CheckPointStmt);
    BGDB_NAME(ClosePortalStmt);
    BGDB_NAME(ConstraintsSetStmt);
    BGDB_NAME(CreateAmStmt);
    BGDB_NAME(CreateCastStmt);
    BGDB_NAME(CreateConversionStmt);
    BGDB_NAME(CreateEventTrigStmt);
    BGDB_NAME(CreateFdwStmt);
    BGDB_NAME(CreateForeignServerStmt);
    BGDB_NAME(CreateOpClassStmt);
    BGDB_NAME(CreateOpFamilyStmt);
    BGDB_NAME(CreatePLangStmt);
    BGDB_NAME(CreateSubscriptionStmt);
    BGDB_NAME(CreateTableSpaceStmt);
    BGDB_NAME(CreateTransformStmt);
    BGDB_NAME(CreateUserMappingStmt);
    BGDB_NAME(CreatedbStmt);
    BGDB_NAME(DeallocateStmt);
    BGDB_NAME(DeclareCursorStmt);
    BGDB_NAME(DefineStmt);
    BGDB_NAME(DiscardStmt);
    BGDB_NAME(DropOwnedStmt);
    BGDB_NAME(DropUserMappingStmt);
    BGDB_NAME(ExecuteStmt);
    BGDB_NAME(ExplainStmt);
    BGDB_NAME(FetchStmt);
    BGDB_NAME(GrantRoleStmt);
    BGDB_NAME(ImportForeignSchemaStmt);
    BGDB_NAME(ListenStmt);
    BGDB_NAME(LoadStmt);
    BGDB_NAME(NotifyStmt);
    BGDB_NAME(PrepareStmt);
    BGDB_NAME(ReassignOwnedStmt);
    BGDB_NAME(SecLabelStmt);
    BGDB_NAME(UnlistenStmt);
    BGDB_NAME(VariableShowStmt);
    default:
      return "Node" + std::to_string(static_cast<int>(nodeTag(node)));
  }
#undef BGDB_NAME
}

}  // namespace bgdb::parse
