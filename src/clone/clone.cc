// Runs a clone to its end, over as many connections as it takes; and takes one back.
#include "clone/clone.h"

#include <fmt/format.h>

#include "clone/facts.h"
#include "clone/run.h"
#include "clone/sessions.h"
#include "clone/undo.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/retry.h"
#include "journal/state.h"

namespace bgdb::clone {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A server that went away may come back. What was not committed there is not a fact either, so the outcome of a commit
// whose answer was lost is known by looking.
bool lost(const Error& error) {
  return error.code == ErrorCode::connection || error.retry == core::Retry::new_session ||
         error.retry == core::Retry::outcome_unknown;
}

struct Attempt {
  Result<CloneReport> outcome;
  bool resumable = false;
};

Attempt attempt(const CloneOptions& options, core::Progress& progress, bool again) {
  auto blue = open_side(options.blue_dsn, "blue");
  if (!blue) return {blue.error(), again};
  auto green = open_side(options.green_dsn, "green");
  if (!green) return {green.error(), again};
  if (auto locked = lock_operators(*blue, *green); !locked) {
    Error error = std::move(locked).error();
    // Our own former session, which its server has not missed yet.
    if (again && error.code == ErrorCode::refused) error.retry = core::Retry::new_session;
    return {std::move(error), again};
  }
  Run run(options, progress, *std::move(blue), *std::move(green));
  auto outcome = run.run();
  return {std::move(outcome), run.resumable()};
}

Error explained(Error error) {
  return error.with_hint((error.hint.empty() ? "" : error.hint + "; then ") +
                         "bgdb clone goes on from here, tables that are complete are not copied again; bgdb clone "
                         "--abort takes everything back. Until then the slot keeps WAL on blue");
}

}  // namespace

Result<CloneReport> run_clone(const CloneOptions& options, core::Progress& progress) {
  const auto begun = steady_clock::now();
  auto last_good = begun;
  bool again = false;
  for (int tries = 1;; ++tries) {
    const auto started = steady_clock::now();
    auto [outcome, resumable] = attempt(options, progress, again);
    if (outcome) {
      outcome->took = core::time_since(begun);
      return std::move(*outcome);
    }
    const Error& error = outcome.error();
    if (!resumable) return fail(error);
    if (steady_clock::now() - started > 5s) {  // it worked for a while
      last_good = steady_clock::now();
      tries = 1;
    }
    if (!lost(error) || core::interrupted() || steady_clock::now() - last_good > options.reconnect_for) {
      return fail(explained(error));
    }
    again = true;
    const auto pause = core::backoff_before({.backoff_first = 200ms, .backoff_max = 3000ms}, tries + 1);
    progress.note(fmt::format("{}; trying again", error.message));
    core::system_clock().sleep_for(pause);
  }
}

Result<AbortReport> abort_clone(const CloneOptions& options, bool also_complete) {
  auto blue = BGDB_TRY(open_side(options.blue_dsn, "blue"));
  auto green = BGDB_TRY(open_side(options.green_dsn, "green"));
  BGDB_CHECK(lock_operators(blue, green));
  const Facts facts = BGDB_TRY(read_facts(green));
  const auto side = BGDB_TRY(journal::read_side(green));
  if (side && side->role != journal::Role::standby) {
    return fail(
        ErrorCode::refused,
        fmt::format("green is the {} side: its data is not a copy to be thrown away", journal::to_string(side->role)),
        "bgdb status shows who serves");
  }
  // Between its two halves a switch has nobody serving: green's copy is the one that is about to.
  const auto source = BGDB_TRY(journal::read_side(blue));
  if (source && source->role != journal::Role::active && facts.stage == Stage::done) {
    return fail(
        ErrorCode::refused,
        fmt::format("blue is the {} side: green's copy may be what serves next", journal::to_string(source->role)),
        "bgdb status shows who serves; a switch that was interrupted goes on with --resume");
  }
  if (facts.stage == Stage::done && !also_complete) {
    return fail(ErrorCode::refused, "the clone is complete",
                "bgdb clone --abort --complete removes green's copy all the same");
  }
  AbortReport report;
  report.done = BGDB_TRY(undo_blue(blue, options.slot));
  const auto way_back = BGDB_TRY(undo_reverse(blue, green));
  report.done.insert(report.done.end(), way_back.begin(), way_back.end());
  const auto on_green = BGDB_TRY(undo_green(green, options.slot));
  report.done.insert(report.done.end(), on_green.begin(), on_green.end());
  report.nothing_to_do = report.done.empty() && facts.stage == Stage::none;
  return report;
}

}  // namespace bgdb::clone
