// One source and two targets alike, for measuring the relay against a native subscription: each with a slot of its own
// on the same log. Subscription and relay are ready and do not run yet.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "introspect/introspect.h"
#include "journal/state.h"
#include "link/link.h"
#include "pg/session.h"
#include "replication/objects.h"
#include "scratch/server.h"
#include "translate/mapping.h"

namespace bgdb::bench {

struct LinkServers {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> source;
  std::unique_ptr<scratch::Postgres> target;

  // Neither autovacuum nor a launcher that waits between two starts of a worker disturbs a measurement.
  static Result<LinkServers> start() {
    const std::vector<std::pair<std::string, std::string>> settings = {
        {"shared_buffers", "1GB"}, {"autovacuum", "off"}, {"wal_retrieve_retry_interval", "50ms"}};
    LinkServers servers;
    servers.workspace = BGDB_TRY(scratch::Workspace::create("bgdb-bench"));
    servers.source = BGDB_TRY(scratch::Postgres::start(*servers.workspace, {.name = "source", .settings = settings}));
    servers.target = BGDB_TRY(scratch::Postgres::start(*servers.workspace, {.name = "target", .settings = settings}));
    return servers;
  }
};

struct LinkPair {
  std::string source_dsn, ours_dsn;
  pg::Session source, native, ours;
  std::vector<QualifiedName> tables;
  translate::Mapping mapping;
  std::string slot, native_slot;

  // Another schema for ours, and what mapping.yml says about it.
  struct Green {
    std::string prepare;
    std::string yaml;
  };
  // `prepare`: SQL for all three databases, or for two where ours is another.
  static Result<LinkPair> make(const LinkServers& servers, const std::string& name, const std::string& prepare,
                               const std::optional<Green>& green_schema = {}) {
    const std::string source_db = "src_" + name, native_db = "nat_" + name, ours_db = "our_" + name;
    BGDB_CHECK(servers.source->create_database(source_db));
    BGDB_CHECK(servers.target->create_database(native_db));
    BGDB_CHECK(servers.target->create_database(ours_db));
    LinkPair pair{.source_dsn = servers.source->dsn(source_db),
                  .ours_dsn = servers.target->dsn(ours_db),
                  .source = BGDB_TRY(pg::Session::open({.dsn = servers.source->dsn(source_db)})),
                  .native = BGDB_TRY(pg::Session::open({.dsn = servers.target->dsn(native_db)})),
                  .ours = BGDB_TRY(pg::Session::open({.dsn = servers.target->dsn(ours_db)})),
                  .tables = {},
                  .mapping = {},
                  .slot = "ours_" + name,
                  .native_slot = "nat_" + name};
    for (auto* session : {&pair.source, &pair.native, &pair.ours}) {
      BGDB_TRY(session->script(session == &pair.ours && green_schema ? green_schema->prepare : prepare));
      BGDB_TRY(session->script("vacuum (analyze)"));
    }
    BGDB_CHECK(journal::install_state(pair.source));
    BGDB_CHECK(journal::install_state(pair.ours));
    const auto blue = BGDB_TRY(introspect::read_catalog(pair.source));
    const auto green = BGDB_TRY(introspect::read_catalog(pair.ours));
    for (const auto& [table, relation] : blue.relations) pair.tables.push_back(table);
    translate::DeriveInput input;
    input.blue = &blue;
    input.green = &green;
    input.tables = pair.tables;
    if (green_schema) input.overrides = BGDB_TRY(translate::parse_overrides(green_schema->yaml, "mapping.yml"));
    pair.mapping = BGDB_TRY(translate::derive(input)).forward;
    BGDB_CHECK(pair.set_up());
    return pair;
  }

  link::LinkOptions options() const {
    link::LinkOptions options;
    options.name = "forward";
    options.source_dsn = source_dsn;
    options.target_dsn = ours_dsn;
    options.slot = slot;
    return options;
  }

  // Returns once it streams.
  Result<void> start_native() {
    BGDB_TRY(native.script(fmt::format("alter subscription {} enable", native_slot)));
    while (BGDB_TRY(source.scalar("select active from pg_replication_slots where slot_name = $1", {native_slot})) !=
           "t") {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return {};
  }
  Result<void> stop_native() {
    BGDB_TRY(native.script(fmt::format("alter subscription {} disable", native_slot)));
    BGDB_TRY(native.script(
        fmt::format("alter subscription {} set (slot_name = none); drop subscription {}", native_slot, native_slot)));
    return replication::drop_slot(source, native_slot);
  }

 private:
  Result<void> set_up() {
    BGDB_CHECK(replication::create_publication(source, slot, tables));
    for (const auto& made : {slot, native_slot}) {
      BGDB_CHECK(source.execute("select pg_create_logical_replication_slot($1, 'pgoutput')", {made}));
    }
    BGDB_TRY(native.script(
        fmt::format("create subscription {} connection {} publication {} with (create_slot = false, slot_name = {}, "
                    "enabled = false, copy_data = false, synchronous_commit = off)",
                    native_slot, quote_literal(source_dsn), slot, native_slot)));
    const auto found = BGDB_TRY(replication::find_slot(source, slot));
    BGDB_CHECK(replication::create_origin(ours, slot));
    BGDB_CHECK(replication::advance_origin(ours, slot, found->confirmed_flush_lsn));
    return ours.execute(
        "insert into bgdb.link (name, slot, publication, origin, source_system, start_lsn) select 'forward', $1, $1, "
        "$1, $2, $3::pg_lsn",
        {slot, BGDB_TRY(source.scalar("select system_identifier from pg_control_system()")),
         found->confirmed_flush_lsn.to_string()});
  }
};

}  // namespace bgdb::bench
