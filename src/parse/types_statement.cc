// CREATE and ALTER of types: enum, composite, range, base, domain.
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

AlterEnum convert_alter_enum(const AlterEnumStmt* node) {
  AlterEnum out;
  out.name = name_of(node->typeName);
  out.rename = node->oldVal != nullptr;
  out.label = text_of(out.rename ? node->oldVal : node->newVal);
  if (out.rename) out.new_label = text_of(node->newVal);
  out.if_not_exists = node->skipIfNewValExists;
  out.neighbour = text_of(node->newValNeighbor);
  out.after = node->newValNeighbor != nullptr && node->newValIsAfter;
  return out;
}

CreateType convert_composite(const Context& context, const CompositeTypeStmt* node) {
  CreateType out;
  out.name = name_of(node->typevar);
  out.form = "composite";
  for (const PgNode* column : Nodes(node->coldeflist)) {
    out.attributes.push_back(convert_column(context, reinterpret_cast<const ::ColumnDef*>(column)));
  }
  return out;
}

CreateType convert_range(const CreateRangeStmt* node) {
  CreateType out;
  out.name = name_of(node->typeName);
  out.form = "range";
  for (const PgNode* item : Nodes(node->params)) {
    const auto* option = BGDB_AS(DefElem, item);
    const auto* type = option == nullptr ? nullptr : BGDB_AS(TypeName, option->arg);
    if (type == nullptr) continue;
    if (text_of(option->defname) == "subtype") out.subtype = convert_type(type);
    if (text_of(option->defname) == "multirange_type_name") out.multirange = name_of(type->names);
  }
  return out;
}

CreateDomain convert_domain(const Context& context, const CreateDomainStmt* node) {
  CreateDomain out;
  out.name = name_of(node->domainname);
  out.type = convert_type(node->typeName);
  for (const PgNode* item : Nodes(node->constraints)) {
    const auto* constraint = BGDB_AS(Constraint, item);
    if (constraint == nullptr) continue;
    switch (constraint->contype) {
      case CONSTR_NOTNULL:
        out.not_null = true;
        break;
      case CONSTR_DEFAULT:
        out.default_value = convert_optional(constraint->raw_expr);
        break;
      case CONSTR_CHECK:
        out.checks.push_back(convert_constraint(context, constraint));
        break;
      default:
        break;
    }
  }
  return out;
}

AlterDomainKind domain_kind(const AlterDomainStmt* node) {
  switch (node->subtype) {
    case 'N':
      return AlterDomainKind::drop_not_null;
    case 'O':
      return AlterDomainKind::set_not_null;
    case 'C':
      return AlterDomainKind::add_constraint;
    case 'X':
      return AlterDomainKind::drop_constraint;
    case 'V':
      return AlterDomainKind::validate_constraint;
    default:
      return node->def == nullptr ? AlterDomainKind::drop_default : AlterDomainKind::set_default;
  }
}

AlterDomain convert_alter_domain(const Context& context, const AlterDomainStmt* node) {
  AlterDomain out;
  out.name = name_of(node->typeName);
  out.kind = domain_kind(node);
  out.constraint_name = text_of(node->name);
  if (const auto* constraint = BGDB_AS(Constraint, node->def)) {
    out.constraint = convert_constraint(context, constraint);
    out.constraint_name = out.constraint->name;
  } else {
    out.expr = convert_optional(node->def);
  }
  out.if_exists = node->missing_ok;
  out.cascade = node->behavior == DROP_CASCADE;
  return out;
}

}  // namespace

bool convert_types_statement(const Context& context, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_CreateEnumStmt: {
      const auto* create = reinterpret_cast<const CreateEnumStmt*>(node);
      out = CreateEnum{name_of(create->typeName), string_list(create->vals)};
      return true;
    }
    case T_AlterEnumStmt:
      out = convert_alter_enum(reinterpret_cast<const AlterEnumStmt*>(node));
      return true;
    case T_CompositeTypeStmt:
      out = convert_composite(context, reinterpret_cast<const CompositeTypeStmt*>(node));
      return true;
    case T_CreateRangeStmt:
      out = convert_range(reinterpret_cast<const CreateRangeStmt*>(node));
      return true;
    case T_DefineStmt: {
      const auto* define = reinterpret_cast<const DefineStmt*>(node);
      if (define->kind != OBJECT_TYPE) return false;
      out = CreateType{name_of(define->defnames), Nodes(define->definition).size() > 0 ? "base" : "shell", {}, {}, {}};
      return true;
    }
    case T_CreateDomainStmt:
      out = convert_domain(context, reinterpret_cast<const CreateDomainStmt*>(node));
      return true;
    case T_AlterDomainStmt:
      out = convert_alter_domain(context, reinterpret_cast<const AlterDomainStmt*>(node));
      return true;
    default:
      return false;
  }
}

}  // namespace bgdb::parse
