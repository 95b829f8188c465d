#include "app/release/book.h"

#include <fmt/format.h>

#include <fstream>

#include "app/operator_lock.h"
#include "app/switch_spec.h"
#include "core/clock.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {

Result<pg::Session> open_side_session(const Config& config, const std::string& side, const std::string& name) {
  auto session = pg::Session::open({.dsn = side == "blue" ? config.blue_dsn : config.green_dsn,
                                    .application_name = name,
                                    .settings = {{"statement_timeout", "30s"}, {"lock_timeout", "5s"}}});
  if (!session) return session.error().with_context(side);
  return session;
}

Result<void> ReleaseBook::hold_lock() {
  if (lock_ && lock_->scalar("select 1")) return {};
  lock_.reset();
  auto session = BGDB_TRY(open_side_session(config_, "blue", operator_application_name(command_)));
  // A run that was killed a moment ago is noticed by the server a little later.
  for (int i = 0; i < 40; ++i) {
    if (i > 0) core::system_clock().sleep_for(milliseconds(50));
    const auto got =
        BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext($1))", {command_}));
    if (got != "t") continue;
    lock_.emplace(std::move(session));
    return {};
  }
  const auto holder = BGDB_TRY(session.query(core::sql_text("cutover/find_holder.sql"), {command_}));
  const auto who = holder.empty() ? std::string("someone else") : holder.text(0, "application_name");
  return fail(ErrorCode::refused, "another " + command_ + " run is at work: " + who,
              "Wait for it or stop it with Ctrl-C; \"bgdb release plan\" shows where the release stands.");
}

Result<void> ReleaseBook::record(const std::string& side, const std::string& step, const std::string& detail) {
  log(step + " " + detail);
  auto session = BGDB_TRY(open_side_session(config_, side, "bgdb release"));
  if (!BGDB_TRY(journal::state_installed(session))) return {};
  const auto written = BGDB_TRY(journal::append(session, {.command = command_, .step = step, .detail = detail}));
  if (const auto path = journal_mirror_path(config_); !path.empty()) (void)journal::mirror(path, side, written);
  return {};
}

void ReleaseBook::log(const std::string& line) {
  std::ofstream out(log_path(), std::ios::app);
  out << core::wall_time_utc() << " " << line << "\n";
}

Result<std::optional<std::string>> read_release_fact(pg::Session& session, const std::string& key) {
  if (!BGDB_TRY(journal::state_installed(session))) return std::optional<std::string>();
  const auto rows = BGDB_TRY(session.query("select value::text as value from bgdb.fact where key = $1", {key}));
  if (rows.empty()) return std::optional<std::string>();
  return std::optional<std::string>(rows.text(0, "value"));
}

Result<void> write_release_fact(pg::Session& session, const std::string& key, const std::string& json) {
  return session.execute(core::sql_text("state/write_fact.sql"), {key, json});
}

}  // namespace bgdb::app
