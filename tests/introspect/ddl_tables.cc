// Random statements about tables and indexes.
#include "introspect/ddl_generator.h"

namespace bgdb::test {

using schema::Relation;
using schema::RelationKind;

std::string DdlGenerator::column_definition(const std::string& name) {
  if (chance(8)) return name + one_of(" serial", " bigserial");
  if (chance(6)) return name + " int generated " + one_of("always", "by default") + " as identity";
  const auto type = this->type();
  std::string text = name + " " + type;
  if (type == "text" && chance(10)) text += " collate \"C\"";
  if (chance(8) && (type == "int" || type == "bigint")) return text + " generated always as (a * 2) stored";
  if (chance(25)) text += " default " + value_for(type);
  if (chance(25)) text += " not null";
  if (chance(8)) text += " check (" + name + " is not null)";
  if (chance(6)) text += " constraint " + new_name("k") + " check (" + name + "::text <> 'q')";
  if (chance(6)) text += " unique";
  if (chance(8)) text += " references " + table() + one_of("", " on delete cascade", " (a)");
  return text;
}

std::string DdlGenerator::table_constraint(const Relation* relation) {
  const auto name = maybe(40, "constraint " + new_name("k") + " ");
  switch (below(7)) {
    case 0:
      return name + "primary key (" + columns_of(relation, 1 + below(2)) + ")" + maybe(20, " deferrable");
    case 1:
      return name + "unique (" + columns_of(relation, 1 + below(2)) + ")" +
             maybe(20, " include (" + column_of(relation) + ")");
    case 2:
      return name + "check (" + column_of(relation) + " is not null)" + one_of("", "", " not valid", " no inherit");
    case 3:
      return name + "check (" + column_of(relation) + "::text <> " + column_of(relation) + "::text)";
    case 4:
      return name + "exclude using gist (int4range(" + column_of(relation) + ", 9) with &&)" +
             maybe(30, " where (" + column_of(relation) + " > 0)");
    default: {
      const auto* target = pick({RelationKind::table, RelationKind::partitioned_table});
      if (target == nullptr) return name + "unique (a)";
      const auto* key = target->primary_key();
      std::string text = name + "foreign key (" + columns_of(relation, key == nullptr ? 1 : key->columns.size()) +
                         ") references " + written(target->name);
      if (key == nullptr) text += " (" + column_of(target) + ")";
      return text + one_of("", " on delete cascade", " on update set null") + maybe(20, " deferrable") +
             maybe(15, " not valid");
    }
  }
}

std::string DdlGenerator::create_table() {
  const auto kind = one_of("", "", "", "", "unlogged ", "temp ");
  std::string text = "create " + kind + "table " + maybe(20, "if not exists ") +
                     (kind == "temp " ? new_name("t") : qualified(new_name("t"))) + " (";
  text += chance(50) ? std::string("a int primary key") : column_definition("a");
  for (const auto* name : {"b", "c", "d"}) {
    if (chance(70)) text += ", " + column_definition(name);
  }
  if (chance(25)) text += ", " + table_constraint(nullptr);
  return text + ")";
}

std::string DdlGenerator::create_partitioned() {
  const auto key = one_of("a", "a, b", "(a + 1), b");
  return "create table " + qualified(new_name("t")) + " (a int" + maybe(30, " not null") + ", b int, " +
         column_definition("c") + maybe(40, ", primary key (a, b)") + ") partition by " +
         (key == "a" ? "list (a)" : "hash (" + key + ")");
}

std::string DdlGenerator::create_partition() {
  const auto* parent = pick({RelationKind::partitioned_table});
  if (parent == nullptr) return create_partitioned();
  std::string text = "create table " + qualified(new_name("t")) + " partition of " + written(parent->name);
  if (chance(25)) text += " (" + column_of(parent) + one_of(" not null", " default null", " unique") + ")";
  if (chance(15)) text += " (" + table_constraint(parent) + ")";
  const bool list = parent->partition_columns.size() == 1;
  const auto n = std::to_string(below(6));
  if (list) {
    text += chance(15) ? " default" : " for values in (" + n + ")";
  } else {
    text += " for values with (modulus 6, remainder " + n + ")";
  }
  return text + maybe(20, " partition by hash (b)");
}

std::string DdlGenerator::create_child() {
  return "create table " + qualified(new_name("t")) + " (" +
         one_of("", column_definition("e"), column_definition("b")) + ") inherits (" + table() +
         maybe(15, ", " + table()) + ")";
}

std::string DdlGenerator::create_like() {
  std::string text = "create table " + qualified(new_name("t")) + " (like " + any_relation();
  if (chance(40)) text += " including all";
  for (const auto* what : {"defaults", "constraints", "indexes", "identity", "generated", "comments", "statistics"}) {
    if (chance(20)) text += std::string(one_of(" including ", " excluding ")) + what;
  }
  return text + maybe(30, ", z int") + ")";
}

std::string DdlGenerator::create_table_as() {
  const auto name = qualified(new_name("t"));
  if (chance(25)) return "select a, b into " + name + " from " + any_relation();
  return "create table " + maybe(20, "if not exists ") + name + maybe(15, " (x, y)") + " as " + query() +
         maybe(30, " with no data");
}

std::string DdlGenerator::alter_command(const Relation* relation) {
  const auto column = column_of(relation);
  switch (below(24)) {
    case 0:
    case 1:
    case 2:
      return "add column " + maybe(25, "if not exists ") + column_definition(one_of("b", "c", "d", "e", "f"));
    case 3:
    case 4:
      return "drop column " + maybe(25, "if exists ") + column + behaviour();
    case 5:
      return "alter column " + column + " type " + type() + " using null";
    case 6:
      return "alter column " + column + " type " + one_of("text", "bigint", "varchar(30)");
    case 7:
      return "alter column " + column + " set default " + one_of("null", "1", "'x'", "now()");
    case 8:
      return "alter column " + column + " drop default";
    case 9:
      return "alter column " + column + " set not null";
    case 10:
      return "alter column " + column + " drop not null";
    case 11:
    case 12:
    case 13:
      return "add " + table_constraint(relation);
    case 14:
    case 15: {
      std::string name = new_name("k");
      if (relation != nullptr && !relation->constraints.empty() && chance(90)) {
        name = relation->constraints[below(relation->constraints.size())].name;
      }
      return one_of("drop constraint ", "drop constraint if exists ", "validate constraint ", "drop constraint ") +
             "\"" + name + "\"" + (chance(30) ? " cascade" : "");
    }
    case 16:
      return "alter column " + column + " add generated " + one_of("always", "by default") + " as identity";
    case 17:
      return "alter column " + column + one_of(" drop identity if exists", " set generated always", " drop expression");
    case 18:
      return one_of("set logged", "set unlogged");
    case 19:
      return one_of("replica identity full", "replica identity nothing", "replica identity default");
    case 20:
      if (relation != nullptr && !relation->indexes.empty()) {
        const auto& index = relation->indexes[below(relation->indexes.size())];
        return one_of("replica identity using index \"" + index.name + "\"",
                      "add constraint " + new_name("k") + " unique using index \"" + index.name + "\"",
                      "add primary key using index \"" + index.name + "\"");
      }
      return "enable row level security";
    case 21:
      return one_of("enable row level security", "disable row level security", "force row level security");
    case 22:
      return one_of("disable trigger all", "enable trigger all", "enable always trigger user", "disable trigger user");
    default:
      return one_of("alter " + column + " set statistics 100", "set (fillfactor = 70)", "cluster on x",
                    "owner to postgres", "alter " + column + " set storage plain", "set without cluster");
  }
}

std::string DdlGenerator::alter_table() {
  const auto* relation = pick({RelationKind::table, RelationKind::partitioned_table});
  if (relation == nullptr) return create_table();
  std::string text = "alter table " + maybe(10, "if exists ") + maybe(8, "only ") + written(relation->name) + " " +
                     alter_command(relation);
  while (chance(25)) text += ", " + alter_command(relation);
  return text;
}

std::string DdlGenerator::attach() {
  const auto* parent = pick({RelationKind::partitioned_table});
  if (parent == nullptr) return create_partitioned();
  if (chance(40))
    return "create table " + qualified(new_name("t")) + " (like " + written(parent->name) + " including all)";
  return "alter table " + written(parent->name) + " attach partition " + table() +
         (parent->partition_columns.size() == 1
              ? " for values in (" + std::to_string(below(6)) + ")"
              : " for values with (modulus 6, remainder " + std::to_string(below(6)) + ")");
}

std::string DdlGenerator::detach() {
  for (int tries = 0; tries < 5; ++tries) {
    const auto* part = pick({RelationKind::table, RelationKind::partitioned_table});
    if (part != nullptr && part->partition_of) {
      return "alter table " + written(*part->partition_of) + " detach partition " + written(part->name);
    }
  }
  return create_partition();
}

std::string DdlGenerator::inherit() {
  const auto* child = pick({RelationKind::table});
  if (child != nullptr && !child->inherits.empty() && chance(60)) {
    return "alter table " + written(child->name) + " no inherit " + written(child->inherits.front());
  }
  return "alter table " + table() + " inherit " + table();
}

std::string DdlGenerator::create_index() {
  const auto* relation = pick({RelationKind::table, RelationKind::partitioned_table, RelationKind::materialized_view});
  if (relation == nullptr) return create_table();
  const auto column = column_of(relation);
  if (relation->kind == RelationKind::materialized_view)
    return "create index on " + written(relation->name) + " (" + column + ")";
  std::string text = "create " + maybe(25, "unique ") + "index " + maybe(10, "concurrently ");
  if (chance(50)) text += maybe(30, "if not exists ") + new_name("i") + " ";
  text += "on " + maybe(15, "only ") + written(relation->name) + " (";
  text += one_of(column, column, column + ", " + column_of(relation), "(" + column + "::text)",
                 "lower(" + column + "::text)", "(" + column + " is null), " + column_of(relation),
                 column + " desc nulls last");
  text += ")" + maybe(10, " include (" + column_of(relation) + ")");
  return text + maybe(20, " where " + column_of(relation) + " is not null");
}

std::string DdlGenerator::rename_table() {
  return "alter table " + maybe(10, "if exists ") + table() + " rename to " + new_name("t");
}

std::string DdlGenerator::rename_column() {
  const auto* relation =
      pick({RelationKind::table, RelationKind::partitioned_table, RelationKind::table, RelationKind::view});
  if (relation == nullptr) return create_table();
  const std::string what = relation->kind == RelationKind::view ? "view " : "table ";
  return "alter " + what + written(relation->name) + " rename " + maybe(50, "column ") + column_of(relation) + " to " +
         one_of("a", "b", "c", "d", "e", "g", "h");
}

std::string DdlGenerator::rename_part() {
  const auto* relation = pick({RelationKind::table, RelationKind::partitioned_table});
  if (relation == nullptr) return create_table();
  if (!relation->constraints.empty() && chance(50)) {
    const auto& name = relation->constraints[below(relation->constraints.size())].name;
    return "alter table " + written(relation->name) + " rename constraint \"" + name + "\" to " + new_name("k");
  }
  if (relation->indexes.empty()) return create_index();
  const auto& name = relation->indexes[below(relation->indexes.size())].name;
  return "alter index " + relation->name.schema + ".\"" + name + "\" rename to " + new_name("i");
}

std::string DdlGenerator::set_schema() {
  switch (below(4)) {
    case 0:
      return "alter " + one_of("view ", "materialized view ") + view() + " set schema " + schema_name();
    case 1:
      return "alter type " + user_type() + " set schema " + schema_name();
    case 2:
      return "alter sequence " + sequence() + " set schema " + schema_name();
    default:
      return "alter table " + table() + " set schema " + schema_name();
  }
}

std::string DdlGenerator::drop_table() {
  return "drop table " + maybe(30, "if exists ") + table() + maybe(15, ", " + table()) + behaviour();
}

std::string DdlGenerator::drop_index() {
  const auto* relation = pick({RelationKind::table, RelationKind::partitioned_table});
  if (relation == nullptr || relation->indexes.empty()) return create_index();
  const auto& name = relation->indexes[below(relation->indexes.size())].name;
  return "drop index " + maybe(10, "concurrently ") + maybe(30, "if exists ") + relation->name.schema + ".\"" + name +
         "\"" + maybe(20, " cascade");
}

}  // namespace bgdb::test
