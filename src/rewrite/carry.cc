#include "rewrite/carry.h"

#include <algorithm>

#include "parse/parser.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

void carry_check(const schema::Relation& relation, const ColumnNames& names, const schema::Constraint& constraint,
                 Carried& carried) {
  const auto expression = parse::parse_expression(constraint.check_sql);
  if (!expression) return;
  std::vector<std::string> columns;
  for (const auto& column : expression->columns) columns.push_back(column.name);
  if (!concerns(columns, names.now, names.going)) return;
  const bool waits = std::any_of(columns.begin(), columns.end(),
                                 [&](const std::string& column) { return names.lossy.count(column) != 0; });
  const auto table = "ALTER TABLE " + relation.name.sql();
  const auto name = quote_ident(waits ? constraint.name : twin_name(constraint.name));
  const auto add = table + " ADD CONSTRAINT " + name + " CHECK (" +
                   rename_columns(constraint.check_sql, waits ? names.finally : names.now, {relation.name.name}) + ")" +
                   (constraint.no_inherit ? " NO INHERIT" : "") + " NOT VALID;\n";
  const auto validate = constraint.valid ? table + " VALIDATE CONSTRAINT " + name + ";\n" : std::string();
  if (waits) {
    carried.swap_sql += add;
    carried.validate_after_sql += validate;
    return;
  }
  carried.expand_sql += add;
  carried.validate_sql += validate;
  carried.swap_sql += table + " RENAME CONSTRAINT " + name + " TO " + quote_ident(constraint.name) + ";\n";
}

}  // namespace

std::string twin_name(const std::string& name) {
  return object_name("", {name, "_new"});
}

std::vector<std::string> mapped(std::vector<std::string> columns, const Names& names) {
  for (auto& column : columns) {
    if (const auto found = names.find(column); found != names.end()) column = found->second;
  }
  return columns;
}

bool concerns(const std::vector<std::string>& columns, const Names& names, const std::set<std::string>& going) {
  const auto goes = [&](const std::string& name) { return going.count(name) != 0; };
  const auto renamed = [&](const std::string& name) { return names.count(name) != 0; };
  return std::any_of(columns.begin(), columns.end(), renamed) && std::none_of(columns.begin(), columns.end(), goes);
}

ColumnNames column_names(const Draft& draft, const QualifiedName& table) {
  ColumnNames names;
  for (const auto& group : draft.groups) {
    if (group.table != table) continue;
    if (!group.one_to_one()) {
      for (const auto& old : group.olds) names.going.insert(old.name);
    } else if (group.keeps_old()) {
      names.copies[group.olds[0].name] = group.news[0].name;
      names.finally[group.olds[0].name] = group.news[0].final_name;
    } else {
      names.now[group.olds[0].name] = group.news[0].name;
      names.finally[group.olds[0].name] = group.news[0].final_name;
      if (!group.exact()) names.lossy.insert(group.olds[0].name);
    }
  }
  return names;
}

Carried carry_dependents(const Draft& draft, const QualifiedName& table) {
  Carried carried;
  const auto* relation = draft.relation(table);
  if (relation == nullptr) return carried;
  const auto names = column_names(draft, relation->name);
  carry_indexes(draft, *relation, carried);
  for (const auto& constraint : relation->constraints) {
    if (constraint.kind == parse::ConstraintKind::check) carry_check(*relation, names, constraint, carried);
  }
  carry_foreign_keys(draft, *relation, carried);
  std::string replaced;
  for (const auto& [old, now] : names.now) replaced += (replaced.empty() ? "" : ", ") + quote_literal(old);
  if (!replaced.empty()) {
    carried.drop_sql += rewrite_sql("keep_statistics.sql",
                                    {{"table_literal", quote_literal(relation->name.sql())}, {"columns", replaced}});
    carried.swap_sql += rewrite_sql("make_statistics.sql", {{"table_literal", quote_literal(relation->name.sql())}});
  }
  return carried;
}

}  // namespace bgdb::rewrite
