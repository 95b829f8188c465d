// A tree of migrations in the shapes that real projects have: frameworks, names, sizes (median 268, p90 2,508, p99
// 17,797 bytes), statement kinds, headers, line ends, data files. The same seed gives the same tree, byte for byte.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace bgdb::bench {

// SplitMix64: standard distributions differ between libraries.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  size_t below(size_t limit) { return static_cast<size_t>(next() % limit); }
  double unit() { return (static_cast<double>(next() >> 11U) + 0.5) / 9007199254740992.0; }
  bool chance(double probability) { return unit() < probability; }
  double normal() { return std::sqrt(-2 * std::log(unit())) * std::cos(6.283185307179586 * unit()); }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  uint64_t state_;
};

// One project's history: what exists so far, so that statements speak of objects that are there.
class History {
 public:
  History(Random& random, int number) : random_(random), number_(number) {}

  // A schema statement of a kind as frequent as measured, and what undoes it.
  struct Change {
    std::string up, down;
  };
  Change change() {
    if (tables_.empty()) return create_table();
    static constexpr std::array<double, 27> kWeights = {60, 59, 37, 35, 16, 25, 22, 11, 22, 13, 4, 13, 8,  5,
                                                        7,  5,  6,  6,  6,  6,  5,  5,  4,  3,  2, 3,  1.5};
    double at = random_.unit() * 386.5;
    size_t kind = 0;
    while (kind + 1 < kWeights.size() && at >= kWeights[kind]) at -= kWeights[kind++];
    return make(kind);
  }
  std::string insert() {
    const auto& table = some_table();
    std::string sql = fmt::format("INSERT INTO {} (id, {}) VALUES\n", table.name, table.columns[0]);
    const size_t rows = random_.chance(0.6) ? 1 : 1 + random_.below(30);
    for (size_t i = 0; i < rows; ++i)
      sql += fmt::format("  ({}, '{} {}''s {}'){}", random_.below(1'000'000), word(), word(), word(),
                         i + 1 < rows ? ",\n" : ";\n");
    return sql;
  }
  std::string update() {
    const auto& table = some_table();
    return fmt::format("UPDATE {} SET {} = '{}' WHERE id = {} AND {} IS NULL;\n", table.name, column_of(table), word(),
                       random_.below(100'000), table.columns[0]);
  }
  std::string word() {
    static constexpr const char* kWords[] = {
        "account", "invoice", "order",   "payment", "customer", "project", "member",  "token",  "session", "event",
        "message", "channel", "report",  "setting", "product",  "price",   "address", "device", "region",  "policy",
        "task",    "run",     "webhook", "batch",   "document", "team",    "user",    "role",   "metric",  "label"};
    return random_.pick(kWords);
  }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> columns;
  };
  Table& some_table() {
    if (tables_.empty()) create_table();
    // Most changes touch the newest tables.
    const size_t back =
        random_.chance(0.5) ? random_.below(std::min<size_t>(8, tables_.size())) : random_.below(tables_.size());
    return tables_[tables_.size() - 1 - back];
  }
  std::string column_of(const Table& table) { return table.columns[random_.below(table.columns.size())]; }
  std::string fresh(std::string_view what) { return fmt::format("{}_{}_{}", word(), what, ++counter_); }
  std::string type() {
    static constexpr const char* kTypes[] = {"text",   "text",          "TEXT",        "varchar(255)",    "integer",
                                             "bigint", "boolean",       "timestamptz", "TIMESTAMP(3)",    "jsonb",
                                             "uuid",   "numeric(10,2)", "text[]",      "double precision"};
    return random_.pick(kTypes);
  }
  std::string column_definition(const std::string& name) {
    std::string sql = fmt::format("{} {}", name, type());
    const auto dice = random_.below(10);
    if (dice == 0) sql += " NOT NULL DEFAULT now()";
    if (dice == 1) sql += " DEFAULT NULL";
    if (dice == 2) sql += " NOT NULL";
    if (dice == 3) sql += fmt::format(" CHECK ({0} IS NULL OR length({0}::text) < 200)", name);
    return sql;
  }

  Change create_table() {
    Table table{fresh(number_ % 3 == 0 ? "s" : "table"), {}};
    std::string sql =
        fmt::format("CREATE TABLE {}{} (\n  id {} PRIMARY KEY", random_.chance(0.3) ? "IF NOT EXISTS " : "", table.name,
                    random_.chance(0.5) ? "bigserial" : "uuid DEFAULT gen_random_uuid()");
    const size_t columns = 2 + random_.below(9);
    for (size_t i = 0; i < columns; ++i) {
      table.columns.push_back(fmt::format("{}_{}", word(), i));
      sql += ",\n  " + column_definition(table.columns.back());
    }
    if (!tables_.empty() && random_.chance(0.6))
      sql += fmt::format(",\n  parent_id bigint REFERENCES {} (id) ON DELETE CASCADE", some_table().name);
    sql += ",\n  created_at timestamptz NOT NULL DEFAULT now()\n);\n";
    tables_.push_back(table);
    return {sql, fmt::format("DROP TABLE {};\n", table.name)};
  }
  Change make(size_t kind) {
    auto& table = some_table();
    const auto column = column_of(table);
    const auto name = fresh("x");
    switch (kind) {
      case 0:
        indexes_.push_back("idx_" + name);
        return {fmt::format("CREATE {}INDEX idx_{} ON {} ({});\n", random_.chance(0.1) ? "UNIQUE " : "", name,
                            table.name, column),
                fmt::format("DROP INDEX idx_{};\n", name)};
      case 1: {
        Change change{fmt::format("ALTER TABLE {} ADD COLUMN {};\n", table.name, column_definition(name)),
                      fmt::format("ALTER TABLE {} DROP COLUMN {};\n", table.name, name)};
        table.columns.push_back(name);
        return change;
      }
      case 2:
        return {fmt::format("COMMENT ON COLUMN {}.{} IS 'The {} of the {}, as the {} sees it';\n", table.name, column,
                            word(), word(), word()),
                ""};
      case 3:
        return create_table();
      case 4:
        if (table.columns.size() < 3) return make(1);
        table.columns.erase(std::find(table.columns.begin(), table.columns.end(), column));
        return {fmt::format("ALTER TABLE {} DROP COLUMN {}{};\n", table.name, random_.chance(0.4) ? "IF EXISTS " : "",
                            column),
                fmt::format("ALTER TABLE {} ADD COLUMN {} text;\n", table.name, column)};
      case 5:
        return {fmt::format("ALTER TABLE {} ADD CONSTRAINT fk_{} FOREIGN KEY ({}) REFERENCES {} (id) ON DELETE CASCADE "
                            "ON UPDATE CASCADE;\n",
                            table.name, name, column, some_table().name),
                fmt::format("ALTER TABLE {} DROP CONSTRAINT fk_{};\n", table.name, name)};
      case 6:
        return {fmt::format(
                    "CREATE OR REPLACE FUNCTION fn_{0}() RETURNS trigger AS $$\nDECLARE\n  found_id bigint;\nBEGIN\n"
                    "  -- keeps {1} in step\n  IF NEW.id IS NULL THEN\n    RAISE EXCEPTION 'no id in %', "
                    "TG_TABLE_NAME;\n  END IF;\n"
                    "  SELECT id INTO found_id FROM {1} WHERE {2} = 'a' LIMIT 1;\n  UPDATE {1} SET {2} = 'b' WHERE id "
                    "= NEW.id;\n"
                    "  RETURN NEW;\nEND;\n$$ LANGUAGE plpgsql;\n",
                    name, table.name, column),
                fmt::format("DROP FUNCTION fn_{}();\n", name)};
      case 7:
        if (indexes_.empty()) return make(0);
        return {fmt::format("DROP INDEX IF EXISTS {};\n", take(indexes_)), ""};
      case 8:
        return {fmt::format("GRANT SELECT, INSERT ON {} TO app_reader;\n", table.name), ""};
      case 9:
        return {fmt::format("ALTER TABLE {} DROP CONSTRAINT IF EXISTS fk_{};\n", table.name, name), ""};
      case 10:
        if (tables_.size() < 12) return make(3);
        return drop_table();
      case 11:
        return {fmt::format("CREATE TRIGGER trg_{} BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION fn_touch();\n",
                            name, table.name),
                fmt::format("DROP TRIGGER trg_{} ON {};\n", name, table.name)};
      case 12:
        return {
            fmt::format("SELECT count(*), max({1}) FROM {0} WHERE {1} IS NOT NULL GROUP BY id HAVING count(*) > 1;\n",
                        table.name, column),
            ""};
      case 13:
        return {fmt::format("ALTER TABLE {0} ALTER COLUMN {1} TYPE {2} USING {1}::{2};\n", table.name, column,
                            random_.chance(0.5) ? "text" : "bigint"),
                ""};
      case 14:
        return {fmt::format("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL;\n", table.name, column),
                fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;\n", table.name, column)};
      case 15: {
        std::replace(table.columns.begin(), table.columns.end(), column, name);
        return {fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {};\n", table.name, column, name),
                fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {};\n", table.name, name, column)};
      }
      case 16:
        return {fmt::format("CREATE OR REPLACE VIEW view_{} AS\nSELECT t.id, t.{}, count(o.id) AS how_many\nFROM {} "
                            "t\nLEFT JOIN {} o ON o.id = t.id\n"
                            "WHERE t.{} IS NOT NULL\nGROUP BY t.id, t.{};\n",
                            name, column, table.name, some_table().name, column, column),
                fmt::format("DROP VIEW view_{};\n", name)};
      case 17:
        return {fmt::format("DO $$\nBEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'c_{0}') THEN\n"
                            "    ALTER TABLE {1} ADD CONSTRAINT c_{0} CHECK ({2} IS NOT NULL) NOT VALID;\n  END IF;\n"
                            "  EXECUTE 'CREATE INDEX IF NOT EXISTS i_{0} ON {1} ({2})';\nEND\n$$;\n",
                            name, table.name, column),
                ""};
      case 18:
        return {fmt::format("DELETE FROM {} WHERE {} IS NULL;\n", table.name, column), ""};
      case 19:
        enums_.push_back("enum_" + name);
        return {fmt::format("CREATE TYPE enum_{} AS ENUM ('NEW', 'OPEN', 'PAID', 'CLOSED');\n", name),
                fmt::format("DROP TYPE enum_{};\n", name)};
      case 20:
        return {fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT 'none';\n", table.name, column),
                fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT;\n", table.name, column)};
      case 21:
        if (enums_.empty()) return make(19);
        return {fmt::format("ALTER TYPE {} ADD VALUE IF NOT EXISTS '{}';\n", random_.pick(enums_), name), ""};
      case 22:
        return {fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;\n", table.name, column), ""};
      case 23:
        return {fmt::format(
                    "CREATE POLICY p_{} ON {} FOR SELECT USING (id IN (SELECT id FROM {} WHERE {} = current_user));\n",
                    name, table.name, table.name, column),
                ""};
      case 24: {
        const auto old = table.name;
        table.name = fresh("renamed");
        return {fmt::format("ALTER TABLE {} RENAME TO {};\n", old, table.name),
                fmt::format("ALTER TABLE {} RENAME TO {};\n", table.name, old)};
      }
      case 25:
        return {fmt::format("CREATE INDEX CONCURRENTLY idx_{} ON {} ({});\n", name, table.name, column), ""};
      default:
        return {fmt::format("ALTER TABLE {} ADD CONSTRAINT uq_{} UNIQUE ({});\n", table.name, name, column),
                fmt::format("ALTER TABLE {} DROP CONSTRAINT uq_{};\n", table.name, name)};
    }
  }
  Change drop_table() {
    const size_t at = random_.below(tables_.size());
    const auto name = tables_[at].name;
    tables_.erase(tables_.begin() + static_cast<std::ptrdiff_t>(at));
    return {fmt::format("DROP TABLE IF EXISTS {}{};\n", name, random_.chance(0.2) ? " CASCADE" : ""), ""};
  }
  std::string take(std::vector<std::string>& list) {
    const size_t at = random_.below(list.size());
    auto name = list[at];
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
    return name;
  }

  Random& random_;
  int number_;
  size_t counter_ = 0;
  std::vector<Table> tables_;
  std::vector<std::string> indexes_, enums_;
};

struct TreeSize {
  size_t files = 0;
  size_t bytes = 0;
  size_t projects = 0;
};

// Writes `files` files below `root` (and one of 4 MB when `large`).
class Tree {
 public:
  Tree(std::filesystem::path root, uint64_t seed) : root_(std::move(root)), random_(seed) {}

  TreeSize write(size_t files, bool large) {
    for (int project = 0; size_.files < files; ++project) {
      // Projects are of very different sizes: 20 to 900 files.
      const auto wanted = static_cast<size_t>(std::clamp(220 * std::exp(0.9 * random_.normal()), 20.0, 900.0));
      write_project(project, std::min(wanted, files - size_.files));
    }
    if (large) write_large();
    return size_;
  }

 private:
  static constexpr const char* kFrameworks[] = {"flyway", "golang", "goose",      "dbmate", "prisma",
                                                "diesel", "sqlx",   "sqlmigrate", "plain"};

  void write_project(int number, size_t files) {
    History history(random_, number);
    const std::string framework = kFrameworks[static_cast<size_t>(number) % std::size(kFrameworks)];
    const auto folder = root_ / fmt::format("{:03}-{}", number, framework) / "migrations";
    ++size_.projects;
    const size_t end = size_.files + files;
    for (int step = 1; size_.files < end; ++step) {
      std::string up, down;
      fill(history, up, down);
      if (random_.chance(0.0006)) up = with_crlf(up);
      const auto name = history.word() + "_" + history.word();
      const auto stamp = fmt::format("2023{:02}{:02}{:06}", 1 + step / 28 % 12, 1 + step % 28, step);
      if (framework == "flyway") put(folder / fmt::format("V{}__{}.sql", step, name), up);
      if (framework == "golang") {
        put(folder / fmt::format("{:06}_{}.up.sql", step, name), up);
        put(folder / fmt::format("{:06}_{}.down.sql", step, name), down);
      }
      if (framework == "goose")
        put(folder / (stamp + "_" + name + ".sql"),
            "-- +goose Up\n" + statements(up) + "\n-- +goose Down\n" + statements(down));
      if (framework == "dbmate")
        put(folder / (stamp + "_" + name + ".sql"), "-- migrate:up\n" + up + "\n-- migrate:down\n" + down);
      if (framework == "prisma") {
        const std::string header =
            random_.chance(0.2)
                ? "/*\n  Warnings:\n\n  - You are about to drop a column. All the data in it will be lost.\n\n*/\n"
                : "";
        put(folder / (stamp + "_" + name) / "migration.sql", header + "-- AlterTable\n" + up);
      }
      if (framework == "diesel") {
        const auto own =
            folder / fmt::format("2023-{:02}-{:02}-{:06}_{}", 1 + step / 28 % 12, 1 + step % 28, step, name);
        put(own / "up.sql", up);
        put(own / "down.sql", down);
      }
      if (framework == "sqlx") put(folder / (stamp + "_" + name + ".sql"), up);
      if (framework == "sqlmigrate")
        put(folder / fmt::format("{}_{}.sql", step, name), "-- +migrate Up\n" + up + "\n-- +migrate Down\n" + down);
      if (framework == "plain") put(folder / fmt::format("{:04}_{}.sql", step, name), up);
    }
  }
  // A file's statements, up to a size drawn from the measured distribution.
  void fill(History& history, std::string& up, std::string& down) {
    if (random_.chance(0.015)) return;  // blank on purpose
    const auto target = static_cast<size_t>(std::min(150'000.0, 230 * std::exp(1.72 * random_.normal())));
    const bool data = random_.chance(target > 5'000 ? 0.4 : 0.04);
    const bool wrapped = random_.chance(0.065);
    if (random_.chance(0.006)) up += "SET search_path TO {{ index .Options \"Namespace\" }};\n";
    if (wrapped) up += "BEGIN;\n\n";
    do {
      if (data && random_.chance(0.9)) {
        up += random_.chance(0.7) ? history.insert() : history.update();
        continue;
      }
      auto change = history.change();
      if (wrapped && change.up.find("CONCURRENTLY") != std::string::npos) continue;
      up += change.up + (random_.chance(0.3) ? "\n" : "");
      down = change.down + down;
    } while (up.size() < target);
    if (wrapped) up += "COMMIT;\n";
    if (random_.chance(0.2)) up.pop_back();
  }
  static std::string statements(const std::string& text) {
    const bool body = text.find("$$") != std::string::npos;
    return body ? "-- +goose StatementBegin\n" + text + "\n-- +goose StatementEnd\n" : text;
  }
  static std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
    return out;
  }
  // 4 MB of rows, and a COPY with its data.
  void write_large() {
    History history(random_, 999);
    std::string text = history.change().up;
    while (text.size() < 4'000'000) text += history.insert();
    const auto folder = root_ / "999-large" / "migrations";
    ++size_.projects;
    put(folder / "V1__seed.sql", text);
    text = history.change().up + "CREATE TABLE zip (code text, name text);\nCOPY zip (code, name) FROM stdin;\n";
    for (int i = 0; i < 4'000; ++i) text += fmt::format("{:05}\t{} {}\n", i, history.word(), history.word());
    put(folder / "V2__copy.sql", text + "\\.\nCREATE INDEX ON zip (code);\n");
  }
  void put(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    ++size_.files;
    size_.bytes += text.size();
  }

  std::filesystem::path root_;
  Random random_;
  TreeSize size_;
};

}  // namespace bgdb::bench
