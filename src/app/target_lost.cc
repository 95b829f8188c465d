#include "app/target_lost.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/operator_lock.h"
#include "app/switch_spec.h"
#include "app/teardown.h"
#include "core/clock.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "traffic/driver.h"

namespace bgdb::app {
namespace {

constexpr milliseconds kDoorPatience{10'000};
// Above the highest value in the table: what green drew and others may have seen.
constexpr const char* kLostSequenceMargin = "10000";

constexpr const char* kBy = "bgdb rollback --target-lost";

struct SidesLeft {
  pg::Session blue;
  journal::Side blue_state;
  std::optional<pg::Session> green;  // when it answers
  std::optional<journal::Side> green_state;
};

Result<SidesLeft> open_what_is_left(const Config& config) {
  auto blue = pg::Session::open({.dsn = config.blue_dsn,
                                 .application_name = operator_application_name("rollback"),
                                 .settings = {{"lock_timeout", "10s"},
                                              {"synchronous_commit", "on"},
                                              {"row_security", "off"}}});  // an error instead of rows not seen
  if (!blue) return blue.error().with_context("blue");
  const auto state = BGDB_TRY(journal::read_side(*blue));
  if (!state) return fail(ErrorCode::refused, "blue has no bgdb state: there is nothing to go back to");
  SidesLeft sides{*std::move(blue), *state, {}, {}};
  // A server that is starting answers in a moment.
  for (int i = 0; i < 3 && !sides.green; ++i) {
    if (i > 0) core::system_clock().sleep_for(milliseconds(1'000));
    auto green = pg::Session::open({.dsn = config.green_dsn,
                                    .application_name = operator_application_name("rollback"),
                                    .connect_timeout = milliseconds(3'000)});
    if (green) {
      sides.green.emplace(*std::move(green));
    } else if (green.error().code != ErrorCode::connection) {
      return green.error().with_context("green");
    }
  }
  if (sides.green) sides.green_state = BGDB_TRY(journal::read_side(*sides.green));
  return sides;
}

// By the position: the link's own reports go on while it tries to reach green.
std::string sentence_of(const std::string& applied) {
  return applied.empty() ? "I accept that what green wrote may be lost"
                         : fmt::format("I accept the loss of what green wrote after {}", applied);
}

Result<Loss> loss_of(SidesLeft& sides) {
  Loss loss;
  loss.accepted = sides.blue_state.role == journal::Role::active;
  if (loss.accepted && sides.blue_state.by != kBy) {
    return fail(ErrorCode::refused, "blue serves: there is no green to go back from");
  }
  if (loss.accepted) return loss;
  if (sides.blue_state.role != journal::Role::standby) {
    return fail(ErrorCode::refused,
                "blue is " + std::string(journal::to_string(sides.blue_state.role)) + ": it has not been kept current",
                "Restore from a backup.");
  }
  const auto rows = BGDB_TRY(sides.blue.query(core::sql_text("cutover/read_last_heard.sql")));
  std::string applied;
  if (rows.empty()) {
    loss.lines.push_back("the reverse link was never set up: everything since the cutover is missing");
  } else {
    applied = rows.at(0, "applied_lsn").value_or("");
    const auto& message = rows.at(0, "message").value_or("");
    loss.lines.push_back(fmt::format("applied from green up to its position {}", applied.empty() ? "0/0" : applied));
    loss.lines.push_back(fmt::format("the reverse link reported {} ago: {}{}",
                                     core::format_duration(std::chrono::seconds(rows.integer(0, "age_s"))),
                                     rows.text(0, "state"), message.empty() ? "" : ", " + message));
    if (rows.at(0, "lag_bytes")) {
      loss.lines.push_back("behind green by " + core::format_bytes(rows.integer(0, "lag_bytes")) +
                           " when it last knew");
    }
    loss.lines.push_back(fmt::format("{} rows wait in quarantine on blue, {} conflicts", rows.integer(0, "quarantined"),
                                     rows.integer(0, "conflicts")));
  }
  loss.lines.push_back("whatever clients committed on green behind that position is not on blue and is not known");
  loss.sentence = sentence_of(applied);
  return loss;
}

Result<void> point_traffic(const Config& config) {
  auto driver = BGDB_TRY(traffic::make_driver(driver_spec(config)));
  BGDB_CHECK(driver->point_to({"blue", config.blue_dsn}, kDoorPatience));
  return driver->resume(kDoorPatience);
}

// Nothing of green arrives on blue any more, and blue keeps nothing for it; then the rows' own values lead the
// sequences, which nobody can ask green for; then blue serves.
Result<void> serve(const Config& config, SidesLeft& sides, const std::string& said, GivenUp& outcome) {
  auto& blue = sides.blue;
  outcome.epoch = sides.blue_state.epoch + 2;  // green's may be one ahead of what blue knows
  const nlohmann::json detail = {{"accepted", said}, {"by", journal::actor()}, {"epoch", outcome.epoch}};
  BGDB_TRY(journal::append(blue, {.command = "rollback", .step = "target lost", .detail = detail.dump()}));
  BGDB_CHECK(cut_link(blue, "blue", "reverse", config.slot("reverse")));
  outcome.done.push_back("the reverse link is cut");
  BGDB_CHECK(drop_slot_in_use(blue, "blue", config.slot("forward")));
  outcome.done.push_back("the forward slot is gone");
  const auto led =
      BGDB_TRY(blue.query(core::sql_text("cutover/raise_own_sequences.sql"), {kLostSequenceMargin, "{}", "{}"}));
  const auto raised =
      std::count_if(led.values.begin(), led.values.end(), [](const auto& row) { return row[1].has_value(); });
  outcome.done.push_back(fmt::format("{} sequences were raised above the rows that came from green", raised));
  auto transaction = BGDB_TRY(pg::Transaction::begin(blue));
  const auto rows = BGDB_TRY(blue.query(
      "update bgdb.side set role = 'active', epoch = $1, since = clock_timestamp(), by = $2, writer_pid = null,"
      " writer_started = null where role = 'standby'",
      {std::to_string(outcome.epoch), kBy}));
  if (rows.affected != 1) return fail(ErrorCode::refused, "blue is not a standby any more", "See \"bgdb status\".");
  BGDB_CHECK(transaction.commit());
  outcome.done.push_back(fmt::format("blue serves, epoch {}", outcome.epoch));
  return {};
}

// Green came back: it must not serve, and what it did not send must not arrive late.
Result<void> retire_green(const Config& config, SidesLeft& sides, GivenUp& outcome) {
  auto& green = *sides.green;
  BGDB_CHECK(green.execute(
      "update bgdb.side set role = 'retired', epoch = $1, since = clock_timestamp(), by = $2 where role <> 'retired'",
      {std::to_string(outcome.epoch), kBy}));
  BGDB_CHECK(drop_slot_in_use(green, "green", config.slot("reverse")));
  BGDB_CHECK(cut_link(green, "green", "forward", config.slot("forward")));
  outcome.done.push_back("green answers again and is retired: its guards refuse every client");
  return {};
}

}  // namespace

Result<Loss> assess_loss(const Config& config) {
  auto sides = BGDB_TRY(open_what_is_left(config));
  if (sides.green && sides.blue_state.role != journal::Role::active) {
    return fail(ErrorCode::refused, "green answers: it is not lost", "Run \"bgdb rollback\": it loses nothing.");
  }
  return loss_of(sides);
}

Result<GivenUp> give_up_target(const Config& config, const Loss& loss, const std::string& said,
                               const std::string& take_over) {
  if (said != loss.sentence) {
    return fail(ErrorCode::refused, "the loss was not accepted",
                fmt::format("Repeat this sentence with --accept: \"{}\"", loss.sentence));
  }
  auto sides = BGDB_TRY(open_what_is_left(config));
  BGDB_CHECK(take_operator_lock(sides.blue, "blue", take_over));
  const auto state = BGDB_TRY(journal::read_side(sides.blue));
  sides.blue_state = *state;
  GivenUp outcome{.epoch = state->epoch, .done = {}};
  if (state->role != journal::Role::active) {
    if (sides.green) return fail(ErrorCode::refused, "green answers: it is not lost", "Run \"bgdb rollback\".");
    BGDB_CHECK(serve(config, sides, said, outcome));
  }
  BGDB_CHECK(point_traffic(config));
  outcome.done.push_back("clients are led to blue");
  if (sides.green && sides.green_state && sides.green_state->epoch <= outcome.epoch) {
    BGDB_CHECK(retire_green(config, sides, outcome));
  } else if (!sides.green) {
    outcome.done.push_back(
        "when green answers again it still believes that it serves: keep clients away and run this command once more");
  }
  BGDB_TRY(journal::append(sides.blue, {.command = "rollback",
                                        .step = "done",
                                        .detail = fmt::format(R"({{"active":"blue","epoch":{}}})", outcome.epoch)}));
  return outcome;
}

}  // namespace bgdb::app
