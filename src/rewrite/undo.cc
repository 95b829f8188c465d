// The way back from statements that expand runs as they are. They only add, so the way back only drops.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/assemble.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

const schema::Constraint* dropped_check(const parse::AlterCommand& command, const schema::Relation* relation) {
  if (command.kind != parse::AlterKind::drop_constraint || relation == nullptr) return nullptr;
  const auto* constraint = relation->constraint(command.name);
  const bool check = constraint != nullptr && constraint->kind == parse::ConstraintKind::check;
  return check && !constraint->check_sql.empty() ? constraint : nullptr;
}

std::string undo_alter(const parse::AlterTable& alter, const schema::Relation* relation, bool& known) {
  using Kind = parse::AlterKind;
  const auto head = "ALTER TABLE IF EXISTS " + alter.relation.sql();
  std::string undo;
  for (auto command = alter.commands.rbegin(); command != alter.commands.rend(); ++command) {
    const auto* column = relation == nullptr ? nullptr : relation->column(command->name);
    if (command->kind == Kind::add_column && command->column) {
      undo += head + " DROP COLUMN IF EXISTS " + quote_ident(command->column->name) + ";\n";
    } else if (command->kind == Kind::set_default || command->kind == Kind::drop_default) {
      const bool had = column != nullptr && column->default_sql;
      undo += head + " ALTER COLUMN " + quote_ident(command->name) +
              (had ? " SET DEFAULT " + *column->default_sql : " DROP DEFAULT") + ";\n";
    } else if (command->kind == Kind::drop_not_null) {
      undo += head + " ALTER COLUMN " + quote_ident(command->name) + " SET NOT NULL;\n";
    } else if (const auto* check = dropped_check(*command, relation)) {
      const auto add = head + " ADD CONSTRAINT " + quote_ident(check->name) + " CHECK (" + check->check_sql + ")" +
                       (check->no_inherit ? " NO INHERIT" : "") + " NOT VALID;\n";
      undo += add + (check->valid ? head + " VALIDATE CONSTRAINT " + quote_ident(check->name) + ";\n" : "");
    } else if (command->kind != Kind::validate_constraint) {
      known = false;
    }
  }
  return undo;
}

// DROP INDEX CONCURRENTLY IF EXISTS, which precedes a concurrent build.
bool is_drop_before_build(const parse::Node& node) {
  const auto* drop = std::get_if<parse::Drop>(&node);
  return drop != nullptr && drop->object == parse::ObjectKind::index && drop->if_exists;
}

std::string drop_function_sql(const parse::CreateFunction& create) {
  std::string types;
  for (const auto& argument : create.arguments) {
    if (argument.mode == 'o' || argument.mode == 't') continue;
    types += (types.empty() ? "" : ", ") + argument.type.sql;
  }
  const char* kind = create.aggregate ? "AGGREGATE" : create.procedure ? "PROCEDURE" : "FUNCTION";
  return std::string("DROP ") + kind + " IF EXISTS " + create.name.sql() + "(" + types + ");\n";
}

}  // namespace

std::string undo_of_passed(const std::string& sql, const schema::Catalog& before) {
  const auto parsed = parse::parse_sql(sql);
  std::string undo;
  for (const auto& statement : parsed.statements) {
    const auto& node = statement.node;
    bool known = true;
    if (const auto* alter = std::get_if<parse::AlterTable>(&node)) {
      undo += undo_alter(*alter, before.relation(alter->relation), known);
    } else if (const auto* table = std::get_if<parse::CreateTable>(&node)) {
      undo += "DROP TABLE IF EXISTS " + table->relation.sql() + ";\n";
    } else if (const auto* index = std::get_if<parse::CreateIndex>(&node); index != nullptr && !index->name.empty()) {
      undo += std::string("DROP INDEX ") + (index->concurrently ? "CONCURRENTLY " : "") + "IF EXISTS " +
              QualifiedName{before.resolve(index->relation).schema, index->name}.sql() + ";\n";
    } else if (const auto* type = std::get_if<parse::CreateEnum>(&node)) {
      undo += "DROP TYPE IF EXISTS " + type->name.sql() + ";\n";
    } else if (const auto* sequence = std::get_if<parse::CreateSequence>(&node)) {
      undo += "DROP SEQUENCE IF EXISTS " + sequence->name.sql() + ";\n";
    } else if (const auto* schema = std::get_if<parse::CreateSchema>(&node)) {
      undo += "DROP SCHEMA IF EXISTS " + quote_ident(schema->name) + ";\n";
    } else if (const auto* function = std::get_if<parse::CreateFunction>(&node);
               function != nullptr && !function->or_replace) {
      undo += drop_function_sql(*function);
    } else if (const auto* trigger = std::get_if<parse::CreateTrigger>(&node);
               trigger != nullptr && !trigger->or_replace) {
      undo += "DROP TRIGGER IF EXISTS " + quote_ident(trigger->name) + " ON " + trigger->relation.sql() + ";\n";
    } else if (const auto* domain = std::get_if<parse::CreateDomain>(&node)) {
      undo += "DROP DOMAIN IF EXISTS " + domain->name.sql() + ";\n";
    } else if (const auto* as = std::get_if<parse::CreateTableAs>(&node)) {
      undo += std::string("DROP ") + (as->materialized_view ? "MATERIALIZED VIEW" : "TABLE") + " IF EXISTS " +
              as->relation.sql() + ";\n";
    } else if (const auto* view = std::get_if<parse::CreateView>(&node); view != nullptr && !view->or_replace) {
      undo += "DROP VIEW IF EXISTS " + view->relation.sql() + ";\n";
    } else {
      known = std::holds_alternative<parse::SetVariable>(node) || std::holds_alternative<parse::Vacuum>(node) ||
              is_drop_before_build(node);
    }
    if (!known) undo += "-- Not undone, write it by hand where it matters: " + one_line(statement.text) + "\n";
  }
  return undo;
}

}  // namespace bgdb::rewrite
