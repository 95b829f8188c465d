// Random statements about views, types, sequences, code, schemas, and transactions.
#include "introspect/ddl_generator.h"

namespace bgdb::test {

using schema::Relation;
using schema::RelationKind;

std::string DdlGenerator::query() {
  const auto* first = pick({RelationKind::table, RelationKind::partitioned_table, RelationKind::table,
                            RelationKind::view, RelationKind::materialized_view});
  const auto* second = pick({RelationKind::table, RelationKind::view, RelationKind::partitioned_table});
  if (first == nullptr || second == nullptr) return "select 1 as a, 'x'::text as b";
  const auto a = written(first->name);
  const auto b = written(second->name);
  const auto x = column_of(first);
  const auto y = column_of(first);
  const auto z = column_of(second);
  switch (below(13)) {
    case 0:
      return "select " + x + " from " + a;
    case 1:
      return "select " + x + " as a, " + y + " as b from " + a;
    case 2:
      return "select * from " + a;
    case 3:
      return "select l." + x + ", r." + z + " as " + one_of("zz", "b") + " from " + a + " l join " + b + " r on l." +
             x + "::text = r." + z + "::text";
    case 4:
      return "with c as (select " + x + " as m, " + y + " as n from " + a + ") select m as a, n as b from c";
    case 5:
      return "select l.* from " + a + " l, " + b + " r where r." + z + " is null";
    case 6:
      return "select l." + x + " as a, (select count(*) from " + b + ") as b from " + a + " as l";
    case 7:
      return "select " + x + " as a from " + a + " where exists (select 1 from " + b + " r where r." + z + " is null)";
    case 8:
      return "select " + x + "::text as a from " + a + " union all select " + z + "::text from " + b;
    case 9:
      return "select s.q as a from (select " + x + " as q, " + y + " from " + a + ") s";
    case 10:
      return "select count(*) as a, max(" + x + "::text) as b from " + a + " group by " + y;
    case 11:
      return "select coalesce(" + x + ", " + x + ") as a, " + y + " is null as b, lower('x') as c from " + a;
    default:
      return "select * from " + a + " l join " + b + " r using (" + x + ")";
  }
}

std::string DdlGenerator::create_view() {
  if (chance(15)) {
    return "create materialized view " + maybe(20, "if not exists ") + qualified(new_name("v")) + " as " + query() +
           maybe(50, " with no data");
  }
  if (chance(25)) {
    const auto* old = pick({RelationKind::view});
    if (old != nullptr) return "create or replace view " + written(old->name) + " as " + query();
  }
  return "create " + maybe(30, "or replace ") + maybe(5, "temp ") + "view " + new_name("v") + maybe(10, " (p, q)") +
         " as " + query();
}

std::string DdlGenerator::drop_view() {
  return "drop " + one_of("view ", "view ", "materialized view ") + maybe(30, "if exists ") + view() + behaviour();
}

std::string DdlGenerator::rename_view() {
  return "alter " + one_of("view ", "view ", "materialized view ", "table ") + view() + " rename to " + new_name("v");
}

std::string DdlGenerator::create_type() {
  const auto name = qualified(new_name("y"));
  switch (below(4)) {
    case 0:
      return "create type " + name + " as (m " + type() + ", n int)";
    case 1:
      return "create type " + name + " as range (subtype = " + one_of("int", "numeric", "text") + ")";
    default:
      return "create type " + name + " as enum ('l1', 'l2', 'l3')";
  }
}

std::string DdlGenerator::alter_type() {
  const auto name = user_type();
  const auto label = "l" + std::to_string(below(6));
  switch (below(8)) {
    case 0:
    case 1:
      return "alter type " + name + " add value " + maybe(40, "if not exists ") + "'" + label + "'" +
             one_of("", " before 'l2'", " after 'l1'");
    case 2:
      return "alter type " + name + " rename value '" + label + "' to 'l" + std::to_string(below(9)) + "'";
    case 3:
      return "alter type " + name + " rename to " + new_name("y");
    case 4:
      return "alter type " + name + " add attribute " + one_of("m", "n", "o", "p") + " " + type() +
             maybe(30, " cascade");
    case 5:
      return "alter type " + name + " drop attribute " + maybe(20, "if exists ") + one_of("m", "n", "o") +
             maybe(30, " cascade");
    case 6:
      return "alter type " + name + " alter attribute " + one_of("m", "n") + " type " + type() + maybe(30, " cascade");
    default:
      return "alter type " + name + " rename attribute " + one_of("m", "n") + " to " + one_of("m", "o") +
             maybe(30, " cascade");
  }
}

std::string DdlGenerator::drop_type() {
  return "drop " + one_of("type ", "type ", "domain ") + maybe(20, "if exists ") + user_type() + behaviour();
}

std::string DdlGenerator::create_domain() {
  return "create domain " + qualified(new_name("y")) + " as " + type() + maybe(20, " not null") +
         maybe(50, " check (value is not null)") +
         maybe(20, " constraint " + new_name("k") + " check (value::text <> 'x')");
}

std::string DdlGenerator::alter_domain() {
  const auto name = user_type();
  switch (below(7)) {
    case 0:
      return "alter domain " + name + " set not null";
    case 1:
      return "alter domain " + name + " drop not null";
    case 2:
      return "alter domain " + name + " add " + maybe(40, "constraint " + new_name("k") + " ") +
             "check (value is not null)" + maybe(30, " not valid");
    case 3: {
      for (const auto& [key, domain] : catalog_->domains) {
        if (domain.checks.empty() || chance(50)) continue;
        return "alter domain " + written(key) + one_of(" drop constraint ", " validate constraint ") + "\"" +
               domain.checks.front().name + "\"";
      }
      return "alter domain " + name + " drop constraint if exists " + new_name("k");
    }
    case 4:
      return "alter domain " + name + " rename to " + new_name("y");
    case 5:
      return "alter domain " + name + " set default null";
    default:
      return "alter domain " + name + " drop default";
  }
}

std::string DdlGenerator::create_sequence() {
  const auto* owner = pick({RelationKind::table});
  std::string text =
      "create " + maybe(8, "temp ") + "sequence " + maybe(30, "if not exists ") + new_name("q") + maybe(30, " as int");
  if (owner != nullptr && chance(30)) text += " owned by " + written(owner->name) + "." + column_of(owner);
  return text;
}

std::string DdlGenerator::alter_sequence() {
  const auto* owner = pick({RelationKind::table});
  const auto name = sequence();
  switch (below(5)) {
    case 0:
      return "alter sequence " + name + " owned by none";
    case 1:
      return "alter sequence " + name + " rename to " + new_name("q");
    case 2:
      return "alter sequence " + name + " as " + one_of("int", "bigint", "smallint");
    case 3:
      return "alter sequence " + name + " restart with 7";
    default:
      return owner == nullptr ? "alter sequence " + name + " owned by none"
                              : "alter sequence " + name + " owned by " + written(owner->name) + "." + column_of(owner);
  }
}

std::string DdlGenerator::drop_sequence() {
  return "drop sequence " + maybe(30, "if exists ") + sequence() + behaviour();
}

std::string DdlGenerator::create_function() {
  const auto name = qualified(new_name("f"));
  const auto replace = maybe(50, "or replace ");
  switch (below(8)) {
    case 0:
      return "create " + replace + "function " + name +
             "() returns trigger language plpgsql as 'begin return new; end'";
    case 1:
      return "create " + replace + "function " + name + "(x " + type() + ") returns int language sql as 'select 1'";
    case 2:
      return "create " + replace + "function " + name + "(int, out o text) language sql immutable as $$ select 'x' $$";
    case 3:
      return "create " + replace + "procedure " + name + "(p text, variadic r int[]) language sql as 'select 1'";
    case 4:
      return "create " + replace + "function " + name + "(p int default 1, q text default 'x') returns setof " +
             any_relation() + " language plpgsql as 'begin return; end'";
    case 5:
      return "create " + replace + "function " + name + "(x anyelement) returns anyelement language sql as 'select $1'";
    case 6:
      return "create " + replace + "function " + name +
             "(x int) returns table (u int, w text) language sql as $$ select 1, 'x'::text $$";
    default:
      return "create " + replace + "aggregate " + name + "(int) (sfunc = int4pl, stype = int, initcond = '0')";
  }
}

std::string DdlGenerator::drop_function() {
  const auto found = function();
  const auto name = chance(40) ? found.substr(0, found.find('(')) : found;
  return "drop " + one_of("function ", "function ", "routine ", "procedure ", "aggregate ") + maybe(30, "if exists ") +
         name + behaviour();
}

std::string DdlGenerator::alter_function() {
  const auto found = function();
  return "alter " + one_of("function ", "routine ", "procedure ") + found +
         one_of(" rename to " + new_name("f"), " set schema " + schema_name(), " stable", " owner to postgres");
}

std::string DdlGenerator::create_trigger() {
  std::string called = new_name("f");
  for (const auto& [name, overloads] : catalog_->functions) {
    const auto& returns = overloads.front().returns;
    if (returns && returns->name == "trigger" && chance(60)) called = written(name);
  }
  return "create " + maybe(20, "or replace ") + "trigger " + new_name("g") + one_of(" before", " after") +
         one_of(" insert", " update", " delete or update", " update of a") + " on " + table() +
         one_of("", " for each row") + " execute function " + called + "()";
}

std::string DdlGenerator::alter_trigger() {
  for (const auto& [name, relation] : catalog_->relations) {
    if (relation.triggers.empty() || chance(40)) continue;
    const auto& trigger = relation.triggers[below(relation.triggers.size())].name;
    const auto on = written(name);
    return one_of(
        "alter trigger " + trigger + " on " + on + " rename to " + new_name("g"),
        "drop trigger " + trigger + " on " + on,
        "alter table " + on + one_of(" disable trigger ", " enable trigger ", " enable always trigger ") + trigger);
  }
  return create_trigger();
}

std::string DdlGenerator::create_policy() {
  for (const auto& [name, relation] : catalog_->relations) {
    if (relation.policies.empty() || chance(40)) continue;
    return one_of("drop policy if exists " + new_name("p") + " on " + written(name),
                  "alter policy " + new_name("p") + " on " + written(name) + " rename to " + new_name("p"));
  }
  const auto* on = pick({RelationKind::table, RelationKind::partitioned_table});
  if (on == nullptr) return create_table();
  return "create policy " + new_name("p") + " on " + written(on->name) + one_of("", " for select", " for update") +
         " using (" + one_of("true", column_of(on) + " is not null", "exists (select 1 from " + table() + ")") + ")";
}

std::string DdlGenerator::create_rule() {
  const auto on = any_relation();
  switch (below(4)) {
    case 0:
      return "drop rule " + maybe(50, "if exists ") + new_name("r") + " on " + on + behaviour();
    case 1:
      return "alter rule " + new_name("r") + " on " + on + " rename to " + new_name("r");
    default:
      return "create " + maybe(30, "or replace ") + "rule " + new_name("r") + " as on " +
             one_of("insert", "update", "delete") + " to " + on + " do " +
             one_of("instead nothing", "also select 1", "also delete from " + table());
  }
}

std::string DdlGenerator::statistics() {
  const auto* on = pick({RelationKind::table, RelationKind::partitioned_table});
  if (on == nullptr) return create_table();
  return one_of("create statistics " + qualified(new_name("x")) + " on " + column_of(on) + ", " + column_of(on) +
                    " from " + written(on->name),
                "drop statistics if exists " + qualified(new_name("x")));
}

std::string DdlGenerator::comment() {
  const auto* on = pick({RelationKind::table, RelationKind::partitioned_table});
  if (on == nullptr) return create_table();
  return one_of("comment on table " + written(on->name) + " is 'about it'",
                "comment on table " + written(on->name) + " is null",
                "comment on column " + written(on->name) + "." + column_of(on) + " is 'x'");
}

std::string DdlGenerator::schemas() {
  switch (below(6)) {
    case 0:
      return "drop schema " + maybe(30, "if exists ") + schema_name() + behaviour();
    case 1:
      return "alter schema " + schema_name() + " rename to " + schema_name();
    case 2:
      return "create schema " + maybe(50, "if not exists ") + "s3 create table " + new_name("t") +
             " (a int) create view " + new_name("v") + " as select 1 as a";
    default:
      return "create schema " + maybe(50, "if not exists ") + schema_name();
  }
}

std::string DdlGenerator::search_path() {
  return one_of("set search_path = " + schema_name() + ", public", "set local search_path = s1", "reset search_path",
                "set search_path to s2, s1", "select set_config('search_path', 's1, public', false)",
                "set search_path to default", "select set_config('search_path', 'public', true)");
}

std::string DdlGenerator::transaction() {
  return one_of("begin", "begin", "commit", "rollback", "savepoint u1", "savepoint u2", "rollback to u1", "release u1",
                "rollback to u2", "commit and chain", "start transaction");
}

}  // namespace bgdb::test
