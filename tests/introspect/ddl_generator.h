// Random DDL from a seed: statements of every kind over a small pool of names, so that they meet each other. It looks
// at the model to name things that exist (most of the time); whether a statement is legal is the server's business.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::test {

class DdlGenerator {
 public:
  explicit DdlGenerator(uint64_t seed) : random_(seed) {}
  std::string next(const schema::Catalog& catalog);

 private:
  using Maker = std::string (DdlGenerator::*)();
  struct Production {
    int weight;
    Maker make;
  };

  // ---- chance
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  bool chance(size_t percent) { return below(100) < percent; }
  template <class... Text>
  std::string one_of(Text... texts) {
    const std::string list[] = {texts...};
    return list[below(sizeof...(texts))];
  }
  std::string maybe(size_t percent, const std::string& text) { return chance(percent) ? text : ""; }

  // ---- names
  std::string new_name(const std::string& letter) { return letter + std::to_string(below(9)); }
  std::string schema_name() { return one_of("public", "s1", "s2"); }
  std::string qualified(const std::string& name) { return maybe(25, schema_name() + ".") + name; }
  const schema::Relation* pick(std::initializer_list<schema::RelationKind> kinds);
  std::string table();  // an existing one, as written; now and then one that is not there
  std::string any_relation();
  std::string view();
  std::string column_of(const schema::Relation* relation);
  std::string columns_of(const schema::Relation* relation, size_t count);
  std::string written(const QualifiedName& name);
  std::string type();
  std::string user_type();
  std::string sequence();
  std::string function();
  std::string behaviour() { return one_of("", "", " cascade", " restrict"); }
  std::string value_for(const std::string& type);

  // ---- tables (ddl_tables.cc)
  std::string create_table();
  std::string create_partitioned();
  std::string create_partition();
  std::string create_child();
  std::string create_like();
  std::string create_table_as();
  std::string column_definition(const std::string& name);
  std::string table_constraint(const schema::Relation* relation);
  std::string alter_table();
  std::string alter_command(const schema::Relation* relation);
  std::string attach();
  std::string detach();
  std::string inherit();
  std::string create_index();
  std::string rename_table();
  std::string rename_column();
  std::string rename_part();
  std::string set_schema();
  std::string drop_table();
  std::string drop_index();

  // ---- everything else (ddl_objects.cc)
  std::string create_view();
  std::string query();
  std::string drop_view();
  std::string rename_view();
  std::string create_type();
  std::string alter_type();
  std::string drop_type();
  std::string create_domain();
  std::string alter_domain();
  std::string create_sequence();
  std::string alter_sequence();
  std::string drop_sequence();
  std::string create_function();
  std::string drop_function();
  std::string alter_function();
  std::string create_trigger();
  std::string alter_trigger();
  std::string create_policy();
  std::string create_rule();
  std::string statistics();
  std::string comment();
  std::string schemas();
  std::string search_path();
  std::string transaction();

  std::mt19937_64 random_;
  const schema::Catalog* catalog_ = nullptr;
};

}  // namespace bgdb::test
