// A random table for the link's property test: blue's DDL, the migration that makes green's, mapping.yml where nothing
// can derive it, and for every column one text on each side that must be equal. The texts are written down here, not
// computed by the mapping: what is tested must not judge itself.
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

namespace bgdb::test {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<uint32_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[static_cast<size_t>(below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 engine_;
};

struct SeedColumn {
  std::string blue, green;            // names (quoted); empty: that side does not have it
  std::string blue_text, green_text;  // equal for every row
  std::vector<std::string> values;    // SQL, valid on both sides
  bool key = false;
  size_t part = 0;  // which of the parts has it, where the table is two
};

struct SeedPart {
  std::string name, key;
};

struct SeedTable {
  uint32_t seed = 0;
  std::string blue, green;  // qualified names
  std::string ddl, migration, green_extra, overrides;
  std::vector<SeedColumn> columns;
  bool key_may_change = true;
  // Two tables on one side, whose rows are one row of the other.
  std::vector<SeedPart> parts;
  bool parts_on_blue = false;

  bool is_two(bool on_blue) const { return !parts.empty() && parts_on_blue == on_blue; }
  std::string rows(bool on_blue) const {
    if (!is_two(on_blue)) return on_blue ? blue : green;
    std::string second;
    for (const SeedColumn& column : columns) {
      if (!column.key && column.part == 1) second += ", " + (on_blue ? column.blue : column.green);
    }
    return fmt::format("(select p.*{} from {} p join {} q on p.{} = q.{}) as both_parts", second, parts[0].name,
                       parts[1].name, parts[0].key, parts[1].key);
  }
};

struct SeedType {
  std::string type;
  std::vector<std::string> values;
  std::vector<std::string> wider;  // types that hold every value and print it alike
};

inline const std::vector<SeedType>& seed_types() {
  static const std::string large = "(select string_agg(md5((g * 7)::text), '') from generate_series(1, 300) g)";
  static const std::string larger = "(select string_agg(md5(g::text), '') from generate_series(1, 900) g)";
  static const std::vector<SeedType> types = {
      {"smallint", {"0", "-32768", "32767", "7"}, {"int", "bigint"}},
      {"int", {"0", "-2147483648", "2147483647", "42"}, {"bigint"}},
      {"bigint", {"-9223372036854775808", "9223372036854775807", "1"}, {}},
      {"numeric", {"'NaN'", "1e-30", "12345678901234567890.123456789", "-0.10", "'Infinity'"}, {}},
      {"numeric(12,3)", {"1.5", "-999999999.999", "0"}, {}},
      {"float8", {"'NaN'", "'-Infinity'", "5e-324", "1.7976931348623157e308", "0.1"}, {}},
      {"real", {"3.4e38", "1.17549e-38", "-0.5"}, {}},
      {"boolean", {"true", "false"}, {}},
      {"text", {"''", "'NULL'", "E'\\\\N'", "E'a\\tb\\nc\\r\\\\d\"e'", "'äöü 漢字 😀'", "'{a,b}'", large, larger}, {}},
      {"varchar(20)", {"''", "'twenty characters ok'", "E'\\\\'", "' x '"}, {"text", "varchar(40)"}},
      {"char(6)", {"'a'", "'sixsix'", "''"}, {}},
      {"bytea", {"'\\x'", "'\\x00ff5c27'", "convert_to(" + large + ", 'UTF8')"}, {}},
      {"uuid", {"'00000000-0000-0000-0000-000000000001'", "md5('x')::uuid"}, {}},
      {"jsonb", {"'null'", "'{\"a\": [1, \"\\\\\", null]}'", "to_jsonb(" + large + ")"}, {}},
      {"json", {"'{\"b\" : 1,  \"b\":2}'", "'[]'"}, {}},
      {"date", {"'infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'2024-02-29'"}, {}},
      {"timestamp", {"'-infinity'", "'294276-12-31 23:59:59.999999'", "'2026-03-29 02:30'"}, {}},
      {"timestamptz", {"'infinity'", "'4714-11-24 00:00:00+00 BC'", "'2026-10-25 02:30:00.5+02'"}, {}},
      {"time", {"'24:00'", "'00:00:00.000001'"}, {}},
      {"interval", {"'-1 mon +3 days -04:05:06.789'", "'178000000 years'", "'0'"}, {}},
      {"inet", {"'10.0.0.1/8'", "'::1'"}, {}},
      {"int4range", {"'[1,5)'", "'empty'", "'(,)'"}, {}},
      {"bit varying(9)", {"B'101'", "B''"}, {}},
      {"int[]", {"'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[0:1]={7,8}'"}, {}},
      {"text[]", {"array['a,b', E'c\\\\d\"', null, 'NULL', '']", "'{}'"}, {}},
      {"point", {"'(1.5,-2)'", "'(0,0)'"}, {}},
      {"tsvector", {"to_tsvector('simple', 'a fat cat''s hat')"}, {}},
      {"mood", {"'sad'", "E'it''s \"ok\"'"}, {}},
      {"mood[]", {"'{sad}'", "array[E'it''s \"ok\"', null]::mood[]"}, {}},
      {"address", {"row('a,\"b\\c', 1)::address", "row(null, null)::address"}, {}},
      {"address[]", {"array[row(null, 2), row('', null)]::address[]"}, {}},
      {"positive", {"5", "2147483647"}, {}}};
  return types;
}

inline constexpr const char* kSeedTypesDdl =
    "create schema other; create type mood as enum ('sad', 'it''s \"ok\"'); create type address as (street text, zip "
    "int); create domain positive as int check (value > 0);";

// Builds one table from its seed.
class SeedMaker {
 public:
  explicit SeedMaker(uint32_t seed) : random_(seed) { table_.seed = seed; }

  SeedTable make() { return random_.one_in(3) ? make_two() : make_one(); }

 private:
  SeedTable make_one() {
    const std::string name =
        random_.one_in(4) ? fmt::format("\"T {} \"\"x\"", table_.seed) : fmt::format("t{}", table_.seed);
    table_.blue = table_.green = "public." + name;
    const bool partitioned = random_.one_in(6);  // its key cannot get another type
    add_key(!partitioned);
    const int columns = 1 + random_.below(6);
    for (int i = 0; i < columns; ++i) add_column(i);
    if (random_.one_in(3)) add_split();
    if (random_.one_in(4)) alter("add column added text default 'd'");
    if (random_.one_in(5)) add_generated();
    table_.ddl = fmt::format("create table {} ({}, primary key ({}));", table_.blue, fmt::join(parts_, ", "),
                             fmt::join(key_, ", "));
    if (partitioned) {
      const std::string leaf = fmt::format("public.leaf{}_", table_.seed);
      table_.ddl.replace(table_.ddl.size() - 1, 1, fmt::format(" partition by hash ({});", key_[0]));
      for (int i = 0; i < 3; ++i) {
        table_.ddl += fmt::format("create table {}{} partition of {} for values with (modulus 3, remainder {});", leaf,
                                  i, table_.blue, i);
      }
    } else if (random_.one_in(4) && !indexed_.empty()) {
      table_.ddl += fmt::format("create unique index on {} ({});", table_.blue, indexed_);
    }
    if (!partitioned && random_.one_in(5)) full_ = true;
    if (full_) table_.ddl += full_identity(table_.blue, partitioned);
    move_table(name);
    if (full_) table_.green_extra += full_identity(table_.green, partitioned);
    return table_;
  }

  // One table is two on the other side: split by the migration, or merged.
  SeedTable make_two() {
    table_.parts_on_blue = random_.one_in(2);
    const std::string whole = fmt::format("public.w{}", table_.seed), second = fmt::format("public.b{}", table_.seed);
    const bool renewed = !table_.parts_on_blue && random_.one_in(2);
    const std::string first = renewed ? fmt::format("public.a{}", table_.seed) : whole;
    table_.blue = table_.green = whole;
    table_.parts = {{first, "id"}, {second, random_.one_in(2) ? "owner_id" : "id"}};
    const std::string type = random_.of(std::vector<std::string>{"int", "text", "uuid", "bigint", "varchar(40)"});
    SeedColumn key;
    key.key = true;
    key.blue = key.green = "id";
    key.values = {type == "uuid" ? "md5((%)::text)::uuid" : type == "int" || type == "bigint" ? "%" : "'key ' || %"};
    texts(key);
    table_.columns.push_back(key);
    std::vector<std::string> columns[2];
    for (int i = 0; i < 2 + random_.below(4); ++i) {
      const SeedType& kind = random_.of(seed_types());
      SeedColumn column;
      column.part = i < 2 ? static_cast<size_t>(i) : static_cast<size_t>(random_.below(2));
      column.blue = column.green = fmt::format("c{}", i);
      column.values = kind.values;
      columns[column.part].push_back(column.blue + " " + kind.type);
      texts(column);
      table_.columns.push_back(column);
    }
    const std::string wide = type == "int" && random_.one_in(2) ? "bigint" : type;
    const auto create = [](const std::string& name, const std::string& id, const std::vector<std::string>& list) {
      return fmt::format("create table {} ({} primary key, {});", name, id, fmt::join(list, ", "));
    };
    const std::string create_second = create(second, table_.parts[1].key + " " + wide, columns[1]);
    const std::string renames = table_.parts[1].key == "id" ? "{}"
                                : table_.parts_on_blue      ? "{ owner_id: id }"
                                                            : "{ id: owner_id }";
    if (table_.parts_on_blue) {
      table_.ddl = create(whole, "id " + type, columns[0]) + create_second;
      alter(fmt::format("add column {}", fmt::join(columns[1], ", add column ")));
      table_.migration += fmt::format("drop table {};", second);
      table_.overrides = fmt::format("  '{}': {{ to: {}, renames: {} }}\n", second, whole, renames);
      if (random_.one_in(4)) table_.ddl += full_identity(first, false) + full_identity(second, false);
      return table_;
    }
    std::vector<std::string> all = columns[0];
    all.insert(all.end(), columns[1].begin(), columns[1].end());
    table_.ddl = create(whole, "id " + type, all);
    table_.migration = create_second;
    if (renewed) {
      table_.migration += create(first, "id " + type, columns[0]) + fmt::format("drop table {};", whole);
    } else {
      for (const std::string& column : columns[1]) alter("drop column " + column.substr(0, column.find(' ')));
    }
    table_.overrides =
        fmt::format("  '{}':\n    split:\n      {}:\n      {}: {{ renames: {} }}\n", whole, first, second, renames);
    if (random_.one_in(4)) table_.green_extra += full_identity(first, false) + full_identity(second, false);
    return table_;
  }

  void alter(const std::string& change) { table_.migration += fmt::format("alter table {} {};", table_.blue, change); }
  std::string full_identity(const std::string& name, bool partitioned) const {
    std::string sql = fmt::format("alter table {} replica identity full;", name);
    for (int i = 0; partitioned && i < 3; ++i)
      sql += fmt::format("alter table public.leaf{}_{} replica identity full;", table_.seed, i);
    return sql;
  }

  void add_key(bool type_may_change) {
    const int form = random_.below(5);
    SeedColumn column;
    column.key = true;
    column.blue = column.green = form == 4 ? "\"Key\"" : "id";
    std::string type = form == 1 ? "text" : form == 2 ? "uuid" : form == 3 ? "int generated always as identity" : "int";
    table_.key_may_change = form != 3;
    // `%` stands for a number.
    column.values = {form == 1 ? "'key ' || %" : form == 2 ? "md5((%)::text)::uuid" : "%"};
    parts_.push_back(column.blue + " " + type);
    key_.push_back(column.blue);
    if (type_may_change && (form == 0 || form == 4) && random_.one_in(2))
      alter(fmt::format("alter column {} type bigint", column.blue));
    if (random_.one_in(3)) {
      column.green = "new_id";
      alter(fmt::format("rename column {} to new_id", column.blue));
    }
    texts(column);
    table_.columns.push_back(column);
    if (!random_.one_in(4)) return;
    SeedColumn second;
    second.key = true;
    second.blue = second.green = "part";
    second.values = {"% % 2"};
    texts(second);
    parts_.push_back("part smallint");
    key_.push_back("part");
    table_.columns.push_back(second);
  }

  static void texts(SeedColumn& column) {
    column.blue_text = column.blue + "::text";
    column.green_text = column.green + "::text";
  }

  void add_column(int number) {
    const SeedType& type = random_.of(seed_types());
    SeedColumn column;
    column.blue = column.green = random_.one_in(5) ? fmt::format("\"C {}\"", number) : fmt::format("c{}", number);
    column.values = type.values;
    parts_.push_back(column.blue + " " + type.type);
    if (type.type == "int" || type.type == "smallint") indexed_ = column.blue;
    const int change = random_.below(6);
    if (change == 0 && !type.wider.empty()) {
      alter(fmt::format("alter column {} type {}", column.blue, random_.of(type.wider)));
    } else if (change == 1) {
      column.green = fmt::format("renamed_{}", number);
      alter(fmt::format("rename column {} to {}", column.blue, column.green));
    } else if (change == 2 && column.blue != indexed_) {
      column.green.clear();
      alter(fmt::format("drop column {}", column.blue));
    } else if (change == 3) {
      alter(fmt::format("alter column {} set default null", column.blue));
    }
    texts(column);
    table_.columns.push_back(column);
  }

  // One column of blue is two of green, each direction written in mapping.yml.
  void add_split() {
    parts_.push_back("full_name text not null default 'x|y'");
    alter("add column head text, add column tail text");
    alter("drop column full_name");
    table_.overrides = "  '" + table_.blue +
                       "':\n    forward: { head: \"split_part(full_name, '|', 1)\", tail: \"substr(full_name, "
                       "strpos(full_name, '|') + "
                       "1)\" }\n"
                       "    reverse: { full_name: \"head || '|' || tail\" }\n";
    full_ = true;  // the way back reads two large columns
    SeedColumn blue_side;
    blue_side.blue = "full_name";
    blue_side.values = {"'a|b'", "'|'", "'x|' || repeat('long ', 600)", "'q\"|\\'"};
    blue_side.blue_text = "full_name";
    blue_side.green_text = "head || '|' || tail";
    table_.columns.push_back(blue_side);
    SeedColumn head, tail;
    head.green = "head";
    head.values = {"'a'", "''", "'é'"};
    tail.green = "tail";
    tail.values = {"'b'", "''", "repeat('tail ', 600)"};
    table_.columns.push_back(head);
    table_.columns.push_back(tail);
  }

  void add_generated() {
    parts_.push_back("gen text generated always as (coalesce('g', 'x')) stored");
    SeedColumn column;
    column.blue_text = column.green_text = "gen";
    table_.columns.push_back(column);
  }

  void move_table(const std::string& name) {
    if (random_.one_in(4)) {
      table_.green = fmt::format("public.moved{}", table_.seed);
      alter(fmt::format("rename to moved{}", table_.seed));
      if (random_.one_in(2)) {
        table_.migration += fmt::format("alter table {} set schema other;", table_.green);
        table_.green = fmt::format("other.moved{}", table_.seed);
      }
    } else if (random_.one_in(6)) {
      alter("set schema other");
      table_.green = "other." + name;
    }
  }

  Random random_;
  SeedTable table_;
  std::vector<std::string> parts_, key_;
  std::string indexed_;
  bool full_ = false;
};

}  // namespace bgdb::test
