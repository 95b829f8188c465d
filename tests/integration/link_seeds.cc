// Random tables, random migrations, random transactions, both directions, both sides compared. Every seed is one table;
// a round carries several of them through the same pair of links, so that their changes share batches.
//   BGDB_SEEDS      how many (default 60)
//   BGDB_SEED_FIRST the first (default 1); a failed check prints the seed
#include <cstdlib>

#include "introspect/introspect.h"
#include "link_seeds.h"
#include "link_world.h"
#include "parse/parser.h"

using namespace bgdb;
using namespace bgdb::test;

namespace {

constexpr uint32_t kSeedsOfARound = 20;

uint32_t from_environment(const char* name, uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

std::string replaced(std::string text, const std::string& by) {
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + by.size())) {
    if (text.compare(at, 3, "% 2") == 0) {  // modulo
      at += 1;
      continue;
    }
    text.replace(at, 1, by);
  }
  return text;
}

// Statements on one side of one table.
class Writer {
 public:
  Writer(const SeedTable& table, bool blue, Random& random) : table_(table), blue_(blue), random_(random) {}

  std::string statement() {
    if (table_.is_two(blue_)) return statement_of_two();
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return insert(std::to_string(random_.below(40)));
      case 3:
        return random_.one_in(3) ? insert_many() : insert(std::to_string(random_.below(40)));
      case 4:
      case 5:
      case 6:
        return update(fmt::format("where {} = {}", key(), key_value(std::to_string(random_.below(40)))));
      case 7:
        return update("where true");
      case 8:
        return change_key();
      case 9: {
        const std::string number = std::to_string(random_.below(40));
        return remove(number) + insert(number);
      }
      case 10:
        return random_.one_in(12) ? fmt::format("truncate {};", name()) : remove(std::to_string(random_.below(40)));
      default:
        return remove(std::to_string(random_.below(40)));
    }
  }

 private:
  // Both parts in one statement block, in any order; sometimes only one of them, which is then missing for a while.
  std::string statement_of_two() {
    const std::string number = std::to_string(random_.below(40));
    const size_t one = static_cast<size_t>(random_.below(2));
    const auto is = [&](size_t part) { return fmt::format("{} = {}", table_.parts[part].key, key_value(number)); };
    const auto remove_one = [&](size_t part) {
      return fmt::format("delete from {} where {};", table_.parts[part].name, is(part));
    };
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return insert_part(one, number) + insert_part(1 - one, number);
      case 3: {
        const int first = 100 + random_.below(5) * 150;
        const std::string many = fmt::format(" from generate_series({}, {}) g", first, first + 149);
        return insert_part(one, "g", many) + insert_part(1 - one, "g", many);
      }
      case 4:
      case 5:
        return update_part(one, "where " + is(one)) + update_part(1 - one, "where " + is(1 - one));
      case 6:
        return update_part(one, random_.one_in(3) ? "where true" : "where " + is(one));
      case 7:
        return move_both(one, number, std::to_string(random_.below(40)));
      case 8:
        return random_.one_in(4) ? fmt::format("truncate {}, {};", table_.parts[0].name, table_.parts[1].name)
                                 : remove_one(one) + remove_one(1 - one);
      case 9:  // all of it again
        return remove_one(one) + insert_part(1 - one, number, " where false") + remove_one(1 - one) +
               insert_part(one, number) + insert_part(1 - one, number);
      case 10:  // one of them again
        return remove_one(one) + insert_part(one, number,
                                             fmt::format(" where exists (select from {} where {})",
                                                         table_.parts[1 - one].name, is(1 - one)));
      default:
        return random_.one_in(8) ? fmt::format("truncate {};", table_.parts[one].name) : remove_one(one);
    }
  }
  std::string insert_part(size_t part, const std::string& number, const std::string& from = {}) {
    std::vector<std::string> columns, values;
    for (const SeedColumn& column : table_.columns) {
      if (!column.key && column.part != part) continue;
      columns.push_back(column.key ? table_.parts[part].key : of(column));
      values.push_back(column.key ? replaced(column.values[0], "(" + number + ")") : value(column));
    }
    return fmt::format("insert into {} ({}) select {}{};", table_.parts[part].name, fmt::join(columns, ", "),
                       fmt::join(values, ", "), from);
  }
  std::string update_part(size_t part, const std::string& where) {
    std::vector<std::string> assignments;
    for (const SeedColumn& column : table_.columns) {
      if (column.key || column.part != part || random_.one_in(3)) continue;
      assignments.push_back(fmt::format("{} = {}", of(column), value(column)));
    }
    if (assignments.empty()) return {};
    return fmt::format("update {} set {} {};", table_.parts[part].name, fmt::join(assignments, ", "), where);
  }
  std::string move_both(size_t one, const std::string& from, const std::string& to) {
    const auto there = [&](size_t part, const std::string& number) {
      return fmt::format("exists (select from {} where {} = {})", table_.parts[part].name, table_.parts[part].key,
                         key_value(number));
    };
    const auto move = [&](size_t part) {
      return fmt::format("update {0} set {1} = {3} where {1} = {2};", table_.parts[part].name, table_.parts[part].key,
                         key_value(from), key_value(to));
    };
    return fmt::format("if {} and {} and not {} and not {} then {} {} end if;", there(0, from), there(1, from),
                       there(0, to), there(1, to), move(one), move(1 - one));
  }

  const std::string& name() const { return blue_ ? table_.blue : table_.green; }
  const std::string& of(const SeedColumn& column) const { return blue_ ? column.blue : column.green; }
  std::string key() const { return of(table_.columns[0]); }
  std::string key_value(const std::string& number) const {
    return replaced(table_.columns[0].values[0], "(" + number + ")");
  }
  std::string value(const SeedColumn& column) {
    const bool nullable = column.blue != "full_name" && column.green != "head" && column.green != "tail";
    return nullable && random_.one_in(5) ? "null" : random_.of(column.values);
  }

  std::string insert(const std::string& number, const std::string& from = {}) {
    std::vector<std::string> columns, values;
    for (const SeedColumn& column : table_.columns) {
      if (of(column).empty()) continue;
      columns.push_back(of(column));
      values.push_back(column.key ? replaced(column.values[0], "(" + number + ")") : value(column));
    }
    return fmt::format("insert into {} ({}) overriding system value select {}{} on conflict do nothing;", name(),
                       fmt::join(columns, ", "), fmt::join(values, ", "), from);
  }
  std::string insert_many() {
    const int first = 100 + random_.below(5) * 150;
    return insert("g", fmt::format(" from generate_series({}, {}) g", first, first + 149));
  }
  std::string update(const std::string& where) {
    std::vector<std::string> assignments;
    for (const SeedColumn& column : table_.columns) {
      if (of(column).empty() || column.key || random_.one_in(2)) continue;
      assignments.push_back(fmt::format("{} = {}", of(column), value(column)));
    }
    if (assignments.empty()) return {};
    return fmt::format("update {} set {} {};", name(), fmt::join(assignments, ", "), where);
  }
  std::string change_key() {
    if (!table_.key_may_change) return {};
    return fmt::format("update {} set {} = {} where {} = {};", name(), key(),
                       key_value(std::to_string(random_.below(60))), key(),
                       key_value(std::to_string(random_.below(40))));
  }
  std::string remove(const std::string& number) {
    return fmt::format("delete from {} where {} = {};", name(), key(), key_value(number));
  }

  const SeedTable& table_;
  bool blue_;
  Random& random_;
};

// One transaction over several tables. A statement that fails (a duplicate) is rolled back alone; some transactions are
// rolled back as a whole.
std::string transaction(const std::vector<SeedTable>& tables, bool blue, Random& random) {
  std::string body;
  const int statements = 1 + random.below(12);
  for (int i = 0; i < statements; ++i) {
    const std::string statement = Writer(random.of(tables), blue, random).statement();
    if (!statement.empty()) {
      body += "begin " + statement + " exception when unique_violation or check_violation then null; end;\n";
    }
  }
  const std::string end = random.one_in(12) ? "raise exception 'rolled back';" : "";
  return "do $do$ begin\n" + body + end + "null; end $do$";
}

class Round {
 public:
  Round(World& world, uint32_t first, uint32_t count) : world_(world), random_(first * 7919 + 1) {
    for (uint32_t i = 0; i < count; ++i) tables_.push_back(SeedMaker(first + i).make());
  }

  void run() {
    set_up();
    auto forward = link::make_relay(world_.options("forward"), pair_.forward);
    auto reverse = link::make_relay(world_.options("reverse"), pair_.reverse);
    CHECK_OK(forward->start());
    CHECK_OK(reverse->start());
    for (int phase = 0; phase < 4; ++phase) {
      const bool blue = phase % 2 == 0;
      write(blue);
      const std::string link = blue ? "forward" : "reverse";
      const auto drained = world_.drained(link);
      INFO("seeds from " << tables_.front().seed << ": " << (blue ? forward : reverse)->status().message);
      CHECK_OK(drained);
      compare(phase);
    }
    forward->stop();
    reverse->stop();
    take_down();
  }

 private:
  void set_up() {
    std::string yaml;
    std::vector<QualifiedName> blue_tables, green_tables;
    for (auto* session : {&world_.blue, &world_.green}) {
      CHECK_OK(
          session->script(std::string("drop schema public cascade; create schema public; drop schema if exists other "
                                      "cascade;") +
                          kSeedTypesDdl));
    }
    translate::DeriveInput input;
    for (const SeedTable& table : tables_) {
      INFO("seed " << table.seed << "\n" << table.ddl << "\n" << table.migration << "\n" << table.green_extra);
      CHECK_OK(world_.blue.script(table.ddl));
      CHECK_OK(world_.green.script(table.ddl + table.migration + table.green_extra));
      for (auto& statement : parse::parse_sql(table.migration).statements)
        input.migration.push_back(std::move(statement));
      if (table.overrides.empty()) continue;
      if (yaml.empty()) yaml = "tables:\n";
      yaml += table.overrides;
    }
    const auto blue = REQUIRE_OK(introspect::read_catalog(world_.blue, {.sizes = false}));
    const auto green = REQUIRE_OK(introspect::read_catalog(world_.green, {.sizes = false}));
    input.blue = &blue;
    input.green = &green;
    input.overrides = REQUIRE_OK(translate::parse_overrides(yaml, "mapping.yml"));
    for (const auto& [name, relation] : blue.relations) {
      const bool table =
          relation.kind == schema::RelationKind::table || relation.kind == schema::RelationKind::partitioned_table;
      if (table && !relation.partition_of) input.tables.push_back(name);
    }
    INFO("seeds from " << tables_.front().seed);
    pair_ = REQUIRE_OK(translate::derive(input));
    for (const auto& table : pair_.forward.tables) blue_tables.push_back(table.source);
    for (const auto& table : pair_.reverse.tables) green_tables.push_back(table.source);
    for (auto* tables : {&blue_tables, &green_tables}) {  // a split one is there several times
      tables->erase(std::unique(tables->begin(), tables->end()), tables->end());
    }
    world_.set_up("forward", blue_tables);
    world_.set_up("reverse", green_tables);
  }

  void take_down() {
    CHECK_OK(link::drop_link_objects(world_.blue, world_.green, {"forward", world_.slot("forward")}));
    CHECK_OK(link::drop_link_objects(world_.green, world_.blue, {"reverse", world_.slot("reverse")}));
  }

  void write(bool blue) {
    auto& session = blue ? world_.blue : world_.green;
    for (int i = 0; i < 40; ++i) {
      const std::string sql = transaction(tables_, blue, random_);
      const auto done = session.script(sql);
      if (done || done.error().message.find("rolled back") != std::string::npos) continue;
      FAIL("the generator wrote nonsense: " << done.error().message << "\n" << sql);
    }
    // Parts that are alone are held until now.
    for (const SeedTable& table : tables_) {
      for (size_t part = 0; table.is_two(blue) && part < 2; ++part) {
        const SeedPart &one = table.parts[part], &other = table.parts[1 - part];
        CHECK_OK(session.execute(fmt::format("delete from {} a where not exists (select from {} b where b.{} = a.{})",
                                             one.name, other.name, other.key, one.key)));
      }
    }
  }

  void compare(int phase) {
    for (const SeedTable& table : tables_) {
      std::vector<std::string> blue, green;
      for (const SeedColumn& column : table.columns) {
        if (column.blue_text.empty() || column.green_text.empty() || column.blue_text[0] == ':' ||
            column.green_text[0] == ':')
          continue;
        blue.push_back(fmt::format("coalesce(md5({}), '-')", column.blue_text));
        green.push_back(fmt::format("coalesce(md5({}), '-')", column.green_text));
      }
      const auto rows = [](const std::string& name, const std::vector<std::string>& texts) {
        return fmt::format(
            "select coalesce(string_agg(r, E'\\n' order by r collate \"C\"), '') from (select {} as r from {}) t",
            fmt::join(texts, " || ' ' || "), name);
      };
      INFO("seed " << table.seed << ", phase " << phase << "\n" << table.ddl << "\n" << table.migration);
      const std::string there = world_.on_blue(rows(table.rows(true), blue)),
                        here = world_.on_green(rows(table.rows(false), green));
      const bool same = there == here;
      CHECK(same);
    }
    CHECK(world_.on_green("select count(*) from bgdb.quarantine") == "0");
    CHECK(world_.on_blue("select count(*) from bgdb.quarantine") == "0");
  }

  World& world_;
  Random random_;
  std::vector<SeedTable> tables_;
  translate::MappingPair pair_;
};

}  // namespace

TEST_CASE("link: random tables, migrations and transactions, both directions, are the same on both sides") {
  const uint32_t seeds = from_environment("BGDB_SEEDS", 60);
  const uint32_t first = from_environment("BGDB_SEED_FIRST", 1);
  World world("select 1", "select 1");
  uint32_t done = 0;
  while (done < seeds) {
    const uint32_t count = std::min(kSeedsOfARound, seeds - done);
    Round(world, first + done, count).run();
    done += count;
  }
  WARN(seeds << " seeds from " << first);
}
