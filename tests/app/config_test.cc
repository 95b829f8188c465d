#include "app/config.h"

#include "app/init.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using app::parse_config;

namespace {

const std::string kSides = "blue: { dsn: \"service=b\" }\ngreen: { dsn: \"service=g\" }\n";

std::string problem_of(const std::string& yaml) {
  const auto config = parse_config(yaml, "bgdb.yml");
  if (config) return "accepted";
  CHECK(config.error().code == ErrorCode::config);
  CHECK(config.error().exit_status() == 2);
  return config.error().message;
}

void refuses(const std::string& yaml, const std::string& part) {
  INFO(yaml);
  const auto message = problem_of(yaml);
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("the keys of a full bgdb.yml arrive where they belong") {
  const auto config = REQUIRE_OK(parse_config(R"yml(
name: shop
blue:   { dsn: "service=shop-blue" }
green:  { dsn: "service=shop-green" }
strategy: parallel
tables: { include: ["public.*"], exclude: ["public.session_cache"] }
migrations: { dir: db, framework: flyway, baseline: V2.3.0 }
mapping: map.yml
link: { engine: auto, batch_rows_max: 500, queue_bytes_max: 32MiB }
gates:
  lag_bytes_max: 2MiB
  lag_ms_max: 400
  drain_ms_max: 2s
  stable_for: 6s
  long_transaction_max: 7s
  soak_min: 2h
  health:
    - { kind: sql, on: blue, query: "select 1", timeout: 2s }
    - { kind: command, run: ["./smoke.sh", "green"], timeout: 120s }
switch: { pause_max: 3s, lock_timeout: 200ms, lock_attempts: 10 }
traffic:
  driver: pgbouncer
  admin_dsn: ["port=6432", "port=6433"]
  database: shop
  databases_file: /etc/pgbouncer/databases.ini
  front_door_dsn: "port=6432 dbname=shop"
watch: { window: 24h }
)yml",
                                              "/srv/shop/bgdb.yml"));
  CHECK(config.name == "shop");
  CHECK(config.blue_dsn == "service=shop-blue");
  CHECK(config.green_dsn == "service=shop-green");
  CHECK(config.tables_exclude == std::vector<std::string>{"public.session_cache"});
  CHECK(config.migrations.framework == "flyway");
  CHECK(config.resolve(config.migrations.dir) == "/srv/shop/db");
  CHECK(config.resolve("/abs/map.yml") == "/abs/map.yml");
  CHECK(config.link.batch_rows_max == 500);
  CHECK(config.link.queue_bytes_max == 32 << 20);
  CHECK(config.gates.lag_ms_max.count() == 400);
  CHECK(config.gates.drain_ms_max.count() == 2000);
  CHECK(config.gates.soak_min == std::chrono::hours(2));
  REQUIRE(config.gates.health.size() == 2);
  CHECK(config.gates.health[0].on == "blue");
  CHECK(config.gates.health[1].run == std::vector<std::string>{"./smoke.sh", "green"});
  CHECK(config.switch_.lock_attempts == 10);
  CHECK(config.traffic.admin_dsns.size() == 2);
  CHECK(config.watch_window == std::chrono::hours(24));
  CHECK(config.slot("forward") == "bgdb_shop_forward");
}

TEST_CASE("unknown keys name the nearest known key with file and line") {
  refuses(kSides + "gaets: {}\n", "bgdb.yml:3: unknown key 'gaets' (did you mean 'gates'?)");
  refuses(kSides + "gates:\n  lag_byte_max: 1MiB\n",
          "bgdb.yml:4: unknown key 'gates.lag_byte_max' (did you mean 'gates.lag_bytes_max'?)");
  refuses(kSides + "link: { zzzzzzzz: 1 }\n", "known here: engine, batch_rows_max, queue_bytes_max");
  refuses("blue: { dns: x }\ngreen: { dsn: y }\n", "did you mean 'blue.dsn'?");
}

TEST_CASE("strategy shared needs one database") {
  const auto config = REQUIRE_OK(parse_config(R"yml(
blue: { dsn: "service=shop" }
strategy: shared
migrations: { placeholders: { schema: shop, owner: app }, old_version: "shop-2.3*", quiet_for: 1h }
)yml",
                                              "bgdb.yml"));
  CHECK(config.shared());
  CHECK(config.sides().size() == 1);
  CHECK(config.migrations.placeholders.at("schema") == "shop");
  CHECK(config.migrations.quiet_for == std::chrono::hours(1));
  refuses("blue: { dsn: x }\nstrategy: parallel\n", "green is missing");
  refuses("blue: { dsn: x }\nstrategy: shared\nmigrations: { placeholders: [a] }\n", "placeholders");
}

TEST_CASE("every problem of a file is told at once") {
  const auto message = problem_of("blue: { dsn: x }\nname: Shop-1\nlink: { queue_bytes_max: 64 }\nswitch: []\n");
  for (const char* part : {"bgdb.yml: green is missing", "bgdb.yml:2: name:", "bgdb.yml:3: link.queue_bytes_max:",
                           "bgdb.yml:4: switch must be a mapping"}) {
    INFO(message);
    CHECK(message.find(part) != std::string::npos);
  }
}

TEST_CASE("sizes and durations carry units, numbers have bounds") {
  refuses(kSides + "switch: { pause_max: 2 }\n", "'2' is not a duration");
  refuses(kSides + "switch: { pause_max: 2 parsecs }\n", "is not a duration");
  refuses(kSides + "gates: { lag_bytes_max: 1000 }\n", "'1000' is not a size");
  refuses(kSides + "gates: { lag_ms_max: 5MiB }\n", "is not a duration");
  refuses(kSides + "link: { batch_rows_max: 0 }\n", "between 1 and 100000");
  refuses(kSides + "link: { batch_rows_max: 1e3 }\n", "between 1 and 100000");
  refuses(kSides + "switch: { pause_max: 0 }\n", "longer than nothing");
}

TEST_CASE("what this version does not do is an error, never ignored") {
  refuses(kSides + "gates: { performance: { queries: p.sql } }\n", "cannot read");
  refuses(kSides + "gates: { health: [{ kind: prometheus, url: \"http://x\", query: up }] }\n", "below or above");
  refuses(kSides + "gates: { health: [{ kind: http, url: \"ftp://x\" }] }\n", "must begin with http://");
  refuses(kSides + "link: { engine: native }\n", "'native' is refused: a subscription skips missing rows");
  refuses(kSides + "traffic: { driver: haproxy }\n", "traffic.driver haproxy needs traffic.haproxy.sockets");
}

TEST_CASE("a driver says what it needs") {
  const auto message = problem_of(kSides + "traffic: { driver: pgbouncer }\n");
  for (const char* key : {"admin_dsn", "database", "databases_file"}) CHECK(message.find(key) != std::string::npos);
  refuses(kSides + "traffic: { driver: command }\n", "traffic.commands.switch");
  refuses(kSides + "gates: { health: [{ kind: command }] }\n", "names no command");
  refuses(kSides + "gates: { health: [{ kind: sql }] }\n", "gates.health.query is missing");
  refuses(kSides + "gates: { health: [{ query: x }] }\n", "kind is missing");
}

TEST_CASE("text that is no bgdb.yml is refused with its line") {
  refuses("blue: { dsn: \"x\n", "this is not YAML");
  refuses("- a\n- b\n", "must be a mapping");
  refuses("", "blue is missing");
  refuses(kSides + "blue: { dsn: again }\n", "blue is set twice");
  refuses(kSides + "---\nname: two\n", "more than one YAML document");
  refuses(kSides + "tables: { include: public.* }\n", "must be a list");
  refuses(kSides + "blue2: &a [*a]\n", "bgdb.yml");
}

TEST_CASE("patterns choose the tables that take part") {
  auto config = REQUIRE_OK(parse_config(kSides + "tables: { include: [\"public.*\", \"billing.inv*\", "
                                                 "\"\\\"Odd\\\".\\\"T\\\"\"], exclude: [\"public.tmp_*\", logs] }\n",
                                        "f"));
  const auto takes_part = [&](const char* schema, const char* table) {
    return app::takes_part(config, {.schema = schema, .name = table});
  };
  CHECK(takes_part("public", "orders"));
  CHECK(takes_part("billing", "invoices"));
  CHECK(takes_part("Odd", "T"));
  CHECK_FALSE(takes_part("billing", "payments"));
  CHECK_FALSE(takes_part("public", "tmp_1"));
  CHECK_FALSE(takes_part("public", "logs"));
  config.tables_include = {"*.*"};
  CHECK_FALSE(takes_part("bgdb", "side"));
}

TEST_CASE("a missing file names the way to get one") {
  const test::TempDir folder;
  const auto config = app::load_config((folder.path() / "bgdb.yml").string());
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().code == ErrorCode::not_found);
  CHECK(config.error().hint.find("bgdb init") != std::string::npos);
}

TEST_CASE("init writes files that load, and never overwrites") {
  const test::TempDir folder;
  const auto first = REQUIRE_OK(app::write_initial_files(folder.path().string()));
  REQUIRE(first.size() == 2);
  CHECK((first[0].written && first[1].written));
  CHECK_OK(app::load_config(first[0].path));
  folder.write("bgdb.yml", "mine");
  const auto second = REQUIRE_OK(app::write_initial_files(folder.path().string()));
  CHECK_FALSE(second[0].written);
  CHECK(test::read_file(first[0].path) == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 2);
}

TEST_CASE("init says why it could not write") {
  const auto files = app::write_initial_files("/nowhere/at/all");
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().message.find("/nowhere/at/all/bgdb.yml") != std::string::npos);
}
