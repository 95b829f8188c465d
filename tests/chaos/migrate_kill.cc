// bgdb migrate is killed with -9 again and again, anywhere; whatever was being done, running it again finishes, and
// every statement has happened exactly once.
#include <fmt/format.h>

#include <csignal>
#include <random>
#include <thread>

#include "core/process.h"
#include "pg/session.h"
#include "scratch/server.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using namespace std::chrono_literals;

TEST_CASE("a migration that is killed anywhere is finished by running it again") {
  const auto workspace = REQUIRE_OK(scratch::Workspace::create("migratekill"));
  const auto postgres = REQUIRE_OK(scratch::Postgres::start(*workspace));
  CHECK_OK(postgres->create_database("green"));
  test::TempDir dir;
  dir.write("bgdb.yml", "name: shop\nstrategy: parallel\nblue: { dsn: \"" + postgres->dsn("green") +
                            "\" }\ngreen: { dsn: \"" + postgres->dsn("green") +
                            "\" }\nmigrations: { dir: migrations, framework: plain }\n");
  // Files in a transaction, files without, indexes built concurrently: each step takes a moment, so that kills hit
  // inside.
  std::string outside =
      "create table log (file text, step int);\ninsert into log select 'fill', i from generate_series(1, 20000) i;\n";
  for (int i = 0; i < 12; ++i) {
    outside += fmt::format("insert into log values ('outside', {}); select pg_sleep(0.02);\n", i);
    if (i % 3 == 0) outside += fmt::format("create index concurrently log_{} on log (step, file);\n", i);
    if (i % 3 == 1)
      outside += fmt::format(
          "begin; insert into log values ('pair', {0}); insert into log values ('pair', {0}); commit;\n", i);
    if (i == 8) outside += "drop index concurrently log_0;\n";
  }
  dir.write("migrations/001_outside.sql", outside);
  for (int file = 2; file < 8; ++file) {
    dir.write(
        fmt::format("migrations/00{}_inside.sql", file),
        fmt::format(
            "insert into log values ('inside', {0}); select pg_sleep(0.03); insert into log values ('inside', {0});",
            file));
  }

  core::ProcessOptions options;
  options.argv = {BGDB_BINARY, "migrate", "--yes"};  // this green is no clone, and that is right
  options.working_directory = dir.path().string();
  options.output_file = (dir.path() / "out").string();
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int kills = 0;
  bool finished = false;
  for (int round = 0; round < 200 && !finished; ++round) {
    auto child = REQUIRE_OK(core::ChildProcess::start(options));
    const auto status = child.wait(std::chrono::milliseconds(40 + random() % 160));
    if (status) {
      // Refused while the server still ends the killed run's session (its operator's lock): try again.
      finished = *status == 0;
      INFO(test::read_file(dir.path() / "out"));
      REQUIRE((*status == 0 || *status == 3));
      continue;
    }
    child.signal(SIGKILL);
    child.wait(5s);
    ++kills;
  }
  INFO(test::read_file(dir.path() / "out"));
  if (!finished) {
    for (int i = 0; i < 50 && !finished; ++i) {
      finished = REQUIRE_OK(core::run_process({.argv = options.argv, .working_directory = options.working_directory}))
                     .exit_status == 0;
      if (!finished) std::this_thread::sleep_for(100ms);
    }
  }
  REQUIRE(finished);
  CHECK(kills > 3);

  pg::SessionOptions session_options;
  session_options.dsn = postgres->dsn("green");
  auto session = REQUIRE_OK(pg::Session::open(session_options));
  const auto scalar = [&](const std::string& sql) { return REQUIRE_OK(session.scalar(sql)); };
  CHECK(scalar("select count(*) from log where file = 'fill'") == "20000");
  CHECK(scalar("select count(*) || ' ' || count(distinct step) from log where file = 'outside'") == "12 12");
  CHECK(scalar("select count(*) || ' ' || count(distinct step) from log where file = 'pair'") == "8 4");
  CHECK(scalar("select count(*) || ' ' || count(distinct step) from log where file = 'inside'") == "12 6");
  CHECK(scalar("select string_agg(c.relname, ' ' order by c.relname) from pg_index i join pg_class c on c.oid = "
               "i.indexrelid "
               "where i.indrelid = 'log'::regclass and i.indisvalid") == "log_3 log_6 log_9");
  CHECK(scalar("select count(*) from pg_index where not indisvalid") == "0");
  CHECK(scalar("select count(*) from bgdb.schema_versions") == "7");
  CHECK(scalar("select count(*) from bgdb.fact") == "0");
}
