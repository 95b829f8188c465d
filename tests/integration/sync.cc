// `bgdb sync` and `bgdb lag` as processes: set-up of the reverse link, kill -9 and restart, clean stop, exit statuses.
#include <signal.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Project {
  test::TempDir folder;
  std::string blue_dsn = test::fresh_database("blue");
  std::string green_dsn = test::fresh_database("green");
  pg::Session blue = test::connect(blue_dsn);
  pg::Session green = test::connect(green_dsn);

  explicit Project(const std::string& name) {
    folder.write("bgdb.yml",
                 "name: " + name + "\nblue:\n  dsn: \"" + blue_dsn + "\"\ngreen:\n  dsn: \"" + green_dsn + "\"\n");
  }
  core::ProcessOptions command(std::vector<std::string> arguments) const {
    core::ProcessOptions options;
    options.argv = {BGDB_BINARY};
    for (auto& argument : arguments) options.argv.push_back(std::move(argument));
    options.working_directory = folder.path().string();
    return options;
  }
  core::ProcessResult run(std::vector<std::string> arguments) const {
    return REQUIRE_OK(core::run_process(command(std::move(arguments))));
  }
  core::ChildProcess sync() const {
    auto options = command({"sync"});
    options.output_file = (folder.path() / "sync.log").string();
    options.die_with_parent = true;
    return REQUIRE_OK(core::ChildProcess::start(options));
  }
  bool lag_within() const { return run({"lag", "--max-ms", "2s", "--max-bytes", "1MiB"}).exit_status == 0; }
  std::string log() const { return test::read_file(folder.path() / "sync.log"); }
};

void wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("the condition did not come true in time");
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace

TEST_CASE("sync: needs a clone, runs both links, survives kill -9, stops cleanly, lag tells all of it") {
  Project project("e2e");
  CHECK_OK(project.blue.script(
      "create table accounts(id int primary key, note text); insert into accounts select i, 'n' || i "
      "from generate_series(1, 1000) i"));
  const auto early = project.run({"sync"});
  CHECK(early.exit_status == 3);
  CHECK(early.stderr_text.find("bgdb clone") != std::string::npos);

  const auto cloned = project.run({"clone"});
  INFO(cloned.stderr_text);
  REQUIRE(cloned.exit_status == 0);
  CHECK(project.run({"lag"}).exit_status == 1);  // never ran: no sample is no zero

  {
    auto sync = project.sync();
    wait_until([&] { return project.lag_within(); });
    CHECK_OK(project.blue.execute("update accounts set note = 'x' where id <= 10"));
    wait_until([&] { return *project.green.scalar("select count(*) from accounts where note = 'x'") == "10"; });
    CHECK(REQUIRE_OK(project.blue.scalar("select state from bgdb.link where name = 'reverse'")) == "streaming");
    sync.signal(SIGKILL);
    sync.wait(10s);
  }
  CHECK_OK(project.blue.execute("delete from accounts where id > 990"));
  wait_until([&] { return !project.lag_within(); });  // stale
  const auto stale = nlohmann::json::parse(project.run({"lag", "--json"}).stdout_text);
  CHECK_FALSE(stale["within"].get<bool>());
  CHECK(stale["reason"].get<std::string>().find("stale") != std::string::npos);

  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  wait_until([&] { return *project.green.scalar("select count(*) from accounts") == "990"; });
  // Clients of green are refused; what gets in as the migration does goes to blue.
  CHECK_FALSE(project.green.execute("delete from accounts"));
  const auto lag = nlohmann::json::parse(project.run({"lag", "--json"}).stdout_text);
  CHECK(lag["links"].size() == 2);
  CHECK(lag["links"][0]["leading"].get<bool>());
  CHECK(lag["links"][1]["state"] == "streaming");
  CHECK(project.run({"lag", "--max-bytes", "nonsense"}).exit_status == 2);

  sync.signal(SIGTERM);
  const auto status = sync.wait(20s);
  INFO(project.log());
  REQUIRE(status);
  CHECK(*status == 0);
  CHECK(REQUIRE_OK(project.green.scalar("select state from bgdb.link where name = 'forward'")) == "stopped");
  CHECK(project.log().find("forward: streaming") != std::string::npos);
}

// A migration's UPDATE on green holds whole rows, and blue may have changed them meanwhile: sent back, it would undo
// what blue's clients wrote.
TEST_CASE("sync: what a migration writes on green does not come back to blue") {
  Project project("echo");
  CHECK_OK(
      project.blue.script("create table accounts(id int primary key, note text); "
                          "insert into accounts select i, 'old' from generate_series(1, 10) i"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  {
    auto sync = project.sync();
    wait_until([&] { return project.lag_within(); });
    project.folder.write("migrations/V1__shout.sql",
                         "alter table accounts add column shout text; update accounts set shout = upper(note);");
    // Rows that the running link brings would not get the new column.
    const auto refused = project.run({"migrate"});
    CHECK(refused.exit_status == 3);
    CHECK(refused.stderr_text.find("stop `bgdb sync`") != std::string::npos);
    sync.signal(SIGTERM);
    sync.wait(20s);
  }
  CHECK_OK(project.blue.execute("update accounts set note = 'new'"));
  project.folder.write("mapping.yml", "tables:\n  accounts:\n    forward: { shout: \"upper(note)\" }\n");
  const auto migrated = project.run({"migrate"});
  INFO(migrated.stderr_text);
  REQUIRE(migrated.exit_status == 0);
  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  wait_until([&] { return *project.green.scalar("select min(shout) from accounts") == "NEW"; });
  INFO(project.log());
  CHECK_OK(project.blue.execute("insert into accounts values (11, 'new')"));
  wait_until([&] { return *project.green.scalar("select count(*) from accounts") == "11"; });
  std::this_thread::sleep_for(1s);  // the reverse link's turn
  CHECK(REQUIRE_OK(project.blue.scalar("select string_agg(distinct note, ',') from accounts")) == "new");
  CHECK(REQUIRE_OK(project.green.scalar("select string_agg(distinct note || shout, ',') from accounts")) == "newNEW");
}

// As systemd does it: no terminal, reload by SIGHUP, stop by SIGTERM.
TEST_CASE("sync: SIGHUP reads the limits again, a broken configuration changes nothing, and no row is lost") {
  Project project("reload");
  CHECK_OK(project.blue.script("create table accounts(id int primary key, note text)"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  const std::string config = test::read_file(project.folder.path() / "bgdb.yml");
  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  const auto applying = [&] {
    return *project.green.scalar(
        "select coalesce(string_agg(pid::text, ',' order by pid), '') from pg_stat_activity where application_name = "
        "'bgdb link forward' and datname = current_database()");
  };
  const std::string before = applying();

  project.folder.write("bgdb.yml", config + "link: { batch_rows_max: none }\n");
  sync.signal(SIGHUP);
  wait_until([&] { return project.log().find("stays as it was") != std::string::npos; });
  CHECK(applying() == before);

  project.folder.write("bgdb.yml", config + "link: { batch_rows_max: 7, queue_bytes_max: 1MiB }\n");
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::thread writer([&] {
    auto session = test::connect(project.blue_dsn);
    for (int i = 0; !stop; ++i) {
      if (!session.execute("insert into accounts values ($1, 'x')", {std::to_string(i)})) ++failed;
    }
  });
  sync.signal(SIGHUP);
  wait_until([&] { return project.log().find("running with") != std::string::npos; });
  stop = true;
  writer.join();
  CHECK(failed == 0);
  wait_until([&] { return project.lag_within(); });
  CHECK(applying() != before);
  const std::string rows = REQUIRE_OK(project.blue.scalar("select count(*) from accounts"));
  wait_until([&] { return *project.green.scalar("select count(*) from accounts") == rows; });
  sync.signal(SIGTERM);
  const auto status = sync.wait(20s);
  INFO(project.log());
  REQUIRE(status);
  CHECK(*status == 0);
}

// Publications name the partitioned table, so the stream does not hold it: the guard's trigger tells.
TEST_CASE("sync: TRUNCATE of one partition is noticed and holds the gate, of the whole table it is applied") {
  Project project("leaf");
  CHECK_OK(project.blue.script(
      "create table parts (id int, day int, primary key (id, day)) partition by range (day);"
      "create table parts_1 partition of parts for values from (0) to (10);"
      "create table parts_2 partition of parts for values from (10) to (20) partition by range (day);"
      "create table parts_2a partition of parts_2 default;"
      "create table audit (id serial primary key, what text);"
      "create function noted() returns trigger language plpgsql as 'begin insert into audit (what) values "
      "(tg_table_name);"
      " return null; end';"
      "create trigger noted before truncate on parts_1 for each statement execute function noted();"
      "insert into parts select g, g from generate_series(0, 19) g"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  const auto held = [&] {
    return REQUIRE_OK(project.green.scalar(
        "select coalesce(string_agg(row_data ->> 'partition', ',' order by id), '') from bgdb.quarantine where "
        "operation = 'truncate' and relation = 'public.parts'"));
  };
  CHECK_OK(project.blue.script("truncate parts; insert into parts values (1, 1), (2, 12)"));
  wait_until([&] { return *project.green.scalar("select count(*) from parts") == "2"; });
  CHECK(held().empty());
  CHECK_OK(
      project.blue.script("begin; insert into parts values (3, 3); truncate parts_1; insert into parts values (4, 4); "
                          "commit"));
  wait_until([&] { return *project.green.scalar("select count(*) from parts") == "4"; });
  CHECK(held() == "parts_1");
  // Rolled back: nothing happened. The middle of the tree is a partition, too.
  CHECK_OK(project.blue.script("begin; truncate parts_1; rollback"));
  CHECK_OK(project.blue.script("truncate parts_2; insert into audit (what) values ('end')"));
  wait_until([&] { return *project.green.scalar("select count(*) from audit where what = 'end'") == "1"; });
  CHECK(held().find("parts_2a") != std::string::npos);
  const auto gate = project.run({"gate"});
  CHECK(gate.exit_status == 1);
  CHECK(gate.stdout_text.find("truncated by its own name") != std::string::npos);
  CHECK(REQUIRE_OK(project.green.scalar("select state from bgdb.link where name = 'forward'")) == "streaming");
  sync.signal(SIGTERM);
  sync.wait(20s);
}

// Such a trigger writes on green what blue's own wrote and sent.
// Rows that nobody publishes are in no stream, and no link can notice.
TEST_CASE("sync: a table that leaves the publication holds the gate and the switch, and no new sync forgets it") {
  static int number = 0;
  const std::string name = "leaves" + std::to_string(++number), publication = "bgdb_" + name + "_forward";
  Project project(name);
  CHECK_OK(project.blue.script("create table a (id int primary key); create table b (id int primary key)"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  std::string what = "public.b";
  SECTION("by hand") {
    CHECK_OK(project.blue.execute("alter publication " + publication + " drop table b"));
  }
  SECTION("by hand, and put in again") {
    CHECK_OK(project.blue.script("alter publication " + publication +
                                 " drop table b; insert into b values (1);"
                                 "alter publication " +
                                 publication + " add table b"));
  }
  SECTION("dropped and created again, as jobs do that fill a table anew") {
    CHECK_OK(project.blue.script("drop table b; create table b (id int primary key); insert into b values (1)"));
  }
  SECTION("what is published of it") {
    what = "the kinds of changes it publishes";
    CHECK_OK(project.blue.execute("alter publication " + publication + " set (publish = 'insert')"));
  }
  const std::string said = "somebody changed the publication that the link reads";
  const auto gate = project.run({"gate"});
  CHECK(gate.exit_status == 1);
  CHECK(gate.stdout_text.find(said) != std::string::npos);
  CHECK(gate.stdout_text.find("(" + what + ")") != std::string::npos);
  CHECK(project.run({"cutover", "--yes"}).exit_status == 1);
  sync.signal(SIGTERM);
  CHECK(sync.wait(20s));
  const auto again = project.run({"sync"});
  CHECK(again.exit_status == 3);
  INFO(again.stderr_text);
  CHECK((again.stderr_text.find(said) != std::string::npos ||
         again.stderr_text.find("its rows are not in the stream") != std::string::npos));
  if (what == "public.b") {  // the way out that does without a clone
    const auto config = test::read_file(project.folder.path() / "bgdb.yml");
    project.folder.write("bgdb.yml", config + "tables: { exclude: [public.b] }\n");
    auto without = project.sync();
    wait_until([&] { return project.lag_within(); });
    without.signal(SIGTERM);
    CHECK(without.wait(20s));
    project.folder.write("bgdb.yml", config);
  }
  REQUIRE(project.run({"clone", "--abort", "--complete", "--yes"}).exit_status == 0);
  REQUIRE(project.run({"clone", "--yes"}).exit_status == 0);
  auto anew = project.sync();
  wait_until([&] { return project.lag_within(); });
  anew.signal(SIGTERM);
  CHECK(anew.wait(20s));
}

TEST_CASE("sync: a trigger that fires for replicated rows is refused by name, on either side, until it is accepted") {
  Project project("firing");
  CHECK_OK(project.blue.script(
      "create table orders(id int primary key, cents int, checked bool); create table audit(id serial primary key, "
      "orders int);"
      "create function note() returns trigger language plpgsql as $$ begin insert into audit(orders) values (new.id); "
      "return null; end $$; create function fill() returns trigger language plpgsql as $$ begin new.checked := true; "
      "return new; end $$; create trigger noted after insert on orders for each row execute function note();"
      "create trigger filled before insert on orders for each row execute function fill();"
      "alter table orders enable always trigger noted; alter table orders enable always trigger filled"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  const auto refused = project.run({"sync"});
  CHECK(refused.exit_status == 3);
  INFO(refused.stderr_text);
  CHECK(refused.stderr_text.find("public.orders.filled, public.orders.noted on green") != std::string::npos);
  CHECK(refused.stderr_text.find("alter table public.orders enable trigger filled") != std::string::npos);
  CHECK(project.run({"doctor"}).exit_status == 1);
  CHECK_OK(project.green.script("alter table orders enable trigger noted"));
  project.folder.write("bgdb.yml", test::read_file(project.folder.path() / "bgdb.yml") +
                                       "link: { accepted_triggers: [public.orders.filled] }\n"
                                       "gates: { stable_for: 300ms, lag_ms_max: 2000, drain_ms_max: 5000 }\n");
  const auto blue = project.run({"sync"});  // the way back would double as well
  CHECK(blue.exit_status == 3);
  CHECK(blue.stderr_text.find("public.orders.noted on blue") != std::string::npos);
  CHECK_OK(project.blue.script("alter table orders enable trigger noted"));

  auto sync = project.sync();
  wait_until([&] { return project.lag_within(); });
  CHECK_OK(project.blue.script("insert into orders values (1, 5), (2, 7)"));
  wait_until([&] { return REQUIRE_OK(project.green.scalar("select count(*) from audit")) == "2"; });
  CHECK(REQUIRE_OK(project.green.scalar("select bool_and(checked) from orders")) == "t");
  wait_until([&] { return project.run({"gate"}).exit_status == 0; });
  // Enabled since: the gates hold, by its name.
  CHECK_OK(project.green.script("alter table orders enable replica trigger noted"));
  const auto held = project.run({"gate"});
  CHECK(held.exit_status == 1);
  CHECK(held.stdout_text.find("public.orders.noted acts on replicated rows") != std::string::npos);
  sync.signal(SIGTERM);
  sync.wait(20s);
}

TEST_CASE(
    "sync: a row that stopped a link is repaired on the standby without the other link carrying the repair back") {
  Project project("repair");
  CHECK_OK(project.blue.script("create table orders(id int primary key, cents int); insert into orders values (1, 1)"));
  REQUIRE(project.run({"clone"}).exit_status == 0);
  CHECK_OK(project.green.script("set session_replication_role = replica; insert into orders values (2, 0)"));
  auto sync = project.sync();
  wait_until([&] { return project.run({"lag"}).stdout_text.find("streaming") != std::string::npos; });
  CHECK_OK(project.blue.execute("insert into orders values (2, 7)"));
  wait_until([&] { return project.log().find("select bgdb.repair()") != std::string::npos; });
  {
    auto person = test::connect(project.green_dsn);
    CHECK_OK(person.script("select bgdb.repair(); delete from orders where id = 2"));
  }
  sync.signal(SIGTERM);
  sync.wait(20s);
  auto again = project.sync();
  wait_until([&] { return project.lag_within(); });
  CHECK_OK(project.blue.execute("insert into orders values (3, 9)"));
  wait_until([&] {
    return REQUIRE_OK(project.green.scalar("select string_agg(cents::text, ' ' order by id) from orders")) == "1 7 9";
  });
  CHECK(REQUIRE_OK(project.blue.scalar("select string_agg(cents::text, ' ' order by id) from orders")) == "1 7 9");
  CHECK_FALSE(test::connect(project.blue_dsn).script("select bgdb.repair()"));  // it serves
  again.signal(SIGTERM);
  again.wait(20s);
}
