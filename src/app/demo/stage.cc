#include "app/demo/stage.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "core/sql_file.h"

namespace bgdb::app::demo {
namespace {

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) return fail(ErrorCode::io, "cannot write " + path.string(), "is the disk full?");
  return {};
}

std::string config_text(const Stage& stage) {
  return fmt::format(R"yml(name: demo
blue: {{ dsn: "{blue}" }}
green: {{ dsn: "{green}" }}
tables: {{ include: ["public.*"], exclude: ["public.app_schema"] }}
migrations: {{ dir: migrations, framework: flyway, baseline: V1.0.0 }}
mapping: mapping.yml
gates:
  lag_bytes_max: 1MiB
  lag_ms_max: 500
  drain_ms_max: 1000
  stable_for: 1s
  long_transaction_max: 5s
  health:
    - {{ kind: sql, on: green, query: "select count(*) > 0 from customers", timeout: 2s }}
switch: {{ pause_max: 2s, lock_timeout: 300ms, lock_attempts: 20 }}
traffic:
  driver: pgbouncer
  admin_dsn: "{admin}"
  database: shop
  databases_file: {databases}
  front_door_dsn: "{door}"
watch: {{ window: 48h }}
)yml",
                     fmt::arg("blue", stage.blue->dsn("shop")), fmt::arg("green", stage.green->dsn("shop")),
                     fmt::arg("admin", stage.bouncer->admin_dsn()),
                     fmt::arg("databases", stage.bouncer->databases_file()),
                     fmt::arg("door", stage.bouncer->dsn("shop")));
}

constexpr std::string_view kDemoMapping =
    R"yml(# The split of the name is the one thing that cannot be derived from the migration.
tables:
  public.customers:
    forward:
      first_name: "split_part(name, ' ', 1)"
      last_name: "substr(name, strpos(name, ' ') + 1)"
    reverse:
      name: "first_name || ' ' || last_name"
    lossy:
      first_name: "the first word is the first name"
      last_name: "the rest is the last name"
      name: "every customer of this shop has a first and a last name"
)yml";

}  // namespace

Result<pg::Session> Stage::connect(const std::string& side) const {
  return pg::Session::open({.dsn = (side == "blue" ? blue : green)->dsn("shop"), .application_name = "bgdb demo"});
}

Result<Stage> raise_stage(const ShopSize& size) {
  Stage stage;
  stage.size = size;
  stage.workspace = BGDB_TRY(scratch::Workspace::create("bgdb-demo"));
  stage.project = stage.workspace->path() + "/project";
  const std::vector<std::pair<std::string, std::string>> settings = {{"track_commit_timestamp", "on"},
                                                                     {"deadlock_timeout", "500ms"}};
  stage.blue = BGDB_TRY(scratch::Postgres::start(*stage.workspace, {.name = "blue", .settings = settings}));
  stage.green = BGDB_TRY(scratch::Postgres::start(*stage.workspace, {.name = "green", .settings = settings}));
  BGDB_CHECK(stage.blue->create_database("shop"));
  BGDB_CHECK(stage.green->create_database("shop"));
  stage.bouncer = BGDB_TRY(scratch::PgBouncer::start(*stage.workspace, {{"shop", stage.blue->dsn("shop")}}));
  return stage;
}

Result<void> load_shop(const Stage& stage) {
  auto session = BGDB_TRY(stage.connect("blue"));
  BGDB_TRY(session.script(core::sql_text("demo/create_shop.sql")));
  BGDB_TRY(session.script(core::sql_text("demo/load_shop.sql", {{"customers", std::to_string(stage.size.customers)},
                                                                {"orders", std::to_string(stage.size.orders)},
                                                                {"accounts", std::to_string(stage.size.accounts)}})));
  BGDB_TRY(session.script("vacuum analyze"));
  return {};
}

Result<void> write_project(const Stage& stage) {
  const std::filesystem::path folder = stage.project;
  std::error_code error;
  std::filesystem::create_directories(folder / "migrations", error);
  if (error) return fail(ErrorCode::io, fmt::format("cannot create {}: {}", stage.project, error.message()));
  BGDB_CHECK(write_file(folder / "bgdb.yml", config_text(stage)));
  BGDB_CHECK(write_file(folder / "mapping.yml", kDemoMapping));
  BGDB_CHECK(write_file(folder / "migrations/V1.0.0__shop.sql", core::sql_text("demo/create_shop.sql")));
  return write_file(folder / "migrations" / kBreakingMigration, core::sql_text("demo/break_shop.sql"));
}

}  // namespace bgdb::app::demo
