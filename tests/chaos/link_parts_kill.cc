// Two tables that become one and one that becomes two, under load, while the relay's process and the target's server
// are killed again and again: in the middle of a batch that pairs parts, and while rows of one part wait for the other.
#include <random>
#include <thread>

#include "integration/derived_pair.h"
#include "integration/relay_process.h"
#include "integration/writers.h"

using namespace bgdb;
using namespace bgdb::test;

namespace {

const std::string kBlue =
    "create table accounts (id int primary key, email text, n bigint not null default 0);"
    "create table profiles (user_id int primary key, bio text not null, n bigint not null default 0);"
    "create table shops (id int primary key, name text not null, city text, n bigint not null)";
const std::string kGreen =
    "create table users (id int primary key, email text, n bigint not null default 0, bio text not null, "
    "m bigint not null default 0);"
    "create table shops (id int primary key, name text not null);"
    "create table shop_facts (shop_id bigint primary key, city text, n text not null)";
const std::string kYaml =
    "tables:\n"
    "  accounts: { to: users }\n"
    "  profiles: { to: users, renames: { user_id: id, n: m } }\n"
    "  shops:\n"
    "    split:\n"
    "      shops: {}\n"
    "      shop_facts: { renames: { id: shop_id } }\n";
const std::string kUsersOnBlue =
    "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', a.id, a.email, a.n, p.bio, p.n), ',' order by "
    "a.id)), '') from accounts a full join profiles p on p.user_id = a.id";
const std::string kUsersOnGreen =
    "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, email, n, bio, m), ',' order by id)), '') "
    "from users";
const std::string kShopsOnBlue =
    "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, name, city, n), ',' order by id)), '') from "
    "shops";
const std::string kShopsOnGreen =
    "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, name, city, n), ',' order by id)), '') from "
    "shops full join shop_facts on shop_id = id";

struct PartsWorld : World {
  translate::MappingPair pair;

  PartsWorld() : World(kBlue, kGreen) {
    const std::vector<QualifiedName> tables = {{"public", "accounts"}, {"public", "profiles"}, {"public", "shops"}};
    pair = derived_pair(*this, kYaml, tables);
    set_up("forward", tables);
  }
  std::vector<std::unique_ptr<link::Link>> relays() const {
    auto there = options("forward");
    there.batch_rows_max = 60;  // many commits, and transactions that are written in pieces
    std::vector<std::unique_ptr<link::Link>> made;
    made.push_back(link::make_relay(std::move(there), pair.forward));
    return made;
  }
  // Rows of one part only are in quarantine, and nothing else.
  void check_equal(const link::Link& relay) {
    green = connect(green_dsn);
    const auto arrived = drained("forward");
    const auto status = relay.status();
    INFO(fmt::format("link: state {}, {} rows in {} transactions, {}", static_cast<int>(status.state),
                     status.rows_applied, status.transactions, status.message));
    if (!arrived) FAIL(arrived.error().to_string());
    const std::string halves = on_blue(
        "select count(*) from accounts a full join profiles p on p.user_id = a.id where a.id is null or p.user_id is "
        "null");
    CHECK(on_green("select count(*) from bgdb.quarantine") == halves);
    CHECK(on_green("select count(*) from bgdb.quarantine where operation <> 'part'") == "0");
    CHECK(on_green(kShopsOnGreen) == on_blue(kShopsOnBlue));
  }
};

// One key's row of life: mostly both parts in one transaction, sometimes one after the other in two.
std::string some_change(std::mt19937& random, int id) {
  switch (random() % 14) {
    case 0:
      return fmt::format(
          "insert into profiles values ({0}, 'bio{0}', 1); insert into accounts values ({0}, 'mail{0}', 1)", id);
    case 1:
      return fmt::format("insert into accounts values ({0}, 'early', 2)", id);
    case 2:
      return fmt::format("insert into profiles values ({0}, 'late', 3)", id);
    case 3:
      return fmt::format("update accounts set n = n + 1 where id = {0}", id);
    case 4:
      return fmt::format(
          "update profiles set n = n + 1 where user_id = {0}; update accounts set email = 'n' || n where id = {0}", id);
    case 5:
      return fmt::format("delete from accounts where id = {0}; delete from profiles where user_id = {0}", id);
    case 6:
      return fmt::format("delete from profiles where user_id = {0}", id);
    case 7:
    case 8:
    case 9:
      return fmt::format(
          "insert into shops values ({0}, 'shop', 'here', 1) on conflict (id) do update set n = shops.n + 1, city = "
          "'there' || shops.n",
          id);
    case 10:
      return fmt::format("delete from shops where id = {0}", id);
    default:
      return fmt::format(
          "update profiles set n = n + 1 where user_id = {0} and exists (select from accounts where id = {0}); update "
          "accounts set n = n + 2 where id = {0} and exists (select from profiles where user_id = {0})",
          id);
  }
}

// Each worker has keys of its own, so that a change that the source refuses is the worker's own to repeat.
Writers::Next changes_of(unsigned worker, unsigned seed) {
  return [random = std::mt19937(seed * 10 + worker), worker]() mutable {
    std::string sql = "begin;";
    const int changes = random() % 50 == 0 ? 150 : 1 + static_cast<int>(random() % 3);
    for (int i = 0; i < changes; ++i) {
      const int id = static_cast<int>(worker * 1000 + random() % 100);
      // A refused change (the row is there already) must not take the others along.
      sql += fmt::format("do $$ begin {}; exception when unique_violation then null; end $$;", some_change(random, id));
    }
    std::this_thread::sleep_for(3ms);  // rows of one part are replayed one by one: the link has to keep up
    return sql + (random() % 20 == 0 ? "rollback" : "commit");
  };
}

}  // namespace

TEST_CASE("merge and split chaos: relay and target are killed under load, nothing is lost, doubled or half") {
  PartsWorld world;
  std::mt19937 random(static_cast<unsigned>(std::chrono::steady_clock::now().time_since_epoch().count()));
  const auto seed = static_cast<unsigned>(random());
  INFO("seed " << seed);
  random.seed(seed);
  int64_t done = 0;
  for (unsigned life = 0; life < 6; ++life) {
    RelayProcess process([&world] { return world.relays(); });  // before this process has threads
    Writers load(world.blue_dsn, [&](unsigned worker) { return changes_of(worker, seed + life); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 700));
    if (life % 2 == 1) {
      crash(server("green"));  // under a relay that lives on
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 900));
    }
    process.kill9();
    load.stop();
    done += load.done();
  }
  CHECK(done > 100);
  const auto relay = std::move(world.relays().front());
  CHECK_OK(relay->start());
  world.check_equal(*relay);
  // The halves are made whole: then nothing is held, and both sides are the same to the row.
  CHECK_OK(world.blue.script(
      "begin; insert into profiles select id, 'made whole', 9 from accounts on conflict do nothing; "
      "insert into accounts select user_id, 'made whole', 9 from profiles on conflict do nothing; commit"));
  world.check_equal(*relay);
  INFO(relay->status().message);
  CHECK(world.on_green("select count(*) from bgdb.quarantine") == "0");
  CHECK(world.on_green(kUsersOnGreen) == world.on_blue(kUsersOnBlue));
  CHECK(relay->status().conflicts == 0);
  relay->stop();
}
