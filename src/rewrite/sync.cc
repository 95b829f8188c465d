#include "rewrite/sync.h"

#include "rewrite/conversion.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// `separator` between the results of `make` over all columns.
template <class Columns, class Make>
std::string join(const Columns& columns, std::string_view separator, Make make) {
  std::string text;
  for (const auto& column : columns) {
    const std::string part = make(column);
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string field(std::string_view record, const std::string& column) {
  return std::string(record) + "." + quote_ident(column);
}

template <class Column>
std::string changed_sql(const Column& column, const schema::Catalog& catalog) {
  return distinct_sql(field("NEW", column.name), field("OLD", column.name), column.type, column.collation, catalog);
}

// NEW.column is not what an INSERT that leaves the column out would give it.
template <class Column>
std::string given_sql(const Column& column, const std::optional<std::string>& default_sql,
                      const schema::Catalog& catalog) {
  const auto value = field("NEW", column.name);
  if (!default_sql) return value + " IS NOT NULL";
  return distinct_sql(value, "CAST(" + *default_sql + " AS " + column.type.sql + ")", column.type, column.collation,
                      catalog);
}

std::string all_new_null_sql(const SyncGroup& group) {
  return join(group.news, " AND ", [](const NewColumn& column) { return field("NEW", column.name) + " IS NULL"; });
}

std::string old_inserted_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  for (const auto& old : group.olds) {
    if (old.identity != 0) return "true";
    if (old.default_sql && !is_stable_default(*old.default_sql)) return "true";  // nobody can tell: the old one counts
  }
  return join(group.olds, " OR ", [&](const OldColumn& old) { return given_sql(old, old.default_sql, catalog); }) +
         " OR (" + all_new_null_sql(group) + ")";
}

std::string local_name(const SyncGroup& group, const NewColumn& column) {
  return "forward_" + std::to_string(&column - group.news.data() + 1);
}

std::string forward_call(const SyncGroup& group, const NewColumn& column, std::string_view record) {
  const auto argument = [&](const OldColumn& old) {
    return record.empty() ? quote_ident(old.name) : field(record, old.name);
  };
  if (column.exact && column.plain) return argument(group.olds[0]);
  return group.forward_function(column).sql() + "(" + join(group.olds, ", ", argument) + ")";
}

std::string assign_old(const SyncGroup& group, const OldColumn& old) {
  std::string value =
      "(SELECT " + old.reverse_sql + " FROM (SELECT " +
      join(group.news, ", ",
           [](const NewColumn& column) { return field("NEW", column.name) + " AS " + quote_ident(column.name); }) +
      ") AS " + quote_ident(group.table.name) + ")";
  if (group.news.size() == 1 && old.reverse_sql == quote_ident(group.news[0].name))
    value = field("NEW", group.news[0].name);
  return "    " + field("NEW", old.name) + " := " + value + ";";
}

std::string sync_function_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  const auto local = [&](const NewColumn& column) { return local_name(group, column); };
  return rewrite_sql(
      "sync_function.sql",
      {{"function", group.trigger_function().sql()},
       {"path", function_path_sql(group.table, catalog)},
       {"olds", join(group.olds, ", ", [](const OldColumn& old) { return old.name; })},
       {"news", join(group.news, ", ", [](const NewColumn& column) { return column.name; })},
       {"declare",
        join(group.news, "\n", [&](const NewColumn& c) { return "  " + local(c) + " " + c.type.sql + ";"; })},
       {"new_changed", join(group.news, " OR ", [&](const NewColumn& c) { return changed_sql(c, catalog); })},
       {"old_changed", join(group.olds, " OR ", [&](const OldColumn& c) { return changed_sql(c, catalog); }) + " OR (" +
                           all_new_null_sql(group) + ")"},
       {"new_inserted",
        join(group.news, " OR ", [&](const NewColumn& c) { return given_sql(c, c.default_now, catalog); })},
       {"old_inserted", old_inserted_sql(group, catalog)},
       {"forward",
        join(group.news, "\n",
             [&](const NewColumn& c) { return "  " + local(c) + " := " + forward_call(group, c, "NEW") + ";"; })},
       {"differ", join(group.news, " OR ",
                       [&](const NewColumn& c) {
                         return distinct_sql(field("NEW", c.name), local(c), c.type, c.collation, catalog);
                       })},
       {"to_new", join(group.news, "\n",
                       [&](const NewColumn& c) { return "    " + field("NEW", c.name) + " := " + local(c) + ";"; })},
       {"to_old", join(group.olds, "\n", [&](const OldColumn& old) { return assign_old(group, old); })}});
}

// `expression` over the old columns, given as $1, $2 ...
std::string over_arguments(const SyncGroup& group, const std::string& expression) {
  std::string columns;
  for (size_t i = 0; i < group.olds.size(); ++i) {
    columns += (i == 0 ? "" : ", ") + ("$" + std::to_string(i + 1)) + " AS " + quote_ident(group.olds[i].name);
  }
  return "(SELECT " + expression + " FROM (SELECT " + columns + ") AS " + quote_ident(group.table.name) + ")";
}

std::string forward_functions_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  std::string sql;
  for (const auto& column : group.news) {
    if (column.exact && column.plain) continue;
    sql += rewrite_sql("forward_function.sql",
                       {{"function", group.forward_function(column).sql()},
                        {"arguments", join(group.olds, ", ", [](const OldColumn& old) { return old.type.sql; })},
                        {"type", column.type.sql},
                        {"path", function_path_sql(group.table, catalog)},
                        {"expression", over_arguments(group, column.forward_sql)},
                        {"what", "The value of " + column.name + " that follows from " +
                                     join(group.olds, ", ", [](const OldColumn& old) { return old.name; })}});
  }
  return sql;
}

// Types and names of the expressions are checked here, inside the transaction, and not in the first writer's statement.
std::string check_expressions_sql(const SyncGroup& group) {
  std::string values;
  for (const auto& column : group.news) {
    if (!column.plain) values += (values.empty() ? "" : ", ") + column.forward_sql;
  }
  for (const auto& old : group.olds) {
    if (group.one_to_one() && group.news[0].plain && group.news[0].exact) continue;
    values += (values.empty() ? "" : ", ") + old.reverse_sql;
  }
  return values.empty() ? values : "SELECT " + values + " FROM " + group.table.sql() + " WHERE false;\n";
}

}  // namespace

std::string rewrite_sql(std::string_view name, std::initializer_list<core::SqlPart> parts) {
  const std::string text = core::sql_text("rewrite/" + std::string(name), parts);
  const size_t head = text.find("\n\n");  // the head comment is about the file, not about what it writes
  return head == std::string::npos ? text : text.substr(head + 2);
}

std::string not_null_check_name(const QualifiedName& table, const std::string& column) {
  return object_name("", {table.name, column, "not_null", "_new"});
}

std::string function_path_sql(const QualifiedName& table, const schema::Catalog& catalog) {
  std::string path = quote_ident(table.schema);
  for (const auto& schema : catalog.search_path) {
    if (schema != table.schema && schema != "pg_catalog" && schema != "$user") path += ", " + quote_ident(schema);
  }
  return path + ", pg_temp";
}

std::string expand_group_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  const auto table = group.table.sql();
  std::string sql;
  for (const auto& column : group.news) {
    if (column.added_by_file) continue;
    sql += "ALTER TABLE " + table + " ADD COLUMN " + quote_ident(column.name) + " " + column.type.sql +
           (column.collation.empty() ? "" : " COLLATE " + quote_ident(column.collation)) + ";\n";
    if (column.default_now) {
      sql += "ALTER TABLE " + table + " ALTER COLUMN " + quote_ident(column.name) + " SET DEFAULT " +
             *column.default_now + ";\n";
    }
  }
  sql += forward_functions_sql(group, catalog) + sync_function_sql(group, catalog);
  const auto trigger = quote_ident(group.trigger_name());
  sql += "CREATE TRIGGER " + trigger + " BEFORE INSERT OR UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION " +
         group.trigger_function().sql() + "();\n";
  sql +=
      "-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a "
      "row alone\n"
      "-- that came with both.\n";
  sql += "ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER " + trigger + ";\n";
  sql += check_expressions_sql(group);
  if (!group.one_to_one()) return sql;
  const auto& now = group.news[0];
  if (now.not_null && now.exact && !group.keeps_old()) {
    sql += "ALTER TABLE " + table + " ADD CONSTRAINT " + quote_ident(not_null_check_name(group.table, now.name)) +
           " CHECK (" + quote_ident(now.name) + " IS NOT NULL) NOT VALID;\n";
  }
  return sql + rewrite_sql("carry_column.sql", {{"table_literal", quote_literal(table)},
                                                {"old_literal", quote_literal(group.olds[0].name)},
                                                {"new_literal", quote_literal(now.name)}});
}

std::string keep_identity_sql(const SyncGroup& group) {
  return rewrite_sql("keep_identity.sql", {{"table_literal", quote_literal(group.table.sql())},
                                           {"old_literal", quote_literal(group.olds[0].name)}});
}

std::string make_identity_sql(const SyncGroup& group) {
  return rewrite_sql("make_identity.sql", {{"table", group.table.sql()},
                                           {"table_literal", quote_literal(group.table.sql())},
                                           {"column_literal", quote_literal(group.news[0].final_name)}});
}

std::string drop_sync_sql(const SyncGroup& group) {
  // First the table, then what hangs on it: as statements do, so that nobody meets the other way round.
  std::string sql = "LOCK TABLE " + group.table.sql() + " IN ACCESS EXCLUSIVE MODE;\n";
  sql += "DROP TRIGGER IF EXISTS " + quote_ident(group.trigger_name()) + " ON " + group.table.sql() + ";\n";
  sql += "DROP FUNCTION IF EXISTS " + group.trigger_function().sql() + "();\n";
  for (const auto& column : group.news) {
    if (column.exact && column.plain) continue;
    // Without arguments: the types may have other names by now.
    sql += "DROP FUNCTION IF EXISTS " + group.forward_function(column).sql() + ";\n";
  }
  return sql;
}

std::string undo_group_sql(const SyncGroup& group) {
  std::string sql = drop_sync_sql(group);
  for (const auto& column : group.news) {
    if (column.added_by_file) continue;
    sql += "ALTER TABLE " + group.table.sql() + " DROP COLUMN IF EXISTS " + quote_ident(column.name) + ";\n";
  }
  return sql;
}

std::string forward_value_sql(const SyncGroup& group, const NewColumn& column) {
  return forward_call(group, column, "");
}

std::string unfilled_condition_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  const auto differs = join(group.news, " OR ", [&](const NewColumn& column) {
    std::string value = forward_call(group, column, "");
    if (column.exact && column.plain && !(column.type == group.olds[0].type))
      value = "CAST(" + value + " AS " + column.type.sql + ")";
    return distinct_sql(quote_ident(column.name), value, column.type, column.collation, catalog);
  });
  const auto empty =
      join(group.news, " AND ", [](const NewColumn& column) { return quote_ident(column.name) + " IS NULL"; });
  const auto unlike = join(group.olds, " OR ", [&](const OldColumn& old) {
    return distinct_sql(quote_ident(old.name), "(" + old.reverse_sql + ")", old.type, old.collation, catalog);
  });
  return "(" + differs + ") AND (" + empty + " OR " + unlike + ")";
}

std::string unconvertible_condition_sql(const SyncGroup& group) {
  return join(group.news, " OR ", [&](const NewColumn& column) {
    if (column.exact && column.plain) return std::string("false");
    const auto value = column.plain ? "CAST(" + column.forward_sql + " AS " + bare_type_sql(column.type) + ")"
                                    : "(" + column.forward_sql + ")";
    // NULL that the new version wrote beside other columns of the group is none of them: there the function answers.
    const auto silent = group.news.size() == 1 ? std::string() : forward_call(group, column, "") + " IS NULL AND ";
    return "(" + quote_ident(column.name) + " IS NULL AND " + silent + value + " IS NOT NULL)";
  });
}

}  // namespace bgdb::rewrite
