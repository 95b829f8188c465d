// ALTER TYPE t RENAME VALUE 'a' TO 'b': both versions need their own word for the same thing. Each column of the type
// gets a twin of a second type that has the new labels; a trigger translates. Contract drops the old columns and the
// old type.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;  // old, new

Labels renamed_in_file(const Draft& draft, const std::string& type) {
  Labels labels;
  for (const auto& statement : draft.file().statements) {
    const auto* alter = std::get_if<parse::AlterEnum>(&statement.node);
    if (alter != nullptr && alter->name.name == type && alter->rename)
      labels.emplace_back(alter->label, alter->new_label);
  }
  return labels;
}

std::string translate(const std::string& column, const Labels& labels, const QualifiedName& to, bool back) {
  std::string sql = "CASE " + column + "::text";
  for (const auto& [old, now] : labels)
    sql += " WHEN " + quote_literal(back ? now : old) + " THEN " + quote_literal(back ? old : now);
  return "(" + sql + " ELSE " + column + "::text END)::" + to.sql();
}

// What uses the type and is no plain column; empty when nothing does.
std::string other_user(const schema::Catalog& catalog, const schema::EnumType& type, const Labels& labels) {
  const auto is = [&](const parse::TypeName& name) {
    const auto* found = catalog.enum_type(name);
    return found != nullptr && found->name == type.name;
  };
  for (const auto& [name, functions] : catalog.functions) {
    for (const auto& function : functions) {
      if ((function.returns && is(*function.returns)) ||
          std::any_of(function.arguments.begin(), function.arguments.end(), is))
        return "function " + name.display();
    }
  }
  for (const auto& [name, domain] : catalog.domains) {
    if (is(domain.base)) return "domain " + name.display();
  }
  for (const auto& [name, composite] : catalog.composites) {
    for (const auto& attribute : composite.attributes) {
      if (is(attribute.type)) return "type " + name.display();
    }
  }
  const auto names_label = [&](const std::string& sql) {
    return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
      return sql.find(quote_literal(label.first)) != std::string::npos || sql.find(type.name.name) != std::string::npos;
    });
  };
  for (const auto& [name, relation] : catalog.relations) {
    for (const auto& column : relation.columns) {
      if (is(column.type) && column.type.array_dims > 0) return "array column " + name.display() + "." + column.name;
      if (!is(column.type) || !relation.view_sql.empty()) continue;
      for (const auto& index : relation.indexes) {
        if (names_label(index.definition.substr(std::min(index.definition.find('('), index.definition.size()))))
          return "index " + index.name;
      }
      for (const auto& constraint : relation.constraints) {
        if (names_label(constraint.check_sql)) return "constraint " + constraint.name;
      }
    }
  }
  return {};
}

std::optional<std::string> translated_default(const std::optional<std::string>& sql, const Labels& labels) {
  if (!sql) return sql;
  const auto expression = parse::parse_expression(*sql);
  if (!expression || expression->string_constants.size() != 1 || !expression->functions.empty()) return std::nullopt;
  auto label = expression->string_constants[0];
  for (const auto& [old, now] : labels) {
    if (label == old) {
      label = now;
      break;
    }
  }
  return quote_literal(label);
}

void add_column_group(Draft& draft, const QualifiedName& table, const schema::Column& column,
                      const schema::EnumType& type, const parse::TypeName& twin, const Labels& labels) {
  SyncGroup group;
  group.table = table;
  NewColumn now;
  now.name = object_name("", {column.name, "_new"});
  now.final_name = column.name;
  now.type = twin;
  now.forward_sql = translate(quote_ident(column.name), labels, {twin.schema, twin.name}, false);
  now.not_null = now.not_null_finally = column.not_null;
  now.default_now = now.default_finally = translated_default(column.default_sql, labels);
  group.olds.push_back({column.name, resolved_type(column.type, draft.now()), column.collation, column.default_sql,
                        column.identity, translate(quote_ident(now.name), labels, type.name, true)});
  draft.note("Until contract the new labels of " + table.display() + "." + column.name + " are found in " + now.name +
             ", which contract renames to " + column.name +
             ". The version that runs while contract is applied must name " + column.name +
             " only; the words of both are good in it from the first file of contract on.");
  group.news.push_back(std::move(now));
  draft.add_group(std::move(group));
}

}  // namespace

bool take_rename_enum_value(Draft& draft, const Action& action) {
  const auto* alter = action.command == nullptr ? std::get_if<parse::AlterEnum>(&action.statement->node) : nullptr;
  if (alter == nullptr || !alter->rename) return false;
  parse::TypeName written;
  written.schema = alter->name.schema;
  written.name = alter->name.name;
  const auto* found = draft.now().enum_type(written);
  if (found == nullptr || draft.enums_taken.count(found->name) != 0) return found != nullptr;
  const auto type = *found;
  const auto labels = renamed_in_file(draft, type.name.name);
  if (const auto user = other_user(draft.now(), type, labels); !user.empty()) {
    draft.refuse(action, user + " uses enum " + type.name.display() + ", and it can know only one of the two words",
                 "add the new value with ADD VALUE, let the new version read both, rename in a migration marked "
                 "-- bgdb: phase=contract");
    return true;
  }
  parse::TypeName twin;
  twin.schema = type.name.schema;
  twin.name = object_name("", {type.name.name, "_new"});
  twin.sql = QualifiedName{twin.schema, twin.name}.sql();
  std::vector<std::pair<QualifiedName, schema::Column>> columns;
  for (const auto& [name, relation] : draft.now().relations) {
    if (relation.partition_of || draft.is_new_table(name) || !relation.view_sql.empty()) continue;
    for (const auto& column : relation.columns) {
      const auto* of = draft.now().enum_type(column.type);
      if (of == nullptr || of->name != type.name) continue;
      if (refuse_if_bound(draft, action, relation, column.name, Fate::replaced)) return true;
      columns.emplace_back(name, column);
    }
  }
  std::string list;
  for (const auto& label : type.labels) {
    auto now = label;
    for (const auto& [old, renamed] : labels) {
      if (label == old) now = renamed;
    }
    list += (list.empty() ? "" : ", ") + quote_literal(now);
  }
  draft.enums_taken.insert(type.name);
  draft.change(action, "rename-enum-value", "values of " + type.name.display() + " get new words with contract");
  draft.pass(action, "CREATE TYPE " + twin.sql + " AS ENUM (" + list + ")", true);
  for (const auto& [table, column] : columns) add_column_group(draft, table, column, type, twin, labels);
  for (const auto& [old, now] : labels) {
    Step step;
    step.in_transaction = false;
    step.sql = "ALTER TYPE " + type.name.sql() + " ADD VALUE IF NOT EXISTS " + quote_literal(now) + ";\n";
    step.note = "for the version that runs while contract is applied";
    draft.contract_first.push_back(std::move(step));
  }
  draft.after_swap += "DROP TYPE " + type.name.sql() + ";\nALTER TYPE " + twin.sql + " RENAME TO " +
                      quote_ident(type.name.name) + ";\n";
  return true;
}

}  // namespace bgdb::rewrite
