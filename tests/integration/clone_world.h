// Two databases and a clone between them, for the clone's tests.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "app/clone_wiring.h"
#include "clone/clone.h"
#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

namespace bgdb::test {

struct ClonePair {
  std::string blue = fresh_database("blue");
  std::string green = fresh_database("green");
  clone::CloneOptions options{.blue_dsn = blue,
                              .green_dsn = green,
                              .slot = "bgdb_" + blue.substr(blue.rfind('=') + 1) + "_forward",
                              .takes_part = [](const QualifiedName& table) { return table.schema == "public"; },
                              .reconnect_for = std::chrono::seconds(5),
                              .catch_up = app::catch_up_by_relay(blue, green)};

  explicit ClonePair(const std::string& schema) { CHECK_OK(connect(blue).script(schema)); }
  std::string on_blue(const std::string& sql) const { return REQUIRE_OK(connect(blue).scalar(sql)); }
  std::string on_green(const std::string& sql) const { return REQUIRE_OK(connect(green).scalar(sql)); }

  bool blue_is_clean() const {
    return on_blue("select count(*) from pg_replication_slots where slot_name = '" + options.slot + "'") == "0" &&
           on_blue("select count(*) from pg_publication") == "0";
  }
  // Relations, types and functions of green outside bgdb's schema.
  std::string green_objects() const {
    return on_green(
        "select (select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname !~ "
        "'^(pg_|bgdb|information_schema)')) + (select count(*) from pg_type where typnamespace = "
        "'public'::regnamespace) + "
        "(select count(*) from pg_namespace where nspname = 'private')");
  }
  Result<clone::CloneReport> clone() const { return clone::run_clone(options, core::silent_progress()); }

  core::ProcessOptions command(const TempDir& folder, std::vector<std::string> more = {}) const {
    const std::string name = options.slot.substr(5, options.slot.size() - 13);
    const std::string path =
        folder.write("bgdb.yml", "name: " + name + "\nblue: { dsn: \"" + blue + "\" }\ngreen: { dsn: \"" + green +
                                     "\" }\ntables: { include: [\"public.*\"] }\n");
    std::vector<std::string> argv{BGDB_BINARY, "--config", path, "clone"};
    argv.insert(argv.end(), more.begin(), more.end());
    return {.argv = argv};
  }
};

inline void wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 600; ++i) {
    if (holds()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  FAIL("the awaited state never came");
}

// A table whose rows cannot be stored on green (CHECK), or whose index cannot be built there, while a test holds the
// lock.
inline std::string blocked_schema(const std::string& where) {
  const std::string body =
      " returns boolean language plpgsql immutable as $$ begin perform "
      "pg_advisory_xact_lock_shared(42); return true; end $$; ";
  return "create function public.wait_here(int)" + body +
         (where == "data" ? "create table slow (id int primary key, check (public.wait_here(id)));"
                          : "create table slow (id int primary key); create index on slow (public.wait_here(id));") +
         "insert into slow select generate_series(1, 100); create table quick (id int primary key); insert into quick "
         "values (7);";
}

}  // namespace bgdb::test
