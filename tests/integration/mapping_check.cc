// `bgdb mapping check` on real servers: what comes back equal, what does not, and what cannot be written.
#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Project {
  test::TempDir folder;
  std::string blue = test::fresh_database("blue");
  std::string green = test::fresh_database("green");

  Project(const std::string& old_schema, const std::string& migration, const std::string& mapping) {
    folder.write("bgdb.yml", "name: mc\nblue: { dsn: \"" + blue + "\" }\ngreen: { dsn: \"" + green + "\" }\n");
    folder.write("migrations/V1__m.sql", migration);
    folder.write("mapping.yml", mapping);
    REQUIRE_OK(test::connect(blue).script(old_schema));
    REQUIRE_OK(test::connect(green).script(old_schema));
    REQUIRE_OK(test::connect(green).script("truncate t"));
    REQUIRE_OK(test::connect(green).script(migration));
  }
  std::pair<int, nlohmann::json> check() const {
    const auto result = REQUIRE_OK(core::run_process({.argv = {BGDB_BINARY, "mapping", "check", "--json"},
                                                      .working_directory = folder.path().string(),
                                                      .timeout = 60s}));
    INFO(result.stdout_text << result.stderr_text);
    REQUIRE(nlohmann::json::accept(result.stdout_text));
    return {result.exit_status, nlohmann::json::parse(result.stdout_text)};
  }
};

}  // namespace

TEST_CASE("mapping check: values at their limits come back equal through renames, casts and splits") {
  const Project project(
      "create type mood as enum ('calm', 'angry');"
      "create table t (id int primary key, name text, n int, mood mood, at timestamptz, amount numeric, raw bytea, "
      "tags "
      "text[], doc jsonb);"
      "insert into t values (1, 'Ada Lovelace', 2147483647, 'calm', 'infinity', 'NaN', '\\x00ff', "
      "array['a,b', null, '\"'], '{\"a\": [1, null]}'), (2, 'Plato', -2147483648, 'angry', '4713-01-01 BC', "
      "1e100, '', '{}', 'null'), (3, null, null, null, null, null, null, null, null);",
      "alter table t rename column n to number; alter table t alter column number type bigint; alter table t alter "
      "column mood type text; alter table t add column first text, add column last text; alter table t drop column "
      "name; alter table t replica identity full;",
      "tables:\n  public.t:\n    forward: { first: \"split_part(name, ' ', 1)\", last: \"case when strpos(name, ' ') > "
      "0 "
      "then substr(name, strpos(name, ' ') + 1) end\" }\n    reverse: { name: \"concat_ws(' ', first, last)\" }\n"
      "    lossy: { first: 'split', last: 'split', name: 'joined' }\n");
  const auto [status, report] = project.check();
  INFO(report.dump(2));
  // concat_ws() of two NULLs is '': only the row without a name differs.
  CHECK(status == 1);
  REQUIRE(report["differences"].size() == 1);
  const auto& one = report["differences"][0];
  CHECK(one["column"] == "name");
  CHECK(one["key"] == "id=3");
  CHECK(one["before"] == "NULL");
  CHECK(one["after"] == "");
  CHECK(report["rows"] == 3);
}

TEST_CASE("mapping check: rows that cannot be written are named by key, all others are compared") {
  const Project project(
      "create table t (id int primary key, code text); insert into t select g, g::text from "
      "generate_series(1, 700) g; update t set code = 'x' where id in (13, 650);",
      "alter table t alter column code type int using code::int;", "tables: {}");
  REQUIRE(test::connect(project.green).execute("insert into t values (1, 5), (2, 6)"));
  const auto [status, report] = project.check();
  INFO(report.dump(2));
  CHECK(status == 1);
  REQUIRE(report["differences"].size() == 1);
  CHECK(report["differences"][0]["column"].is_null());
  CHECK(report["differences"][0]["rows"] == 2);
  CHECK(report["differences"][0]["key"] == "id=13");
  CHECK(report["differences"][0]["after"].get<std::string>().find("invalid input syntax") != std::string::npos);
  CHECK(report["rows"] == 702);
}

TEST_CASE("mapping check: nothing is kept on either side, and equal is exit status 0") {
  const Project project(
      "create table t (id int generated always as identity primary key, a int not null, twice int "
      "generated always as (a * 2) stored); insert into t (a) select generate_series(1, 1200);",
      "alter table t add column extra text default 'x';", "tables: {}");
  const auto [status, report] = project.check();
  INFO(report.dump(2));
  CHECK(status == 0);
  CHECK(report["rows"] == 1000);
  for (const auto& dsn : {project.blue, project.green}) {
    CHECK(REQUIRE_OK(test::connect(dsn).scalar("select count(*) from pg_class where relname like 'bgdb_mapping%'")) ==
          "0");
  }
  CHECK(REQUIRE_OK(test::connect(project.green).scalar("select count(*) from t")) == "0");
}

TEST_CASE("mapping check: a split table comes back from its parts, and its parts from it") {
  const Project project(
      "create table t (id int primary key, email text not null, bio text, n int);"
      "insert into t select g, 'mail' || g, 'bio' || g, g from generate_series(1, 700) g;",
      "create table p (t_id bigint primary key, bio text, n smallint); alter table t drop column bio, drop column n;",
      "tables:\n  public.t:\n    split:\n      public.t:\n      public.p: { renames: { id: t_id }, lossy: { n: 'small' "
      "} "
      "}\n");
  REQUIRE_OK(test::connect(project.green)
                 .script("insert into t values (1, 'a'), (2, 'b'); insert into p values (1, 'x', 1), (2, null, null)"));
  const auto [status, report] = project.check();
  INFO(report.dump(2));
  CHECK(status == 0);
  CHECK(report["rows"] == 702);
  REQUIRE(test::connect(project.blue).execute("update t set n = 70000 where id = 650"));
  const auto again = project.check();
  INFO(again.second.dump(2));
  REQUIRE(again.second["differences"].size() == 1);
  CHECK(again.second["differences"][0]["key"] == "id=650");
}
