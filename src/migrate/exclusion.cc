#include "migrate/exclusion.h"

#include <fmt/format.h>

#include <chrono>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "journal/operator_lock.h"

namespace bgdb::migrate {

using std::chrono::milliseconds;

Result<void> lock_operator(pg::Session& session) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  return fail(ErrorCode::refused, "another bgdb command is at work on " + session.host_display(),
              "wait until it ends; `select * from pg_stat_activity where application_name like 'bgdb%'` shows it");
}

Result<void> lock_out_survivors(pg::Session& session) {
  constexpr auto kWait = milliseconds(3'000);
  const auto deadline = core::system_clock().now() + kWait;
  for (;;) {
    const auto got = BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('migrate'))"));
    if (got == "t") return session.execute("select pg_advisory_unlock(hashtext('bgdb'), hashtext('migrate'))");
    if (core::system_clock().now() >= deadline || core::interrupted()) break;
    core::system_clock().sleep_for(milliseconds(100));
  }
  const auto who = BGDB_TRY(session.query(core::sql_text("migrate/find_survivor.sql")));
  const auto pid = who.empty() ? std::string("?") : who.text(0, "pid");
  return fail(ErrorCode::refused,
              fmt::format("a statement of an earlier run is still at work on {} (pid {}{}{})", session.host_display(),
                          pid, who.empty() ? "" : ": ", who.empty() ? "" : who.text(0, "query")),
              "wait until it ends, or end it with select pg_terminate_backend(" + pid + ")");
}

Result<void> lock_out_links(pg::Session& session) {
  constexpr auto kWait = milliseconds(3'000);  // a link that was just stopped is still on its way out
  const auto deadline = core::system_clock().now() + kWait;
  while (BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('apply'))")) != "t") {
    if (core::system_clock().now() >= deadline || core::interrupted()) {
      return fail(ErrorCode::refused,
                  fmt::format("a link applies rows to {}, translated into the schema of before the migration",
                              session.host_display()),
                  "stop `bgdb sync`, migrate, then start it again; the slot keeps everything meanwhile");
    }
    core::system_clock().sleep_for(milliseconds(100));
  }
  return {};
}

}  // namespace bgdb::migrate
