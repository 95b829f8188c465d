// Array statements over unnest(): the text arrays become rows, each value is cast to its source type in a subselect
// that is named like the source table, and the rules' expressions see only that subselect. Everything stays inside one
// statement, so the planner can pull the subselects up and reach the target through its key's index.
#include "translate/apply_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"
#include "core/text.h"

namespace bgdb::translate {
namespace {

// Does this call say anything about the column?
bool is_written(const ColumnRule& rule, const std::vector<std::string>& sent, bool inserting) {
  if (rule.column_class == ColumnClass::default_value || rule.expression.empty()) return false;
  if (rule.reads.empty()) return inserting;
  return std::any_of(rule.reads.begin(), rule.reads.end(),
                     [&](const std::string& name) { return core::contains(sent, name); });
}

std::string apply_type(const TableMapping& table, const std::string& name) {
  for (const SourceColumn& column : table.source_columns) {
    if (column.name == name) return column.apply_type_sql;
  }
  return "text";
}

// (select unnest($1::text[]) as <name>, ...): one row per position of the arrays. In the select list they run
// side by side; as functions in FROM each would be stored first (a third of an update's time, measured).
class Arrays {
 public:
  void add(std::string_view prefix, size_t count) {
    for (size_t i = 1; i <= count; ++i) {
      columns_.push_back(fmt::format("unnest(${}::text[]) as {}{}", columns_.size() + 1, prefix, i));
    }
  }
  std::string rows() const { return fmt::format("(select {})", core::join(columns_)); }

 private:
  std::vector<std::string> columns_;
};

// Where a statement finds a source column's text: "bgdb_s3" of the sent row, "bgdb_k1" of the old key.
struct Sent {
  std::string column;
  std::string at;
};

std::vector<Sent> numbered(const std::vector<std::string>& names, std::string_view prefix) {
  std::vector<Sent> columns;
  for (const std::string& name : names) columns.push_back({name, fmt::format("{}{}", prefix, columns.size() + 1)});
  return columns;
}

// (select bgdb_u.<at>::int4 as "id", ...) as "orders": what the expressions see.
std::string typed_row(const TableMapping& table, const std::vector<Sent>& sent) {
  std::vector<std::string> columns;
  for (const Sent& one : sent) {
    columns.push_back(
        fmt::format("bgdb_u.{}::{} as {}", one.at, apply_type(table, one.column), quote_ident(one.column)));
  }
  return fmt::format("(select {}) as {}", core::join(columns), quote_ident(table.source.name));
}

// cross join lateral (select <key expressions> as k1 ... from <typed row of the old key>) as bgdb_k
std::string key_rows(const TableMapping& table) {
  std::vector<std::string> columns;
  for (size_t i = 0; i < table.target_key.size(); ++i) {
    const ColumnRule* rule = table.rule_of(table.target_key[i]);
    const std::string expression = rule != nullptr ? rule->expression : quote_ident(table.source_key[i]);
    columns.push_back(fmt::format("{} as k{}", expression, i + 1));
  }
  return fmt::format("cross join lateral (select {} from {}) as bgdb_k", core::join(columns),
                     typed_row(table, numbered(table.source_key, "bgdb_k")));
}

std::string key_condition(const TableMapping& table) {
  std::vector<std::string> conditions;
  for (size_t i = 0; i < table.target_key.size(); ++i) {
    conditions.push_back(fmt::format("bgdb_t.{} = bgdb_k.k{}", quote_ident(table.target_key[i]), i + 1));
  }
  return core::join(conditions, " and ");
}

// What one side of a comparison shows: the column in the target's type where that type exists.
std::string compared_type(const ColumnRule& rule) {
  return rule.only_on_target.empty() && !rule.target_type_sql.empty() ? rule.target_type_sql : "text";
}

std::string where(const std::string& condition) {
  return condition.empty() ? std::string{} : " where " + condition;
}

std::string rows_of(const QualifiedName& table, bool partitioned) {
  return (partitioned ? "" : "only ") + table.sql();
}

}  // namespace

std::string TableMapping::source_rows() const {
  return rows_of(source, source_partitioned);
}

std::string TableMapping::target_rows() const {
  return rows_of(target, target_partitioned);
}

const ColumnRule* TableMapping::rule_of(const std::string& target_column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const auto& rule) { return rule.target == target_column; });
  return found == columns.end() ? nullptr : &*found;
}

std::string insert_from_sql(const TableMapping& table, const std::vector<std::string>& sent,
                            const std::string& relation) {
  std::vector<std::string> columns, values;
  for (const ColumnRule& rule : table.columns) {
    if (!is_written(rule, sent, true)) continue;
    columns.push_back(quote_ident(rule.target));
    values.push_back(fmt::format("{} as v{}", rule.expression, values.size() + 1));
  }
  return fmt::format(
      "insert into {} ({}) overriding system value select bgdb_n.* from {} as bgdb_u cross join lateral (select {} "
      "from "
      "{}) as bgdb_n",
      table.target.sql(), core::join(columns), relation, core::join(values),
      typed_row(table, numbered(sent, "bgdb_s")));
}

std::string insert_sql(const TableMapping& table, const std::vector<std::string>& sent) {
  Arrays arrays;
  arrays.add("bgdb_s", sent.size());
  return insert_from_sql(table, sent, arrays.rows());
}

std::string insert_merged_sql(const std::vector<PartRows>& parts) {
  Arrays arrays;
  std::vector<std::string> columns, laterals, rows;
  for (size_t part = 0; part < parts.size(); ++part) {
    const std::string prefix = fmt::format("bgdb_p{}_", part + 1);
    arrays.add(prefix, parts[part].sent.size());
    std::vector<std::string> values;
    for (const ColumnRule& rule : parts[part].table->columns) {
      const std::string column = quote_ident(rule.target);
      if (!is_written(rule, parts[part].sent, true) || core::contains(columns, column)) continue;
      columns.push_back(column);
      values.push_back(fmt::format("{} as v{}", rule.expression, columns.size()));
    }
    if (values.empty()) continue;
    rows.push_back(fmt::format("bgdb_n{}.*", part + 1));
    laterals.push_back(fmt::format(" cross join lateral (select {} from {}) as bgdb_n{}", core::join(values),
                                   typed_row(*parts[part].table, numbered(parts[part].sent, prefix)), part + 1));
  }
  return fmt::format("insert into {} ({}) overriding system value select {} from {} as bgdb_u{}",
                     parts.front().table->target.sql(), core::join(columns), core::join(rows), arrays.rows(),
                     core::join(laterals, ""));
}

std::string select_parts_sql(const std::vector<PartRows>& parts, const std::string& sample) {
  std::vector<std::string> columns;
  std::string from;
  for (size_t part = 0; part < parts.size(); ++part) {
    const TableMapping& table = *parts[part].table;
    for (const std::string& name : parts[part].sent)
      columns.push_back(fmt::format("bgdb_p{}.{}::text", part + 1, quote_ident(name)));
    from += fmt::format("{}{} as bgdb_p{}{}", part == 0 ? "" : " join ", table.source_rows(), part + 1,
                        part == 0 ? sample : "");
    std::vector<std::string> conditions;
    for (size_t i = 0; part > 0 && i < table.source_key.size(); ++i) {
      conditions.push_back(fmt::format("bgdb_p1.{} = bgdb_p{}.{}", quote_ident(parts[0].table->source_key[i]), part + 1,
                                       quote_ident(table.source_key[i])));
    }
    if (part > 0) from += " on " + core::join(conditions, " and ");
  }
  return fmt::format("select {} from {}", core::join(columns), from);
}

std::string update_sql(const TableMapping& table, const std::vector<std::string>& sent) {
  Arrays arrays;
  arrays.add("bgdb_k", table.source_key.size());
  arrays.add("bgdb_s", sent.size());
  std::vector<Sent> visible = numbered(sent, "bgdb_s");
  for (Sent& key : numbered(table.source_key, "bgdb_k")) {
    if (!core::contains(sent, key.column)) visible.push_back(std::move(key));
  }
  std::vector<std::string> assignments, values;
  std::string condition = key_condition(table);
  for (const ColumnRule& rule : table.columns) {
    if (!is_written(rule, sent, false)) continue;
    values.push_back(fmt::format("{} as v{}", rule.expression, values.size() + 1));
    if (rule.identity_always) {
      condition +=
          fmt::format(" and bgdb_t.{} is not distinct from bgdb_n.v{}", quote_ident(rule.target), values.size());
    } else {
      assignments.push_back(fmt::format("{} = bgdb_n.v{}", quote_ident(rule.target), values.size()));
    }
  }
  std::string rows = fmt::format("{} as bgdb_u {}", arrays.rows(), key_rows(table));
  if (!values.empty()) {
    rows +=
        fmt::format(" cross join lateral (select {} from {}) as bgdb_n", core::join(values), typed_row(table, visible));
  }
  if (assignments.empty()) {  // nothing to change, but the row must be there
    return fmt::format("select 1 from {} cross join {} as bgdb_t where {}", rows, table.target_rows(), condition);
  }
  return fmt::format("update {} as bgdb_t set {} from {} where {}", table.target_rows(), core::join(assignments), rows,
                     condition);
}

std::string delete_sql(const TableMapping& table) {
  Arrays arrays;
  arrays.add("bgdb_k", table.source_key.size());
  return fmt::format("delete from {} as bgdb_t using {} as bgdb_u {} where {}", table.target_rows(), arrays.rows(),
                     key_rows(table), key_condition(table));
}

std::string counted_sql(const std::string& sql, size_t parameter) {
  return fmt::format("with hit as ({}{}) select 1 / (count(*) = ${})::int from hit", sql,
                     sql.starts_with("select") ? "" : " returning 1", parameter);
}

std::optional<CopyPlan> copy_plan(const TableMapping& table) {
  CopyPlan plan;
  std::vector<std::string> columns;
  for (const ColumnRule& rule : table.columns) {
    if (rule.column_class == ColumnClass::default_value || rule.expression.empty()) continue;
    const bool as_it_is = rule.column_class == ColumnClass::identity && rule.reads.size() == 1 &&
                          rule.expression == quote_ident(rule.reads[0]);
    if (!as_it_is) return std::nullopt;
    columns.push_back(quote_ident(rule.target));
    plan.reads.push_back(rule.reads[0]);
  }
  if (columns.empty()) return std::nullopt;
  plan.sql = fmt::format("copy {} ({}) from stdin", table.target.sql(), core::join(columns));
  return plan;
}

std::vector<std::string> compared_columns(const TableMapping& table) {
  std::vector<std::string> names;
  for (const ColumnRule& rule : table.columns) {
    if (rule.column_class != ColumnClass::default_value && !rule.reads.empty()) names.push_back(rule.target);
  }
  return names;
}

Result<std::string> select_translated_sql(const TableMapping& table, const std::string& condition) {
  std::vector<std::string> typed, columns;
  for (const SourceColumn& column : table.source_columns) {
    const std::string name = quote_ident(column.name);
    typed.push_back(column.apply_type_sql == column.type_sql
                        ? name
                        : fmt::format("{}::{} as {}", name, column.apply_type_sql, name));
  }
  for (const std::string& target : compared_columns(table)) {
    const ColumnRule& rule = *table.rule_of(target);
    std::string expression = rule.expression;
    if (!rule.only_on_target.empty()) {
      if (rule.column_class == ColumnClass::expression) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{}.{} cannot be computed on the source server: {}", table.target.display(),
                                rule.target, rule.only_on_target),
                    "write the expression without objects that only the target has");
      }
      // A plain cast: its text is what the target shows.
      expression = rule.compared.empty() ? quote_ident(rule.reads.front()) : rule.compared;
    }
    columns.push_back(fmt::format("({})::{} as {}", expression, compared_type(rule), quote_ident(target)));
  }
  return fmt::format("select {} from (select {} from {}{}) as {}", core::join(columns), core::join(typed),
                     table.source_rows(), where(condition), quote_ident(table.source.name));
}

std::string select_target_sql(const TableMapping& table, const std::string& condition) {
  std::vector<std::string> columns;
  for (const std::string& target : compared_columns(table)) {
    const std::string name = quote_ident(target);
    columns.push_back(fmt::format("{}::{} as {}", name, compared_type(*table.rule_of(target)), name));
  }
  return fmt::format("select {} from {}{}", core::join(columns), table.target_rows(), where(condition));
}

}  // namespace bgdb::translate
