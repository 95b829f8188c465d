// A release of a small shop as commands of a real bgdb, whatever role it works as and whatever servers these are.
#pragma once

#include <fmt/format.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

namespace bgdb::test {

using namespace std::chrono_literals;

inline constexpr const char* kShop = R"sql(
create type mood as enum ('calm', 'angry');
create table customers (id bigint generated always as identity primary key, name text not null, mood mood not null default 'calm');
create table orders (id serial primary key, customer bigint references customers, cents int not null, note varchar(50));
create table visits (id int, day date, primary key (id, day)) partition by range (day);
create table visits_old partition of visits for values from ('2000-01-01') to ('2020-01-01');
create table visits_new partition of visits default;
create index on orders (customer);
create function cents_of(bigint) returns bigint language sql stable as 'select sum(cents) from orders where customer = $1';
create view rich as select * from customers where cents_of(id) > 100;
insert into customers (name) select 'c' || g from generate_series(1, 50) g;
insert into orders (customer, cents) select 1 + g % 50, g from generate_series(1, 500) g;
insert into visits select g, '2019-01-01'::date + g from generate_series(1, 600) g;
alter table customers force row level security;
alter table customers enable row level security;
create policy own on customers using (id > 0);
grant select on customers to public;
)sql";

struct Release {
  test::TempDir folder;
  std::string blue;
  std::string green;

  explicit Release(std::string blue_dsn = test::fresh_database("blue"),
                   std::string green_dsn = test::fresh_database("green"))
      : blue(std::move(blue_dsn)), green(std::move(green_dsn)) {
    for (const auto& dsn : {blue, green}) {
      REQUIRE_OK(
          test::connect(dsn).script("do $$ begin if not exists (select from pg_roles where rolname = 'shop') then "
                                    "create role shop login; end if; "
                                    "end $$"));
    }
    REQUIRE_OK(test::connect(blue).script("grant create on schema public to shop"));
    REQUIRE_OK(test::connect(as("shop", blue)).script(kShop));
    configure("postgres");
    folder.write("sync.log", "");
  }
  static std::string as(const std::string& role, std::string dsn) {
    const std::string user = "user=postgres";
    return dsn.replace(dsn.find(user), user.size(), "user=" + role);
  }
  void configure(const std::string& role) const {
    folder.write("bgdb.yml", fmt::format("name: least\nblue: {{ dsn: \"{}\" }}\ngreen: {{ dsn: \"{}\" }}\n"
                                         "migrations: {{ dir: migrations }}\n"
                                         "gates: {{ stable_for: 300ms, lag_ms_max: 2000, drain_ms_max: 5000 }}\n",
                                         as(role, blue), as(role, green)));
  }
  core::ProcessOptions command(std::vector<std::string> arguments) const {
    core::ProcessOptions options{.argv = {BGDB_BINARY}};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.working_directory = folder.path().string();
    options.timeout = 120s;
    return options;
  }
  core::ProcessResult run(std::vector<std::string> arguments) const {
    return REQUIRE_OK(core::run_process(command(std::move(arguments))));
  }
  void must(std::vector<std::string> arguments) const {
    const std::string name = arguments.front();
    const auto result = run(std::move(arguments));
    if (result.exit_status != 0) {
      FAIL("bgdb " << name << ": status " << result.exit_status << "\n"
                   << result.stdout_text << result.stderr_text << test::read_file(folder.path() / "sync.log"));
    }
  }
  void gates_open(std::vector<std::string> arguments) const {
    for (int i = 0; i < 120; ++i) {
      if (run(arguments).exit_status == 0) return;
      std::this_thread::sleep_for(500ms);
    }
    must(std::move(arguments));
  }
  std::string grants(const std::string& side) const {
    const auto printed = run({"doctor", "--print-grants", "--role", "release", "--side", side});
    REQUIRE(printed.exit_status == 0);
    return printed.stdout_text;
  }
};

inline void check_equal(const Release& release) {
  const std::string digest =
      "select (select md5(string_agg(o.id || ' ' || o.customer || ' ' || o.cents, '|' order by id)) from orders o) || "
      "(select md5(string_agg(v::text, '|' order by id)) from visits v) || (select count(*) from customers)";
  std::string left, right;
  for (int i = 0; i < 200; ++i) {
    left = REQUIRE_OK(test::connect(release.blue).scalar(digest));
    right = REQUIRE_OK(test::connect(release.green).scalar(digest));
    if (left == right) return;
    std::this_thread::sleep_for(50ms);
  }
  CHECK(left == right);
}

// clone, migrate, sync, cutover, rollback, cutover, finalize, with clients' writes in between.
inline void there_and_back(const Release& release) {
  release.must({"clone", "--yes"});
  release.folder.write("migrations/V1__note.sql",
                       "alter table orders rename column note to remark; alter table orders add column at timestamptz "
                       "default '2026-01-01';");
  release.must({"migrate", "--yes"});
  auto options = release.command({"sync"});
  options.timeout = {};
  options.output_file = (release.folder.path() / "sync.log").string();
  options.die_with_parent = true;
  auto sync = REQUIRE_OK(core::ChildProcess::start(options));
  release.gates_open({"gate"});
  release.must({"doctor"});

  auto shop_on_blue = test::connect(Release::as("shop", release.blue));
  auto shop_on_green = test::connect(Release::as("shop", release.green));
  const std::string write =
      "insert into orders (customer, cents) values (1, 7); update visits set day = day + 1 where id = 3;"
      " delete from orders where id = (select min(id) from orders); insert into customers (name) "
      "values ('new')";
  CHECK_OK(shop_on_blue.script(write));
  check_equal(release);
  release.gates_open({"gate"});
  release.must({"cutover", "--yes"});
  CHECK_OK(shop_on_green.script(write));
  if (!shop_on_blue.alive()) shop_on_blue = test::connect(Release::as("shop", release.blue));
  CHECK_FALSE(shop_on_blue.script(write));
  check_equal(release);
  release.gates_open({"gate", "--rollback"});
  release.must({"rollback", "--yes"});
  shop_on_blue = test::connect(Release::as("shop", release.blue));
  CHECK_OK(shop_on_blue.script(write));
  check_equal(release);
  release.must({"verify"});
  release.gates_open({"gate"});
  release.must({"cutover", "--yes"});
  release.must({"finalize", "--yes"});
  CHECK(sync.wait(20s));
}

}  // namespace bgdb::test
