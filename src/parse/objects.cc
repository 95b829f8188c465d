// What is done to any kind of object: RENAME, SET SCHEMA, OWNER TO, DROP, COMMENT, GRANT.
#include <string>

#include "core/text.h"
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

// Trigger, rule, policy, constraint: the last name is the thing, the names before it are its relation.
bool is_part_of_relation(ObjectKind kind) {
  return kind == ObjectKind::trigger || kind == ObjectKind::rule || kind == ObjectKind::policy ||
         kind == ObjectKind::constraint || kind == ObjectKind::column;
}

struct PartName {
  QualifiedName relation;
  std::string part;
};

PartName split_part(const std::vector<std::string>& names) {
  PartName out;
  if (!names.empty()) out.part = names.back();
  if (names.size() > 1) out.relation.name = names[names.size() - 2];
  if (names.size() > 2) out.relation.schema = names[names.size() - 3];
  return out;
}

std::vector<TypeName> arguments_of(const PgNode* object) {
  const auto* routine = BGDB_AS(ObjectWithArgs, object);
  return routine == nullptr ? std::vector<TypeName>{} : convert_types(routine->objargs);
}

bool arguments_given(const PgNode* object) {
  const auto* routine = BGDB_AS(ObjectWithArgs, object);
  return routine != nullptr && !routine->args_unspecified;
}

Rename convert_rename(const RenameStmt* node) {
  Rename out;
  out.object = object_kind(node->renameType);
  out.relation_kind = object_kind(node->relationType);
  out.relation = node->relation != nullptr ? name_of(node->relation) : name_of_object(node->object);
  out.name = text_of(node->subname);
  out.new_name = text_of(node->newname);
  out.arguments = arguments_of(node->object);
  out.arguments_given = arguments_given(node->object);
  out.if_exists = node->missing_ok;
  if (out.relation.empty() && !out.name.empty()) {  // schema, role, database: only a bare name
    out.relation.name = out.name;
    out.name.clear();
  }
  return out;
}

SetSchema convert_set_schema(const AlterObjectSchemaStmt* node) {
  SetSchema out;
  out.object = object_kind(node->objectType);
  out.relation = node->relation != nullptr ? name_of(node->relation) : name_of_object(node->object);
  out.arguments = arguments_of(node->object);
  out.arguments_given = arguments_given(node->object);
  out.new_schema = text_of(node->newschema);
  out.if_exists = node->missing_ok;
  return out;
}

OwnerChange convert_owner(const AlterOwnerStmt* node) {
  OwnerChange out;
  out.object = object_kind(node->objectType);
  out.relation = node->relation != nullptr ? name_of(node->relation) : name_of_object(node->object);
  out.new_owner = role_name(node->newowner);
  return out;
}

Drop::Item convert_drop_item(ObjectKind kind, const PgNode* object) {
  Drop::Item item;
  if (is_part_of_relation(kind) && nodeTag(object) == T_List) {
    PartName split = split_part(string_list(reinterpret_cast<const PgList*>(object)));
    item.name = std::move(split.relation);
    item.sub_name = std::move(split.part);
    return item;
  }
  item.name = name_of_object(object);
  if (const auto* routine = BGDB_AS(ObjectWithArgs, object)) {
    item.arguments = convert_types(routine->objargs);
    item.arguments_given = !routine->args_unspecified;
  }
  return item;
}

Drop convert_drop(const DropStmt* node) {
  Drop out;
  out.object = object_kind(node->removeType);
  out.if_exists = node->missing_ok;
  out.cascade = node->behavior == DROP_CASCADE;
  out.concurrently = node->concurrent;
  for (const PgNode* object : Nodes(node->objects)) out.items.push_back(convert_drop_item(out.object, object));
  return out;
}

Drop single_drop(ObjectKind kind, const char* name, bool if_exists, bool cascade = false) {
  Drop out;
  out.object = kind;
  out.if_exists = if_exists;
  out.cascade = cascade;
  Drop::Item item;
  item.name.name = text_of(name);
  out.items.push_back(std::move(item));
  return out;
}

Drop convert_drop_roles(const DropRoleStmt* node) {
  Drop out;
  out.object = ObjectKind::role;
  out.if_exists = node->missing_ok;
  for (const PgNode* role : Nodes(node->roles)) {
    Drop::Item item;
    item.name.name = role_name(reinterpret_cast<const RoleSpec*>(role));
    out.items.push_back(std::move(item));
  }
  return out;
}

Comment convert_comment(const CommentStmt* node) {
  Comment out;
  out.object = object_kind(node->objtype);
  const auto* list = BGDB_AS(List, node->object);
  // A constraint of a domain holds the domain as a TypeName in front.
  if (list != nullptr && node->objtype == OBJECT_DOMCONSTRAINT) {
    out.relation = name_of_object(Nodes(list)[0]);
    out.sub_name = string_value(Nodes(list)[1]);
  } else if (list != nullptr && is_part_of_relation(out.object)) {
    PartName split = split_part(string_list(list));
    out.relation = std::move(split.relation);
    out.sub_name = std::move(split.part);
  } else {
    out.relation = name_of_object(node->object);
  }
  if (node->comment != nullptr) out.text = node->comment;
  return out;
}

Grant convert_grant(const GrantStmt* node) {
  Grant out;
  out.revoke = !node->is_grant;
  out.all_in_schema = node->targtype == ACL_TARGET_ALL_IN_SCHEMA;
  out.object = object_kind(node->objtype);
  for (const PgNode* object : Nodes(node->objects)) out.objects.push_back(name_of_object(object));
  for (const PgNode* privilege : Nodes(node->privileges)) {
    const auto* access = BGDB_AS(AccessPriv, privilege);
    if (access != nullptr)
      out.privileges.push_back(access->priv_name == nullptr ? "all" : core::lower(access->priv_name));
  }
  for (const PgNode* role : Nodes(node->grantees)) {
    out.grantees.push_back(role_name(reinterpret_cast<const RoleSpec*>(role)));
  }
  out.cascade = node->behavior == DROP_CASCADE;
  return out;
}

Grant convert_grant_role(const GrantRoleStmt* node) {
  Grant out;
  out.revoke = !node->is_grant;
  out.object = ObjectKind::role;
  for (const PgNode* role : Nodes(node->granted_roles)) {
    const auto* access = BGDB_AS(AccessPriv, role);
    if (access != nullptr) out.objects.push_back({.schema = {}, .name = text_of(access->priv_name)});
  }
  for (const PgNode* role : Nodes(node->grantee_roles)) {
    out.grantees.push_back(role_name(reinterpret_cast<const RoleSpec*>(role)));
  }
  out.cascade = node->behavior == DROP_CASCADE;
  return out;
}

Grant convert_default_privileges(const AlterDefaultPrivilegesStmt* node) {
  Grant out = convert_grant(node->action);
  out.default_privileges = true;
  for (const PgNode* item : Nodes(node->options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr || text_of(option->defname) != "schemas") continue;
    for (const std::string& schema : string_list(BGDB_AS(List, option->arg))) {
      out.objects.push_back({.schema = {}, .name = schema});
    }
  }
  return out;
}

}  // namespace

bool convert_objects(const Context&, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_RenameStmt:
      out = convert_rename(reinterpret_cast<const RenameStmt*>(node));
      return true;
    case T_AlterObjectSchemaStmt:
      out = convert_set_schema(reinterpret_cast<const AlterObjectSchemaStmt*>(node));
      return true;
    case T_AlterOwnerStmt:
      out = convert_owner(reinterpret_cast<const AlterOwnerStmt*>(node));
      return true;
    case T_DropStmt:
      out = convert_drop(reinterpret_cast<const DropStmt*>(node));
      return true;
    case T_DropRoleStmt:
      out = convert_drop_roles(reinterpret_cast<const DropRoleStmt*>(node));
      return true;
    case T_DropdbStmt: {
      const auto* drop = reinterpret_cast<const DropdbStmt*>(node);
      out = single_drop(ObjectKind::database, drop->dbname, drop->missing_ok);
      return true;
    }
    case T_DropTableSpaceStmt: {
      const auto* drop = reinterpret_cast<const DropTableSpaceStmt*>(node);
      out = single_drop(ObjectKind::tablespace, drop->tablespacename, drop->missing_ok);
      return true;
    }
    case T_DropSubscriptionStmt: {
      const auto* drop = reinterpret_cast<const DropSubscriptionStmt*>(node);
      out = single_drop(ObjectKind::subscription, drop->subname, drop->missing_ok, drop->behavior == DROP_CASCADE);
      return true;
    }
    case T_CommentStmt:
      out = convert_comment(reinterpret_cast<const CommentStmt*>(node));
      return true;
    case T_GrantStmt:
      out = convert_grant(reinterpret_cast<const GrantStmt*>(node));
      return true;
    case T_GrantRoleStmt:
      out = convert_grant_role(reinterpret_cast<const GrantRoleStmt*>(node));
      return true;
    case T_AlterDefaultPrivilegesStmt:
      out = convert_default_privileges(reinterpret_cast<const AlterDefaultPrivilegesStmt*>(node));
      return true;
    default:
      return false;
  }
}

}  // namespace bgdb::parse
