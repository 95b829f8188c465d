// Functions, procedures, DO, CALL, triggers, rules, policies.
#include <algorithm>
#include <iterator>
#include <string>

#include "parse/scan.h"
//
#include "parse/pg_nodes.h"
//
extern "C" {
#include "catalog/pg_trigger.h"
}

namespace bgdb::parse {
namespace {

// Where the body stands in the statement: it is looked up behind AS (or DO) and must equal what PostgreSQL read, so an
// escaped string has no offset.
int find_body(const Context& context, int as_location, const std::string& body) {
  if (as_location < 0) return -1;
  const std::string_view text = context.source.substr(0, context.end);
  Token token = next_solid(text, static_cast<size_t>(as_location));
  while (token.kind == TokenKind::word) token = next_solid(text, token.end);
  size_t begin = token.begin;
  if (token.kind == TokenKind::dollar_string) {
    begin = text.find('$', token.begin + 1) + 1;
  } else if (token.kind == TokenKind::string) {
    begin = text.find('\'', token.begin) + 1;
  } else {
    return -1;
  }
  if (text.substr(begin, body.size()) != body) return -1;
  return static_cast<int>(begin - context.begin);
}

void read_routine_options(const Context& context, const PgList* options, CreateFunction& out) {
  for (const PgNode* item : Nodes(options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    const std::string name = text_of(option->defname);
    if (name == "language") out.language = string_value(option->arg);
    if (name == "volatility") {
      const std::string value = string_value(option->arg);
      if (!value.empty()) out.volatility = value[0];
    }
    if (name != "as") continue;
    const std::vector<std::string> parts = string_list(BGDB_AS(List, option->arg));
    if (parts.empty()) continue;
    out.body = parts[0];
    out.body_offset = find_body(context, option->location, out.body);
  }
}

FunctionArgument convert_argument(const FunctionParameter* parameter) {
  FunctionArgument out;
  out.name = text_of(parameter->name);
  out.type = convert_type(parameter->argType);
  out.mode = parameter->mode == FUNC_PARAM_DEFAULT ? 'i' : static_cast<char>(parameter->mode);
  out.has_default = parameter->defexpr != nullptr;
  return out;
}

// RETURN expression, or BEGIN ATOMIC ... END: as written, from that word to the end of the statement.
std::string sql_body_text(const Context& context) {
  const std::string_view text = context.source.substr(0, context.end);
  int depth = 0;
  Token before;
  for (Token token = next_solid(text, context.begin); token.kind != TokenKind::end;
       token = next_solid(text, token.end)) {
    if (token.kind == TokenKind::symbol && text[token.begin] == '(') ++depth;
    if (token.kind == TokenKind::symbol && text[token.begin] == ')') --depth;
    if (depth == 0 && is_word(text, token, "atomic") && is_word(text, before, "begin")) {
      return std::string(text.substr(before.begin));
    }
    if (depth == 0 && is_word(text, token, "return")) return std::string(text.substr(token.begin));
    before = token;
  }
  return {};
}

CreateFunction convert_function(const Context& context, const CreateFunctionStmt* node) {
  CreateFunction out;
  out.name = name_of(node->funcname);
  out.procedure = node->is_procedure;
  out.or_replace = node->replace;
  for (const PgNode* item : Nodes(node->parameters)) {
    if (const auto* parameter = BGDB_AS(FunctionParameter, item)) out.arguments.push_back(convert_argument(parameter));
  }
  if (node->returnType != nullptr) out.returns = convert_type(node->returnType);
  read_routine_options(context, node->options, out);
  if (node->sql_body != nullptr) {
    out.body = sql_body_text(context);
    if (!out.body.empty()) out.body_offset = static_cast<int>(context.end - context.begin - out.body.size());
    if (out.language.empty()) out.language = "sql";
  }
  return out;
}

AlterFunction convert_alter_function(const AlterFunctionStmt* node) {
  AlterFunction out;
  out.name = name_of(node->func->objname);
  out.arguments = convert_types(node->func->objargs);
  out.arguments_given = !node->func->args_unspecified;
  for (const PgNode* item : Nodes(node->actions)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    out.option_names.push_back(text_of(option->defname));
    const auto* on = BGDB_AS(Boolean, option->arg);
    if (on == nullptr) continue;
    if (out.option_names.back() == "strict") out.strict = on->boolval;
    if (out.option_names.back() == "security") out.invoker = !on->boolval;
  }
  return out;
}

Call convert_call(const CallStmt* node) {
  auto facts = collect_facts(reinterpret_cast<const PgNode*>(node->funccall));
  return {name_of(node->funccall->funcname), std::move(facts.calls)};
}

DoBlock convert_do(const Context& context, const DoStmt* node) {
  DoBlock out;
  for (const PgNode* item : Nodes(node->args)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    if (text_of(option->defname) == "language") out.language = string_value(option->arg);
    if (text_of(option->defname) != "as") continue;
    out.body = string_value(option->arg);
    out.body_offset = find_body(context, option->location, out.body);
  }
  return out;
}

CreateTrigger convert_trigger(const CreateTrigStmt* node) {
  CreateTrigger out;
  out.name = text_of(node->trigname);
  out.relation = name_of(node->relation);
  out.or_replace = node->replace;
  out.row = node->row;
  out.constraint = node->isconstraint;
  out.timing = (node->timing & TRIGGER_TYPE_BEFORE) != 0 ? 'b' : (node->timing & TRIGGER_TYPE_INSTEAD) != 0 ? 'i' : 'a';
  out.on_insert = (node->events & TRIGGER_TYPE_INSERT) != 0;
  out.on_update = (node->events & TRIGGER_TYPE_UPDATE) != 0;
  out.on_delete = (node->events & TRIGGER_TYPE_DELETE) != 0;
  out.on_truncate = (node->events & TRIGGER_TYPE_TRUNCATE) != 0;
  out.function = name_of(node->funcname);
  out.referenced = name_of(node->constrrel);
  out.update_columns = string_list(node->columns);
  if (node->whenClause != nullptr) out.when_sql = print_expr(node->whenClause);
  return out;
}

PolicyStatement convert_policy(const char* name, const RangeVar* table, const PgList* roles, const PgNode* using_node,
                               const PgNode* check) {
  PolicyStatement out;
  out.name = text_of(name);
  out.relation = name_of(table);
  for (const PgNode* role : Nodes(roles)) out.roles.push_back(role_name(reinterpret_cast<const RoleSpec*>(role)));
  out.using_expr = convert_optional(using_node);
  out.check_expr = convert_optional(check);
  out.shape = shape_over({using_node, check}, out.relation);
  return out;
}

// CREATE AGGREGATE name (types) (SFUNC = ..., STYPE = ...); the old style names its only type in BASETYPE.
CreateFunction convert_aggregate(const DefineStmt* node) {
  CreateFunction out;
  out.name = name_of(node->defnames);
  out.aggregate = true;
  out.or_replace = node->replace;
  out.language = "internal";
  if (!node->oldstyle && Nodes(node->args).size() > 0) {
    for (const PgNode* item : Nodes(BGDB_AS(List, Nodes(node->args)[0]))) {
      if (const auto* parameter = BGDB_AS(FunctionParameter, item))
        out.arguments.push_back(convert_argument(parameter));
    }
  }
  bool final_function = false;
  for (const PgNode* item : Nodes(node->definition)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    const std::string name = text_of(option->defname);
    const auto* type = BGDB_AS(TypeName, option->arg);
    if (name == "basetype" && type != nullptr) {
      FunctionArgument argument;
      argument.type = convert_type(type);
      if (argument.type.name != "any") out.arguments.push_back(std::move(argument));
    }
    if ((name == "stype" || name == "stype1") && type != nullptr) out.returns = convert_type(type);
    if (name == "finalfunc") final_function = true;
  }
  if (final_function) out.returns.reset();
  return out;
}

CreateRule convert_rule(const RuleStmt* node) {
  CreateRule out;
  out.name = text_of(node->rulename);
  out.relation = name_of(node->relation);
  out.instead = node->instead;
  out.or_replace = node->replace;
  for (const PgNode* action : Nodes(node->actions)) {
    const Facts facts = collect_facts(action);
    const auto relation = [](const QualifiedName& name) {
      return !name.schema.empty() || (name.name != "old" && name.name != "new");
    };
    std::copy_if(facts.reads.begin(), facts.reads.end(), std::back_inserter(out.reads), relation);
    std::copy_if(facts.writes.begin(), facts.writes.end(), std::back_inserter(out.writes), relation);
  }
  switch (node->event) {
    case CMD_SELECT:
      out.event = "select";
      break;
    case CMD_INSERT:
      out.event = "insert";
      break;
    case CMD_UPDATE:
      out.event = "update";
      break;
    case CMD_DELETE:
      out.event = "delete";
      break;
    default:
      break;
  }
  return out;
}

}  // namespace

bool convert_routine(const Context& context, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_CreateFunctionStmt:
      out = convert_function(context, reinterpret_cast<const CreateFunctionStmt*>(node));
      return true;
    case T_AlterFunctionStmt:
      out = convert_alter_function(reinterpret_cast<const AlterFunctionStmt*>(node));
      return true;
    case T_DoStmt:
      out = convert_do(context, reinterpret_cast<const DoStmt*>(node));
      return true;
    case T_CallStmt:
      out = convert_call(reinterpret_cast<const CallStmt*>(node));
      return true;
    case T_CreateTrigStmt:
      out = convert_trigger(reinterpret_cast<const CreateTrigStmt*>(node));
      return true;
    case T_RuleStmt:
      out = convert_rule(reinterpret_cast<const RuleStmt*>(node));
      return true;
    case T_CreatePolicyStmt: {
      const auto* policy = reinterpret_cast<const CreatePolicyStmt*>(node);
      PolicyStatement create =
          convert_policy(policy->policy_name, policy->table, policy->roles, policy->qual, policy->with_check);
      create.permissive = policy->permissive;
      create.command = text_of(policy->cmd_name);
      out = std::move(create);
      return true;
    }
    case T_AlterPolicyStmt: {
      const auto* policy = reinterpret_cast<const AlterPolicyStmt*>(node);
      PolicyStatement alter =
          convert_policy(policy->policy_name, policy->table, policy->roles, policy->qual, policy->with_check);
      alter.create = false;
      out = std::move(alter);
      return true;
    }
    case T_DefineStmt: {
      const auto* define = reinterpret_cast<const DefineStmt*>(node);
      if (define->kind != OBJECT_AGGREGATE) return false;
      out = convert_aggregate(define);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace bgdb::parse
