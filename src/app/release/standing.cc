#include "app/release/standing.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/migrate_wiring.h"
#include "app/release/book.h"
#include "app/release/standing_parts.h"
#include "app/switch_spec.h"
#include "app/sync.h"
#include "clone/facts.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

using Is = StageState::Is;
using journal::Role;

class Parallel {
 public:
  Parallel(const Config& config, pg::Session& blue, pg::Session& green) : config_(config), blue_(blue), green_(green) {}

  Result<Standing> read() {
    blue_side_ = BGDB_TRY(journal::read_side(blue_));
    green_side_ = BGDB_TRY(journal::read_side(green_));
    const auto is = [](const std::optional<journal::Side>& side, Role role) { return side && side->role == role; };
    if (is(blue_side_, Role::active) && is(green_side_, Role::active)) return both_active();
    standing_.serving = is(green_side_, Role::active) ? "green" : is(blue_side_, Role::active) ? "blue" : "nobody";
    // Before the first clone bgdb knows nothing, and clients are where they always were.
    if (!blue_side_ && !green_side_) standing_.serving = "blue";
    if (is(blue_side_, Role::retired) || is(green_side_, Role::retired)) {
      BGDB_CHECK(after_the_window());
    } else if (is(green_side_, Role::active)) {
      BGDB_CHECK(in_the_window());
    } else if (is(blue_side_, Role::standby) && is(green_side_, Role::standby)) {
      half_switched();
    } else {
      BGDB_CHECK(before_the_switch());
    }
    if (standing_.hook_side.empty() && green_side_) standing_.hook_side = "green";
    if (const auto& side = standing_.serving == "green" ? green_side_ : blue_side_) standing_.epoch = side->epoch;
    if (!standing_.hook_side.empty()) standing_.hooks = BGDB_TRY(read_hooks(green_));
    return std::move(standing_);
  }

 private:
  void add(const char* name, Is is, std::string fact, std::vector<std::string> command = {}) {
    standing_.stages.push_back({name, is, std::move(fact), std::move(command)});
  }

  Standing both_active() {
    standing_.serving = "nobody";
    standing_.refusal = make_error(
        ErrorCode::refused,
        fmt::format("both sides say active (blue: epoch {}, green: epoch {}): the lower epoch is the older fact",
                    blue_side_->epoch, green_side_->epoch),
        "\"bgdb status\" says which side to keep clients away from.");
    return std::move(standing_);
  }

  // Everything up to the switch is done, whoever did it.
  void switched(const std::string& fact) {
    for (const char* name : stage_names(false)) {
      const bool last = name == std::string_view("cutover");
      add(name, Is::done, last ? fact : "");
      if (last) return;
    }
  }

  Result<void> after_the_window() {
    const bool green = standing_.serving == "green";
    switched(green ? "green serves" : "the release ended on " + standing_.serving);
    add("watch", Is::done, "the window is closed");
    int64_t slots = 0;
    for (auto* session : {&blue_, &green_}) slots += BGDB_TRY(count_slots(*session));
    add("finalize", slots == 0 ? Is::done : Is::due,
        slots == 0 ? fmt::format("{} is retired", green ? "blue" : "green")
                   : fmt::format("begun and not ended: {} slots are left", slots),
        {"finalize", "--yes"});
    return {};
  }

  Result<int64_t> count_slots(pg::Session& session) {
    const auto rows = BGDB_TRY(session.query(
        "select count(*) as n from pg_replication_slots where slot_name in ($1, $2) and database = current_database()",
        {config_.slot("forward"), config_.slot("reverse")}));
    return rows.integer(0, "n");
  }

  Result<void> in_the_window() {
    switched("green serves since " + green_side_->since.substr(0, 19));
    const auto rows =
        BGDB_TRY(green_.query("select extract(epoch from clock_timestamp() - since)::bigint as age_s from bgdb.side"));
    const int64_t window = std::chrono::duration_cast<std::chrono::seconds>(config_.watch_window).count();
    const int64_t left = window - rows.integer(0, "age_s");
    standing_.window_left_s = left;
    const auto span = core::format_duration(std::chrono::seconds(std::abs(left)));
    add("watch", left > 0 ? Is::due : Is::done,
        left > 0 ? fmt::format("{} of {} left", span, core::format_duration(config_.watch_window))
                 : fmt::format("the window ended {} ago", span));
    standing_.hold = BGDB_TRY(read_release_fact(green_, kHoldFact)).value_or("");
    add("finalize", Is::due, standing_.hold.empty() ? "the way back is open" : "held: " + standing_.hold,
        {"finalize", "--yes"});
    return {};
  }

  void half_switched() {
    const bool forward = blue_side_->epoch > green_side_->epoch;
    for (const char* name : stage_names(false)) {
      if (name == std::string_view("cutover")) break;
      add(name, Is::done, "a switch was begun");
    }
    add("cutover", Is::due, forward ? "past the point of no return, not finished" : "a rollback is half done",
        {"cutover", "--resume"});
    add("watch", Is::due, "");
    add("finalize", Is::due, "");
    if (!forward) {
      standing_.refusal =
          make_error(ErrorCode::refused, "a rollback is half done: nobody serves", "Run \"bgdb rollback --resume\".");
    }
  }

  Result<void> before_the_switch() {
    standing_.rolled_back = green_side_ && green_side_->epoch > 0;
    const auto clone = BGDB_TRY(clone::read_facts(green_));
    const bool cloned = clone.stage == clone::Stage::done;
    const auto migrations = cloned ? BGDB_TRY(migrate_state(config_, "", {"migrate"}))
                                   : StageState{"migrate", Is::due, "after the clone", {"migrate"}};
    // The linter keeps nothing: what has run needs no opinion any more.
    add("lint", migrations.is == Is::due ? Is::due : Is::done, migrations.is == Is::due ? "" : "nothing left to judge",
        {"lint"});
    add("clone", cloned ? Is::done : Is::due,
        cloned ? fmt::format("{} rows, {}", core::format_count(clone.rows), core::format_bytes(clone.bytes))
        : clone.stage == clone::Stage::none ? ""
                                            : fmt::format("begun, got as far as: {}", clone::to_string(clone.stage)),
        {"clone", "--yes"});
    standing_.stages.push_back(migrations);
    BGDB_CHECK(in_step(cloned));
    add("gates", Is::due, "");
    add("cutover", Is::due, standing_.rolled_back ? "rolled back: blue serves again" : "blue serves",
        {"cutover", "--yes"});
    add("watch", Is::due, "");
    add("finalize", Is::due, "");
    return {};
  }

  // sync, verify and soak.
  Result<void> in_step(bool cloned) {
    std::string problem = cloned ? "" : "after the clone";
    if (cloned) {
      for (const auto& sample : BGDB_TRY(read_lag(config_))) {
        if (problem.empty() && !sample.problem.empty()) problem = sample.link + " link: " + sample.problem;
      }
    }
    add("sync", problem.empty() ? Is::done : Is::due, problem.empty() ? "both links stream" : problem);
    StageState verify{"verify", Is::due, "never compared", {"verify"}};
    if (cloned) {
      const auto rows = BGDB_TRY(green_.query(core::sql_text("release/read_verified.sql")));
      if (!rows.empty()) {
        const bool equal = rows.text(0, "state") == "equal";
        const milliseconds age(rows.integer(0, "age_ms"));
        const bool old = config_.gates.verify_within.count() > 0 && age > config_.gates.verify_within;
        const bool current = rows.text(0, "current") == "t";
        verify.is = equal && current && !old ? Is::done : Is::due;
        verify.fact = fmt::format("{}, {} ago{}", rows.text(0, "state"), core::format_duration(age),
                                  !current ? ", before the last migration"
                                  : old    ? ", too old"
                                           : "");
      }
    }
    standing_.stages.push_back(std::move(verify));
    if (config_.gates.soak_min.count() == 0) {
      add("soak", Is::not_needed, "gates.soak_min is 0");
      return {};
    }
    const auto soak = gate::make_soak_gate({"green", config_.green_dsn}, "forward", config_.gates.soak_min);
    const auto decision = cloned ? soak->evaluate(milliseconds(5'000)) : gate::Decision{};
    add("soak", decision.pass ? Is::done : Is::due,
        cloned ? fmt::format("{} of {}", decision.value, decision.limit) : "after the clone");
    return {};
  }

  const Config& config_;
  pg::Session& blue_;
  pg::Session& green_;
  std::optional<journal::Side> blue_side_;
  std::optional<journal::Side> green_side_;
  Standing standing_;
};

}  // namespace

const StageState* Standing::next() const {
  for (const auto& stage : stages) {
    if (stage.is == Is::due) return &stage;
  }
  return nullptr;
}

bool Standing::hook_pending(const std::string& stage) const {
  const StageState* last_done = nullptr;
  bool done = false;
  for (const auto& state : stages) {
    if (state.is == Is::done) last_done = &state;
    done = done || (state.is == Is::done && state.name == stage);
  }
  if (!done || hook_side.empty()) return false;
  const auto known = hooks.find("after_" + stage);
  if (known != hooks.end()) return known->second == "wanted";
  return last_done->name == stage;
}

Result<StageState> migrate_state(const Config& config, const std::string& phase, std::vector<std::string> command) {
  StageState state{phase == "backfill" || phase == "contract" ? phase : "migrate", Is::due, "", std::move(command)};
  if (!std::filesystem::is_directory(config.resolve(config.migrations.dir))) {
    state.is = Is::not_needed;
    state.fact = "there is no folder " + config.resolve(config.migrations.dir);
    return state;
  }
  MigrateRequest request;
  request.dry_run = true;
  request.phase = phase;
  const auto outcome = BGDB_TRY(run_migrate(config, request, core::silent_progress()));
  state.is = outcome.report.pending > 0 ? Is::due : Is::done;
  state.fact = outcome.report.pending > 0 ? fmt::format("{} to run", outcome.report.pending) : "every file has run";
  return state;
}

Result<std::map<std::string, std::string>> read_hooks(pg::Session& session) {
  const auto rows = BGDB_TRY(session.query(
      "select substr(key, 9) as hook, value ->> 'state' as state from bgdb.fact where key like 'release.after_%'"));
  std::map<std::string, std::string> hooks;
  for (size_t i = 0; i < rows.size(); ++i) hooks[rows.text(i, "hook")] = rows.at(i, "state").value_or("");
  return hooks;
}

Result<Standing> read_standing(const Config& config) {
  auto blue = BGDB_TRY(open_side_session(config, "blue", "bgdb release"));
  if (config.shared()) return read_shared_standing(config, blue);
  auto green = BGDB_TRY(open_side_session(config, "green", "bgdb release"));
  return Parallel(config, blue, green).read();
}

}  // namespace bgdb::app
