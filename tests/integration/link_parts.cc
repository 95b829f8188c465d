// One table on one side, two on the other: both directions of the links, and rows that are in one part only.
#include "derived_pair.h"
#include "parse/parser.h"

using namespace bgdb;
using namespace bgdb::test;

namespace {

const std::string kParts =
    "create table accounts (id int primary key, email text unique, made date default '2026-01-01');"
    "create table profiles (user_id bigint primary key references accounts on delete cascade on update cascade, "
    "bio text not null, big text);";
const std::string kWhole =
    "create table users (id int primary key, email text unique, made date default '2026-01-01', bio text not null "
    "check (bio <> 'refused'), big text, score int default 7)";
const std::string kYaml = "tables:\n  accounts: { to: users }\n  profiles: { to: users, renames: { user_id: id } }\n";

// Blue has the parts, green the whole: forward is parts -> whole, reverse whole -> parts.
struct Parts : World {
  translate::MappingPair pair;
  std::unique_ptr<link::Link> forward, reverse;

  explicit Parts(int batch_rows = link::kBatchRowsMax) : World(kParts, kWhole) {
    const std::vector<QualifiedName> tables = {{"public", "accounts"}, {"public", "profiles"}};
    pair = derived_pair(*this, kYaml, tables);
    set_up("forward", tables);
    set_up("reverse", {{"public", "users"}});
    auto there_options = options("forward");
    there_options.batch_rows_max = batch_rows;
    forward = link::make_relay(there_options, pair.forward);
    reverse = link::make_relay(options("reverse"), pair.reverse);
    CHECK_OK(forward->start());
    CHECK_OK(reverse->start());
  }
  // In one transaction on blue, then everything is on green.
  void write(const std::string& sql) {
    CHECK_OK(blue.script("begin; " + sql + "; commit"));
    arrive("forward");
  }
  void write_whole(const std::string& sql) {
    CHECK_OK(green.script("begin; " + sql + "; commit"));
    arrive("reverse");
  }
  void arrive(const std::string& link) {
    const auto arrived = drained(link);
    INFO((link == "forward" ? forward : reverse)->status().message);
    CHECK_OK(arrived);
  }
  std::string held() {
    return on_green("select coalesce(string_agg(row_data ->> '$key', ';' order by id), '') from bgdb.quarantine");
  }
  // The link counts what is held after the commit that a marker shows.
  bool settled() {
    wait_until([&] { return forward->status().quarantined == 0; });
    return forward->status().quarantined == 0;
  }
  bool alike() {
    const std::string parts = on_blue(
        "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, email, made, bio, md5(big)), E'\\n' "
        "order by id)), '') "
        "from accounts join profiles on user_id = id");
    const std::string whole = on_green(
        "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, email, made, bio, md5(big)), E'\\n' "
        "order by id)), '') "
        "from users");
    INFO(parts << " / " << whole);
    return parts == whole;
  }
};

const std::string kTwo =
    "insert into accounts select g, 'mail' || g from generate_series(1, 2) g;"
    "insert into profiles select g, 'bio' || g, (select string_agg(md5(i::text), '') from generate_series(1, 300) i) "
    "from generate_series(1, 2) g";

}  // namespace

TEST_CASE("merge: parts written in one transaction are one row, whatever the order, and so is what follows") {
  Parts world;
  world.write(kTwo);
  CHECK(world.alike());
  world.write("update profiles set bio = 'new' where user_id = 1; update accounts set email = 'x' where id = 2");
  CHECK(world.alike());
  world.write("update accounts set id = 10 where id = 1");  // cascades to the other part; its large value is not sent
  CHECK(world.alike());
  CHECK(world.on_green("select id || bio || length(big) from users where bio = 'new'") == "10new9600");
  world.write(
      "delete from accounts where id = 10; insert into accounts values (10, 'again'); insert into profiles values (10, "
      "'b')");
  CHECK(world.alike());
  world.write(
      "set local session_replication_role = replica; insert into profiles values (3, 'first'); insert into accounts "
      "values (3, 'then')");
  CHECK(world.alike());
  world.write(
      "delete from accounts where id = 2; insert into accounts values (4, 'mail2'); insert into profiles values (4, "
      "'bio2')");
  CHECK(world.alike());
  CHECK(world.on_green("select min(score) || ' ' || max(score) from users") == "7 7");
  world.write("truncate accounts cascade");
  CHECK(world.on_green("select count(*) from users") == "0");
  CHECK(world.held().empty());
  CHECK(world.settled());
}

TEST_CASE("merge: the way back writes both parts") {
  Parts world;
  world.write_whole("insert into users (id, email, bio) values (1, 'a', 'b'), (2, 'c', 'd')");
  CHECK(world.alike());
  world.write_whole(
      "update users set bio = 'x', email = 'y' where id = 1; update users set id = 5 where id = 2; insert into users "
      "(id, bio) values (7, 'z')");
  CHECK(world.alike());
  world.write_whole("delete from users where id = 1");
  CHECK(world.alike());
  CHECK(world.on_blue("select count(*) from profiles") == "2");
  world.write_whole("truncate users");
  CHECK(world.on_blue("select (select count(*) from accounts) + (select count(*) from profiles)") == "0");
  world.write(kTwo);  // and forward again
  CHECK(world.alike());
}

TEST_CASE("merge: a part that comes alone is held until the other comes, across a restart of the link") {
  Parts world;
  world.write("insert into accounts values (1, 'alone'), (2, 'alone too')");
  CHECK(world.on_green("select count(*) from users") == "0");
  CHECK(world.held() == R"(["1"];["2"])");
  CHECK(world.on_green("select error from bgdb.quarantine limit 1") ==
        "public.accounts has this row and public.profiles does not: public.users takes it when both are there");
  world.forward->stop();
  CHECK_OK(world.forward->start());
  world.write("update accounts set email = 'changed' where id = 1");
  world.write("insert into profiles values (1, 'late')");
  CHECK(world.held() == R"(["2"])");
  CHECK(world.on_green("select email || bio from users") == "changedlate");
  world.write("delete from accounts where id = 2");
  CHECK(world.held().empty());
  CHECK(world.alike());
}

TEST_CASE("merge: a part that goes alone leaves the row, held, until the other goes or it comes back") {
  Parts world;
  world.write(kTwo);
  world.write("delete from profiles");
  CHECK(world.held() == R"(["1"];["2"])");
  CHECK(world.on_green("select count(*) from users") == "2");
  world.write("update accounts set email = 'meanwhile' where id = 1");
  world.write("insert into profiles values (1, 'back')");
  CHECK(world.held() == R"(["2"])");
  CHECK(world.on_green("select email || bio || coalesce(big, '-') from users where id = 1") == "meanwhileback-");
  world.write("delete from accounts where id = 2");
  CHECK(world.held().empty());
  CHECK(world.alike());
}

TEST_CASE("merge: TRUNCATE of one part holds its rows, loading it again settles them") {
  Parts world;
  world.write("insert into accounts values (9, 'half'); " + kTwo);
  CHECK(world.held() == R"(["9"])");
  world.write("truncate profiles");
  CHECK(world.held() == R"(["9"];["1"];["2"])");
  world.write("insert into profiles select g, 'loaded' from generate_series(1, 2) g");
  CHECK(world.held() == R"(["9"])");
  CHECK(world.alike());
  world.write("truncate profiles; insert into profiles values (2, 'one'); truncate profiles; delete from accounts");
  CHECK(world.held().empty());
  CHECK(world.alike());
  CHECK(world.settled());
}

TEST_CASE("merge: a large transaction that writes one part after the other arrives whole") {
  Parts world(500);
  world.write(
      "insert into accounts select g, 'm' || g from generate_series(1, 3000) g; insert into profiles select g, 'b' || "
      "g from generate_series(1, 3000) g");
  CHECK(world.alike());
  CHECK(world.held().empty());
  world.write(
      "update accounts set email = 'n' || id; delete from profiles where user_id % 3 = 0; delete from accounts where "
      "id % 3 = 0");
  CHECK(world.alike());
  CHECK(world.held().empty());
  CHECK(world.settled());
}

TEST_CASE("merge: what the whole refuses is held with its reason, and arrives when it is repaired") {
  Parts world;
  world.write("insert into accounts values (1, 'e'); insert into profiles values (1, 'refused')");
  CHECK(world.held() == R"(["1"])");
  CHECK(world.on_green("select error from bgdb.quarantine").find("users_bio_check") != std::string::npos);
  world.write("update profiles set bio = 'fine' where user_id = 1");
  CHECK(world.held().empty());
  CHECK(world.alike());
}

TEST_CASE("merge: a row of the whole that only the target has is divergence, not a guess") {
  Parts world;
  world.reverse->stop();
  CHECK_OK(world.green.execute("insert into users (id, email, bio) values (1, 'stray', 's')"));
  CHECK_OK(
      world.blue.script("begin; insert into accounts values (1, 'a'); insert into profiles values (1, 'b'); commit"));
  wait_until([&] { return world.forward->status().state == link::LinkState::failed; });
  INFO(world.forward->status().message);
  CHECK(world.forward->status().message.find("met an existing row") != std::string::npos);
}
