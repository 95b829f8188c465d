#include "replication/objects.h"

#include "core/sql_file.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;

TEST_CASE("publication: created, left alone, changed, dropped") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.script("create table a(id int primary key); create table \"B x\"(id int primary key)"));
  const auto count = [&] {
    return REQUIRE_OK(session.scalar("select count(*) from pg_publication_tables where pubname = 'bgdb_p'"));
  };
  CHECK_FALSE(replication::create_publication(session, "bgdb_p", {}));
  CHECK_OK(replication::create_publication(session, "bgdb_p", {{"public", "a"}}));
  const auto before = REQUIRE_OK(session.scalar("select xmin from pg_publication where pubname = 'bgdb_p'"));
  CHECK_OK(replication::create_publication(session, "bgdb_p", {{"public", "a"}, {"public", "a"}}));
  CHECK(REQUIRE_OK(session.scalar("select xmin from pg_publication where pubname = 'bgdb_p'")) == before);
  CHECK(count() == "1");
  CHECK_OK(replication::create_publication(session, "bgdb_p", {{"public", "B x"}, {"public", "a"}}));
  CHECK(count() == "2");
  CHECK(REQUIRE_OK(session.scalar("select pubviaroot from pg_publication")) == "t");
  CHECK_OK(replication::drop_publication(session, "bgdb_p"));
  CHECK_OK(replication::drop_publication(session, "bgdb_p"));
}

TEST_CASE("origin: progress starts at nothing, is advanced, survives repetition") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.script(core::sql_text("state/create.sql")));
  CHECK_OK(replication::create_origin(session, "bgdb_origin_test"));
  CHECK_OK(replication::create_origin(session, "bgdb_origin_test"));
  CHECK_FALSE(REQUIRE_OK(replication::origin_progress(session, "bgdb_origin_test")).valid());
  CHECK_OK(replication::advance_origin(session, "bgdb_origin_test", Lsn{0x1234}));
  CHECK(REQUIRE_OK(replication::origin_progress(session, "bgdb_origin_test")).value == 0x1234);
  CHECK_OK(replication::drop_origin(session, "bgdb_origin_test"));
  CHECK_OK(replication::drop_origin(session, "bgdb_origin_test"));
  CHECK_FALSE(replication::origin_progress(session, "bgdb_origin_test"));
}

TEST_CASE("origin: rows that a dropped origin left when bgdb died are not taken for a new one's progress") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.script(core::sql_text("state/create.sql")));
  CHECK_OK(
      session.script("insert into bgdb.progress values ('bgdb_origin_left', '0/9999'), ('bgdb_origin_left', '0/1')"));
  CHECK_OK(replication::create_origin(session, "bgdb_origin_left"));
  CHECK_FALSE(REQUIRE_OK(replication::origin_progress(session, "bgdb_origin_left")).valid());
  CHECK_OK(replication::advance_origin(session, "bgdb_origin_left", Lsn{0x1234}));
  CHECK(REQUIRE_OK(replication::origin_progress(session, "bgdb_origin_left")).value == 0x1234);
  CHECK(REQUIRE_OK(session.scalar("select count(*) from bgdb.progress")) == "1");
  CHECK_OK(replication::drop_origin(session, "bgdb_origin_left"));
  CHECK(REQUIRE_OK(session.scalar("select count(*) from bgdb.progress")) == "0");
}

TEST_CASE("slot: found with its positions, dropped once and again") {
  auto session = test::connect(test::fresh_database());
  CHECK_FALSE(REQUIRE_OK(replication::find_slot(session, "bgdb_slot_test")));
  CHECK_OK(session.execute("select pg_create_logical_replication_slot('bgdb_slot_test', 'pgoutput')"));
  const auto slot = REQUIRE_OK(replication::find_slot(session, "bgdb_slot_test"));
  REQUIRE(slot);
  CHECK(slot->confirmed_flush_lsn.valid());
  CHECK(slot->wal_status == "reserved");
  CHECK_FALSE(slot->active);
  CHECK_OK(replication::drop_slot(session, "bgdb_slot_test"));
  CHECK_OK(replication::drop_slot(session, "bgdb_slot_test"));
}
