#include "app/rehearse_database.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <random>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "journal/journal.h"
#include "pg/conninfo.h"

namespace bgdb::app {
namespace {

std::string prefix(const Config& config) {
  constexpr size_t kNameMax = 40;  // with prefix and suffix below the 63 bytes of a name
  return "bgdb_rehearse_" + config.name.substr(0, kNameMax) + "_";
}

Result<pg::Session> open_to_rehearse(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb rehearse"});
}

// The database that the string names may not be there yet; any other of the server will do.
Result<pg::Session> open_server(const std::string& dsn) {
  auto session = open_to_rehearse(dsn);
  if (session || session.error().message.find("does not exist") == std::string::npos) return session;
  return open_to_rehearse(BGDB_TRY(pg::with_database(dsn, "postgres")));
}

Result<void> lock(pg::Session& session) {
  const auto got = BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('rehearse'))"));
  if (got == "t") return {};
  return fail(ErrorCode::refused, "another rehearsal is at work on " + session.host_display(),
              "wait until it ends; select * from pg_stat_activity where application_name = 'bgdb rehearse' shows it");
}

Result<void> drop_database(pg::Session& session, const std::string& name) {
  return session.execute(fmt::format("drop database if exists {} with (force)", quote_ident(name)));
}

// The lock is ours, so nobody rehearses here; but the same name may be in use through another database of the server.
Result<std::vector<std::string>> drop_leftovers(pg::Session& session, const Config& config, bool kept_too) {
  std::vector<std::string> dropped;
  constexpr auto kPatience = milliseconds(3'000);  // the server notices the end of a killed client with delay
  const auto deadline = core::system_clock().now() + kPatience;
  for (;;) {
    const auto rows = BGDB_TRY(session.query(core::sql_text("rehearse/list_leftovers.sql"), {prefix(config)}));
    bool busy = false;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows.boolean(i, "kept") && !kept_too) continue;
      if (rows.integer(i, "sessions") > 0 && core::system_clock().now() < deadline && !core::interrupted()) {
        busy = true;
        continue;
      }
      BGDB_CHECK(drop_database(session, rows.text(i, "name")));
      dropped.push_back(rows.text(i, "name"));
    }
    if (!busy) return dropped;
    core::system_clock().sleep_for(milliseconds(100));
  }
}

// Free bytes where the server keeps its data, when that is this machine and we may look; else -1.
int64_t free_bytes(pg::Session& session) {
  const auto local =
      session.scalar("select inet_server_addr() is null or host(inet_server_addr()) in ('127.0.0.1', '::1')");
  const auto folder = session.scalar("select setting from pg_settings where name = 'data_directory'");
  struct statvfs place {};
  if (!local || *local != "t" || !folder || folder->empty() || ::statvfs(folder->c_str(), &place) != 0) return -1;
  return static_cast<int64_t>(place.f_bavail) * static_cast<int64_t>(place.f_frsize);
}

Result<void> check_space(pg::Session& session, int64_t bytes, std::vector<std::string>& notes) {
  // The copy itself, and as much again for the largest rewrite and the WAL of both.
  const int64_t needed = bytes * 2;
  const auto free = free_bytes(session);
  if (free < 0) {
    notes.push_back(fmt::format("how much room the server has cannot be seen from here; this takes up to {}",
                                core::format_bytes(needed)));
    return {};
  }
  if (free >= needed) return {};
  return fail(ErrorCode::refused,
              fmt::format("{} has {} free; a copy of {} and its migration take up to {}", session.host_display(),
                          core::format_bytes(free), core::format_bytes(bytes), core::format_bytes(needed)),
              "make room, or name another server with --on");
}

std::string create_sql(const std::string& name, const pg::Rows& source, int version) {
  std::string sql = fmt::format("create database {} template template0 encoding {} lc_collate {} lc_ctype {}",
                                quote_ident(name), quote_literal(source.text(0, "encoding")),
                                quote_literal(source.text(0, "collate")), quote_literal(source.text(0, "ctype")));
  if (source.text(0, "provider") == "i" && version >= 150000) {
    sql += " locale_provider icu icu_locale " + quote_literal(source.text(0, "locale"));
  }
  return sql;
}

}  // namespace

Result<RehearseDatabase> RehearseDatabase::create(const Config& config, const std::string& server_dsn,
                                                  bool own_server) {
  auto blue = BGDB_TRY(open_to_rehearse(config.blue_dsn));
  const auto source = BGDB_TRY(blue.query(core::sql_text("rehearse/read_source.sql")));
  RehearseDatabase database(BGDB_TRY(open_server(server_dsn)));
  auto& session = database.session_;
  const auto target = BGDB_TRY(session.query(core::sql_text("rehearse/read_source.sql")));
  if (target.text(0, "system_identifier") == source.text(0, "system_identifier") && !own_server) {
    return fail(ErrorCode::refused,
                "that is production's own server: copy and migration would take its memory, disks and processors",
                "name another server with --on, or add --yes when this is what you want");
  }
  BGDB_CHECK(lock(session));
  for (const auto& name : BGDB_TRY(drop_leftovers(session, config, false)))
    database.notes_.push_back("dropped " + name + ", which a killed rehearsal had left");
  BGDB_CHECK(check_space(session, source.integer(0, "bytes"), database.notes_));
  const auto name = fmt::format("{}{:08x}", prefix(config), std::random_device{}());
  if (const auto made = session.execute(create_sql(name, source, static_cast<int>(target.integer(0, "version"))));
      !made) {
    Error error = made.error().with_context("cannot make a throwaway database on " + session.host_display());
    return fail(error.sqlstate == "42501" ? error.with_hint("alter role ... createdb") : error);
  }
  database.name_ = name;  // from here on it is dropped whatever happens
  database.dsn_ = BGDB_TRY(pg::with_database(server_dsn, name));
  BGDB_CHECK(session.execute(
      fmt::format("comment on database {} is {}", quote_ident(name),
                  quote_literal(fmt::format("bgdb throwaway: rehearsal of {} by {} at {}", blue.host_display(),
                                            journal::actor(), core::wall_time_utc())))));
  return database;
}

RehearseDatabase::~RehearseDatabase() {
  (void)drop().has_value();  // what is left is dropped by the next run
}

Result<void> RehearseDatabase::drop() {
  if (name_.empty()) return {};
  if (!session_.alive()) return fail(ErrorCode::connection, name_ + " could not be dropped: the connection was lost");
  BGDB_CHECK(drop_database(session_, name_));
  name_.clear();
  return {};
}

Result<void> RehearseDatabase::keep() {
  BGDB_CHECK(session_.execute(
      fmt::format("comment on database {} is {}", quote_ident(name_),
                  quote_literal("bgdb throwaway: kept by " + journal::actor() + " at " + core::wall_time_utc()))));
  name_.clear();
  return {};
}

Result<std::vector<std::string>> RehearseDatabase::clean(const Config& config, const std::string& server_dsn) {
  auto session = BGDB_TRY(open_server(server_dsn));
  BGDB_CHECK(lock(session));
  return drop_leftovers(session, config, true);
}

}  // namespace bgdb::app
