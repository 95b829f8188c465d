#include "migrate/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "migrate/lock_retry.h"

namespace bgdb::migrate {
namespace {

constexpr int kIdlePassesMax = 3;  // passes that write rows without getting one done
constexpr int kPassesMax = 50;     // somebody writes such rows faster than we fill them

std::string place_text(const Place& place) {
  return fmt::format("({})", fmt::join(place, ", "));
}

}  // namespace

Batches::Batches(pg::Session& session, const Work& work, std::string key, const Pace& pace,
                 const core::RetryPolicy& retry, Watcher& watcher, core::Progress& progress)
    : session_(session),
      work_(work),
      key_(std::move(key)),
      retry_(retry),
      watcher_(watcher),
      progress_(progress),
      throttle_(session, pace, progress, core::parse_qualified_name(work.table).display()) {
  report_.table = core::parse_qualified_name(work.table).display();
}

Result<BatchReport> Batches::run() {
  begun_ = core::system_clock().now();
  BGDB_CHECK(check_trigger());
  BGDB_CHECK(read_position());
  // An earlier run was through with it; what comes behind it in its file was not done.
  bool done = done_ && (!work_.all || !BGDB_TRY(anything_left()));
  for (int idle = 0, passes = 1; !done; ++passes, ++position_.pass) {
    const auto tables = BGDB_TRY(list_batch_tables(session_, work_));
    const auto changed = BGDB_TRY(pass(tables));
    report_.passes = position_.pass;
    const bool left = BGDB_TRY(anything_left());
    if (!left || !work_.all) {
      report_.more_came = left;
      BGDB_CHECK(write_position(true));
      done = true;
      continue;
    }
    idle = changed > 0 || stuck_ == 0 ? 0 : idle + 1;
    if (idle >= kIdlePassesMax) {
      return fail(
          ErrorCode::refused,
          fmt::format("rows of {} still are not filled after {} passes that wrote them", report_.table, idle),
          fmt::format("their new value is NULL, or a trigger takes it back; look: select * from {} where {} limit 5",
                      work_.table, work_.where));
    }
    if (passes >= kPassesMax) {
      return fail(ErrorCode::refused,
                  fmt::format("rows of {} that are not filled keep coming after {} passes", report_.table, kPassesMax),
                  "their writers must fill them: let a trigger or the application do it, then run this again");
    }
    BGDB_CHECK(check_trigger());
    if (changed == 0) BGDB_CHECK(wait_for_holders());
  }
  progress_.item_done(report_.table);
  report_.rested = throttle_.rested();
  report_.took = core::time_since(begun_);
  return report_;
}

// Without it, what clients write behind the batch that has passed stays unfilled.
Result<void> Batches::check_trigger() {
  if (work_.trigger.empty()) return {};
  const auto rows = BGDB_TRY(session_.query(core::sql_text("backfill/read_trigger.sql"), {work_.table, work_.trigger}));
  if (rows.empty()) {
    return fail(ErrorCode::refused,
                fmt::format("trigger {} does not stand on {}: what clients write meanwhile would stay unfilled",
                            work_.trigger, report_.table),
                "run the expand phase first: bgdb migrate --phase expand");
  }
  const auto& enabled = rows.text(0, "enabled");
  if (enabled == "O" || enabled == "A") return {};
  return fail(ErrorCode::refused,
              fmt::format("trigger {} on {} is disabled: what clients write meanwhile would stay unfilled",
                          work_.trigger, report_.table),
              fmt::format("alter table {} enable always trigger {}", work_.table, quote_ident(work_.trigger)));
}

// --- the place, kept in bgdb.fact ---

Result<void> Batches::read_position() {
  const auto rows = BGDB_TRY(session_.query("select value from bgdb.fact where key = $1", {key_}));
  if (rows.empty()) return {};
  const auto value = nlohmann::json::parse(rows.text(0, "value"), nullptr, false);
  if (!value.is_object() || value.value("work", "") != work_.digest()) return {};  // other work: from the start
  position_.pass = value.value("pass", 1);
  position_.table = value.value("table", "");
  position_.low = value.value("low", Place());
  position_.last = value.value("last", Place());
  report_.rows = value.value("rows", int64_t{0});
  report_.batches = value.value("batches", int64_t{0});
  walked_ = value.value("walked", int64_t{0});
  done_ = value.value("done", false);
  if (done_) position_ = {};
  report_.continued = true;
  return {};
}

Result<void> Batches::write_position(bool done) {
  const std::chrono::duration<double> running = core::system_clock().now() - begun_;
  const nlohmann::json value = {{"work", work_.digest()},
                                {"of", report_.table},
                                {"pass", position_.pass},
                                {"table", position_.table},
                                {"low", position_.low},
                                {"last", position_.last},
                                {"rows", report_.rows},
                                {"batches", report_.batches},
                                {"walked", walked_},
                                {"total", total_},
                                {"rate", static_cast<double>(seen_) / std::max(running.count(), 0.001)},
                                {"done", done}};
  return session_.execute(core::sql_text("migrate/write_progress.sql"), {key_, value.dump()});
}

// --- the walk ---

Result<int64_t> Batches::pass(const std::vector<BatchTable>& tables) {
  total_ = 0;
  for (const auto& table : tables) total_ += table.rows_estimate();
  auto at = std::find_if(tables.begin(), tables.end(),
                         [&](const BatchTable& table) { return table.name().sql() == position_.table; });
  if (at == tables.end()) {
    at = tables.begin();
    position_ = {position_.pass, "", {}, {}};
    walked_ = 0;
  }
  progress_.item(report_.table, walked_, std::max(total_, walked_), "rows");
  int64_t changed = 0;
  stuck_ = 0;
  for (; at != tables.end(); ++at) {
    if (position_.table != at->name().sql()) position_ = {position_.pass, at->name().sql(), {}, {}};
    changed += BGDB_TRY(walk(*at));
  }
  position_ = {position_.pass, "", {}, {}};
  return changed;
}

Result<int64_t> Batches::walk(const BatchTable& table) {
  const bool usable = position_.low.size() == table.place_size() && position_.last.size() == table.place_size();
  if (!usable) {  // at the table's begin, or its key is another one now
    auto bounds = BGDB_TRY(table.bounds(session_));
    if (bounds.first.empty()) return 0;
    position_.low = std::move(bounds.first);
    position_.last = std::move(bounds.last);
  }
  int64_t changed = 0;
  while (!position_.low.empty()) changed += BGDB_TRY(batch(table));
  return changed;
}

// Commits may be lost with the server: the place is lost with them. What is recorded as done is flushed by the commit
// that says so. Policies must not hide rows from us.
Result<void> Batches::begin() {
  BGDB_CHECK(session_.begin());
  BGDB_TRY(session_.script("set local synchronous_commit = off; set local row_security = off"));
  return {};
}

Result<int64_t> Batches::batch(const BatchTable& table) {
  const auto begun = core::system_clock().now();
  const auto position = position_;
  const auto report = report_;
  const auto walked = walked_;
  const auto seen = seen_;
  int64_t changed = 0;
  int64_t stuck = 0;
  int64_t looked_at = 0;
  const auto attempt = [&]() -> Result<void> {
    position_ = position;
    report_.rows = report.rows;
    report_.batches = report.batches;
    looked_at = throttle_.batch_rows();
    BGDB_CHECK(begin());
    auto done = [&]() -> Result<void> {
      auto next = BGDB_TRY(table.next(session_, position.low, position.last, looked_at));
      const auto updated = BGDB_TRY(table.update(session_, position.low, next, position.last));
      changed = updated.rows - updated.stuck;
      stuck = updated.stuck;
      report_.rows += changed;
      ++report_.batches;
      walked_ = walked + (next.empty() ? changed : looked_at);  // how many the last one holds is not known
      seen_ = seen + walked_ - walked;
      position_.low = std::move(next);
      return write_position();
    }();
    if (!done) {
      if (session_.alive()) (void)session_.rollback().has_value();
      if (done.error().retry == Retry::same_session) throttle_.batch_was_blocked();
      return done;
    }
    return session_.commit();
  };
  const auto stopped = [&] {
    return fail(ErrorCode::interrupted,
                fmt::format("{}: stopped after {} rows; run it again to go on from there", report_.table, report.rows));
  };
  if (core::interrupted() || (stop_ != nullptr && *stop_)) return stopped();
  if (const auto ran = with_lock_retries(retry_, watcher_, progress_, report_.table, report_.retries, attempt); !ran) {
    if (core::interrupted()) return stopped();  // the statement was cancelled: its batch did not happen
    return fail(
        ran.error().with_context(fmt::format("{}, rows from {}", table.name().display(), place_text(position.low))));
  }
  progress_.item(report_.table, walked_, std::max(total_, walked_), "rows");
  stuck_ += stuck;
  const auto took = core::time_since(begun);
  BGDB_CHECK(throttle_.rest(took, looked_at));
  return changed;
}

Result<bool> Batches::anything_left() {
  BGDB_CHECK(begin());
  auto left = session_.scalar(fmt::format("select exists (select from {} where {})", work_.table, work_.where));
  BGDB_CHECK(session_.rollback());
  if (!left) return fail(left.error().with_context("looking for rows of " + report_.table + " that are not filled"));
  return *left == "t";
}

// What is left may be held by a long transaction: wait for one such row as for any lock, and say who holds it.
Result<void> Batches::wait_for_holders() {
  return with_lock_retries(retry_, watcher_, progress_, report_.table, report_.retries, [&]() -> Result<void> {
    BGDB_CHECK(begin());
    const auto got =
        session_.query(fmt::format("select 1 from {} where {} limit 1 for no key update", work_.table, work_.where));
    if (session_.alive()) BGDB_CHECK(session_.rollback());
    if (!got) return fail(got.error());
    return {};
  });
}

}  // namespace bgdb::migrate
