#include "rewrite/draft.h"

#include <algorithm>

#include "rewrite/tokens.h"

namespace bgdb::rewrite {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::expand:
      return "expand";
    case Phase::backfill:
      return "backfill";
    case Phase::contract:
      return "contract";
  }
  return "";
}

bool SyncGroup::exact() const {
  return std::all_of(news.begin(), news.end(), [](const NewColumn& column) { return column.exact; });
}

// "zz": row triggers fire in the order of their names; ours has the last word over what the application's own ones set.
std::string SyncGroup::trigger_name() const {
  return object_name("zz_bgdb_sync", {news[0].name});
}

QualifiedName SyncGroup::trigger_function() const {
  return {table.schema, object_name("bgdb_sync", {table.name, news[0].name})};
}

QualifiedName SyncGroup::forward_function(const NewColumn& column) const {
  return {table.schema, object_name("bgdb_forward", {table.name, column.name})};
}

Draft::Draft(const schema::Catalog& before, const parse::ParsedText& file)
    : file_(file), before_(before), now_(before) {}

bool Draft::is_new_table(const QualifiedName& written) const {
  return new_tables_.count(now_.resolve(written)) != 0;
}

bool Draft::is_new_column(const QualifiedName& written, const std::string& column) const {
  if (is_new_table(written)) return true;
  const auto* old = before_.relation(written);
  return old != nullptr && old->columns_known && old->column(column) == nullptr;
}

bool Draft::is_dropped_later(const Action& action, const QualifiedName& table, const std::string& column) const {
  bool behind = false;
  for (const auto& statement : file_.statements) {
    const auto* alter = std::get_if<parse::AlterTable>(&statement.node);
    if (behind && alter != nullptr && now_.resolve(alter->relation) == now_.resolve(table)) {
      for (const auto& command : alter->commands) {
        if (command.kind == parse::AlterKind::drop_column && command.name == column) return true;
      }
    }
    behind = behind || &statement == action.statement;
  }
  return false;
}

std::string Draft::reverse_directive(const QualifiedName& table, const std::string& column) const {
  constexpr std::string_view kMark = "bgdb: reverse";
  for (const auto& comment : file_.comments) {
    if (comment.text.compare(0, kMark.size(), kMark) != 0) continue;
    const auto rest = comment.text.substr(kMark.size());
    const size_t equals = rest.find('=');
    if (equals == std::string::npos) continue;
    const std::string target(trim(std::string_view(rest).substr(0, equals)));
    const auto name = core::parse_qualified_name(target);
    const bool table_fits = name.schema.empty() || name.schema == table.name;
    if (target.empty() || (table_fits && name.name == column))
      return std::string(trim(std::string_view(rest).substr(equals + 1)));
  }
  return {};
}

void Draft::change(const Action& action, std::string recipe, std::string summary) {
  changes.push_back({action.line(), std::move(recipe), std::move(summary)});
}

void Draft::refuse(const Action& action, std::string reason, std::string hint) {
  refused.push_back({action.line(), one_line(action.sql), std::move(reason), std::move(hint)});
}

void Draft::pass(const Action& action, const std::string& sql, bool in_transaction) {
  Step step;
  step.in_transaction = in_transaction;
  step.sql = sql + ";\n";
  expand.push_back({.step = std::move(step)});
  const auto parsed = parse::parse_sql(sql);
  for (const auto& statement : parsed.statements) {
    const auto applied = schema::apply(now_, statement);
    new_tables_.insert(applied.created.begin(), applied.created.end());
  }
  (void)action;
}

SyncGroup& Draft::add_group(SyncGroup group) {
  if (auto* relation = now_.relation(group.table)) {
    for (const auto& column : group.news) {
      if (relation->column(column.name) != nullptr) continue;
      schema::Column added;
      added.name = column.name;
      added.type = column.type;
      added.collation = column.collation;
      relation->columns.push_back(std::move(added));
    }
  }
  expand.push_back({.step = std::nullopt, .group = groups.size()});
  groups.push_back(std::move(group));
  return groups.back();
}

SyncGroup* Draft::group_of_new(const QualifiedName& table, const std::string& column) {
  for (auto& group : groups) {
    if (group.table != now_.resolve(table)) continue;
    for (const auto& one : group.news) {
      if (one.name == column || one.final_name == column) return &group;
    }
  }
  return nullptr;
}

SyncGroup* Draft::group_of_old(const QualifiedName& table, const std::string& column) {
  for (auto& group : groups) {
    if (group.table != now_.resolve(table)) continue;
    for (const auto& one : group.olds) {
      if (one.name == column) return &group;
    }
  }
  return nullptr;
}

void Draft::rename_new(SyncGroup& group, const std::string& name) {
  const auto from = group.news[0].name;
  if (auto* relation = now_.relation(group.table)) {
    if (auto* column = relation->column(from)) column->name = name;
  }
  for (auto& old : group.olds) old.reverse_sql = rename_columns(old.reverse_sql, {{from, name}}, {group.table.name});
  group.news[0].name = group.news[0].final_name = name;
}

}  // namespace bgdb::rewrite
