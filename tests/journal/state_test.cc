#include "journal/state.h"

#include "scratch/server.h"
#include "support/check.h"

using namespace bgdb;

TEST_CASE("state is installed twice without harm, and the guard refuses clients but not replication") {
  auto workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-test"));
  auto server = REQUIRE_OK(scratch::Postgres::start(*workspace));
  auto session = REQUIRE_OK(pg::Session::open({.dsn = server->dsn()}));
  CHECK_FALSE(REQUIRE_OK(journal::read_side(session)).has_value());
  CHECK_OK(journal::install_state(session));
  CHECK_OK(journal::install_state(session));
  CHECK_OK(
      session.script("insert into bgdb.side (role, epoch, by) values ('standby', 3, 'test');"
                     "create table t (id int primary key);"
                     "create trigger bgdb_guard before insert or update or delete or truncate on t for each statement "
                     "execute function bgdb.refuse_write()"));
  const auto side = REQUIRE_OK(journal::read_side(session));
  REQUIRE(side.has_value());
  CHECK(side->role == journal::Role::standby);
  CHECK(side->epoch == 3);

  const auto refused = session.query("insert into t values (1)");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().sqlstate == "25006");
  CHECK_FALSE(refused.error().hint.empty());

  CHECK_OK(
      session.execute("update bgdb.side set writer_pid = pg_backend_pid(), writer_started = (select backend_start from "
                      "pg_stat_activity where pid = pg_backend_pid())"));
  CHECK_OK(session.execute("insert into t values (1)"));
  auto other = REQUIRE_OK(pg::Session::open({.dsn = server->dsn()}));
  CHECK_FALSE(other.query("insert into t values (2)").has_value());
  CHECK_OK(other.script("set session_replication_role = replica; insert into t values (2)"));
}
