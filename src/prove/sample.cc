#include "prove/sample.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"

namespace bgdb::prove {

namespace {

using schema::Column;
using schema::ConstraintKind;
using schema::Relation;
using schema::TypeName;

std::string text_value(const TypeName& type, int number, bool large) {
  const int length = type.modifiers.empty() ? 0 : type.modifiers.front();
  if (large) return std::string(static_cast<size_t>(length > 0 ? std::min(length, 4000) : 60), 'x');
  auto text = fmt::format("{}v", number);
  if (length > 0 && text.size() > static_cast<size_t>(length)) text.resize(static_cast<size_t>(length));
  return text;
}

std::string numeric_value(const TypeName& type, int number, bool large) {
  if (type.modifiers.empty()) return std::to_string(number);
  const int scale = type.modifiers.size() > 1 ? type.modifiers[1] : 0;
  const int digits = std::max(type.modifiers[0] - scale, 0);
  if (large) return (digits == 0 ? "0" : std::string(static_cast<size_t>(digits), '9')) + (scale > 0 ? ".5" : "");
  return digits == 0 ? "0" : std::to_string(number % 10);
}

// The text of a value of a built-in type.
std::optional<std::string> plain_value(const TypeName& type, int number, bool large) {
  const auto& name = type.name;
  const auto n = std::to_string(number);
  if (name == "int2") return large ? "32000" : n;
  if (name == "int4" || name == "serial4") return large ? "2000000000" : n;
  if (name == "int8" || name == "serial8") return large ? "9000000000000" : n;
  if (name == "numeric") return numeric_value(type, number, large);
  if (name == "float4" || name == "float8" || name == "money" || name == "oid") return n;
  if (name == "text" || name == "varchar" || name == "bpchar" || name == "citext" || name == "name")
    return text_value(type, number, large);
  if (name == "bool") return "true";
  if (name == "uuid") return fmt::format("00000000-0000-4000-8000-{:012}", number);
  if (name == "date") return fmt::format("2024-01-{:02}", 1 + number % 28);
  if (name == "timestamp" || name == "timestamptz")
    return fmt::format("2024-01-{:02} 12:00:00.123456", 1 + number % 28);
  if (name == "time" || name == "timetz") return fmt::format("12:{:02}:00", number % 60);
  if (name == "interval") return n + " hours";
  if (name == "json" || name == "jsonb") return fmt::format("{{\"n\": {}}}", number);
  if (name == "bytea") return fmt::format("\\x{:08x}", number);
  if (name == "inet" || name == "cidr") return fmt::format("10.0.{}.{}", number / 250 % 250, number % 250);
  if (name == "xml") return fmt::format("<a>{}</a>", number);
  if (name == "tsvector") return "word";
  if (name == "ltree") return fmt::format("0.{}", number);
  if (name == "bit" || name == "varbit")
    return std::string(static_cast<size_t>(type.modifiers.empty() ? 1 : type.modifiers.front()), '1');
  if (name == "point") return "(1,1)";
  if (name == "int4range" || name == "int8range" || name == "numrange")
    return fmt::format("[{},{})", number, number + 1);
  return std::nullopt;
}

const schema::Constraint* foreign_key_of(const Relation& table, const std::string& column) {
  for (const auto& constraint : table.constraints) {
    if (constraint.kind == ConstraintKind::foreign_key && core::contains(constraint.columns, column))
      return &constraint;
  }
  return nullptr;
}

// A value that the referenced table holds; its first one when rows are gone meanwhile.
std::string referenced_value(const schema::Catalog& catalog, const schema::Constraint& key, const std::string& column,
                             int number) {
  const auto position = std::find(key.columns.begin(), key.columns.end(), column) - key.columns.begin();
  auto columns = key.referenced_columns;
  const auto* referenced = catalog.relation(key.referenced);
  if (columns.empty() && referenced != nullptr && referenced->primary_key() != nullptr)
    columns = referenced->primary_key()->columns;
  if (columns.size() <= static_cast<size_t>(position)) return "null";
  const auto name = quote_ident(columns[static_cast<size_t>(position)]);
  const auto rows = fmt::format("select {} from {} order by 1 limit 1", name, key.referenced.sql());
  return number % 3 == 0 ? fmt::format("({})", rows)
                         : fmt::format("coalesce(({} offset {}), ({}))", rows, number % 3, rows);
}

bool in_unique_key(const Relation& table, const std::string& column) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const auto& index) {
    return index.unique && (core::contains(index.columns, column) || core::contains(index.columns_read, column));
  });
}

bool must_be_given(const schema::Catalog& catalog, const Column& column) {
  const auto* domain = catalog.domain(column.type);
  const bool required = column.not_null || (domain != nullptr && domain->not_null);
  const bool filled =
      column.default_sql || column.identity != 0 || column.generated_sql || (domain != nullptr && domain->default_sql);
  return required && !filled;
}

}  // namespace

std::optional<std::string> sample_value(const schema::Catalog& catalog, const TypeName& type, int number, bool large) {
  const auto typed = [&](const std::string& text) { return fmt::format("{}::{}", quote_literal(text), type.sql); };
  if (type.array_dims > 0) return typed("{}");
  if (const auto* known = catalog.enum_type(type)) {
    if (known->labels.empty()) return std::nullopt;
    return typed(known->labels.front());
  }
  if (const auto* domain = catalog.domain(type)) return sample_value(catalog, domain->base, number, large);
  const auto plain = plain_value(type, number, large);
  return plain ? std::optional(typed(*plain)) : std::nullopt;
}

std::optional<std::string> sample_insert(const schema::Catalog& catalog, const Relation& table,
                                         const InsertOptions& options) {
  std::vector<std::string> names, values;
  for (const auto& column : table.columns) {
    if (column.generated_sql || column.identity == 'a') continue;
    const bool required = must_be_given(catalog, column);
    const bool null = column.name == options.null_column;
    // A default that draws numbers is left to the server: ours would collide with it.
    const bool numbered =
        column.identity != 0 || (column.default_sql && column.default_sql->find("nextval") != std::string::npos);
    if (!null && !required && (!options.every_column || numbered)) continue;
    const auto* key = foreign_key_of(table, column.name);
    const bool unique = in_unique_key(table, column.name);
    auto value = key != nullptr
                     ? std::optional(referenced_value(catalog, *key, column.name, options.number))
                     : sample_value(catalog, column.type, unique ? options.number : 1, options.large && !unique);
    if (null) value = "null";
    if (!value && required) return std::nullopt;
    if (!value) continue;
    names.push_back(quote_ident(column.name));
    values.push_back(*value);
  }
  if (names.empty()) return fmt::format("insert into {} default values", table.name.sql());
  return fmt::format("insert into {} ({}) values ({})", table.name.sql(), fmt::join(names, ", "),
                     fmt::join(values, ", "));
}

Result<std::vector<std::string>> fill_tables(pg::Session& session, const schema::Catalog& catalog) {
  constexpr int kRows = 3;
  std::vector<std::string> problems;
  std::vector<const Relation*> open;
  for (const auto& [name, relation] : catalog.relations) {
    const bool table =
        relation.kind == schema::RelationKind::table || relation.kind == schema::RelationKind::partitioned_table;
    if (table && !relation.partition_of) open.push_back(&relation);
  }
  // Tables that others refer to come first; what is left in a round without progress cannot be filled.
  for (bool progress = true; progress && !open.empty();) {
    progress = false;
    std::vector<const Relation*> left;
    problems.clear();
    for (const auto* table : open) {
      std::string problem;
      for (int number = 1; number <= kRows && problem.empty(); ++number) {
        problem = "a type for which no value is known";
        for (const bool every : {true, false}) {
          const auto insert = sample_insert(
              catalog, *table, {.number = number, .every_column = every, .large = false, .null_column = {}});
          if (!insert) continue;
          const auto done = session.script(*insert);
          if (done) problem.clear();
          if (done) break;
          if (done.error().sqlstate.empty()) return done.error();
          problem = done.error().message;
        }
      }
      progress = progress || problem.empty();
      if (problem.empty()) continue;
      left.push_back(table);
      problems.push_back(fmt::format("{}: {}", table->name.display(), problem));
    }
    open = std::move(left);
  }
  return problems;
}

}  // namespace bgdb::prove
