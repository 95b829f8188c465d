#include "app/demo/night.h"

#include <fmt/format.h>

#include "app/demo/checks.h"
#include "app/demo/load.h"
#include "app/demo/operator.h"
#include "app/demo/stage.h"
#include "app/demo/ticker.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/units.h"

namespace bgdb::app::demo {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kClients = 8;
constexpr int kSwitchAttempts = 10;
constexpr milliseconds kAround{500};  // before and after a switch command belongs to its window

struct Pace {
  ShopSize size;
  milliseconds warm_up, on_green, on_blue, on_green_again, after;
};

Pace pace_of(bool quick) {
  if (quick) return {{.customers = 1'000, .orders = 3'000, .accounts = 400}, 500ms, 2s, 1500ms, 1500ms, 300ms};
  return {{}, 2s, 10s, 5s, 4s, 1s};
}

bool is_finding(const std::string& line) {
  return line.starts_with("error[") || line.starts_with("warning[") || line.find("verdict") != std::string::npos;
}

// What the rewrite replaces, and the files it writes.
bool is_plan_line(const std::string& line) {
  return line.starts_with("migrations/") || line.find("rewritten/") != std::string::npos;
}

// Columns that are not the same on both sides, and which way they travel.
bool is_translated_column(const std::string& line) {
  if (line.starts_with("forward (") || line.starts_with("reverse (")) return true;
  const auto has = [&](const char* word) { return line.find(word) != std::string::npos; };
  return has("expression") || has("renamed") || has(" cast ");
}

class Night {
 public:
  Night(const NightOptions& options, View& view) : options_(options), view_(view), pace_(pace_of(options.quick)) {}
  ~Night() { take_down(); }
  Night(const Night&) = delete;
  Night& operator=(const Night&) = delete;

  Result<Figures> play();

 private:
  Result<void> raise();
  Result<void> before_the_merge();
  Result<void> prepare_green();
  Result<void> start_links();
  Result<void> switch_over(const std::string& name, const std::string& verb, const std::string& to);
  Result<void> wait_on(const std::string& side, milliseconds duration);
  Result<void> compare_sides();
  Result<void> finish();
  Result<void> wait_links_streaming();
  Result<void> drain(pg::Session& source, pg::Session& target, const std::string& link);
  Result<std::string> side_instant(const std::string& side);
  Result<void> sleep(milliseconds duration);
  void take_down();

  NightOptions options_;
  View& view_;
  Pace pace_;
  Instant begun_ = SteadyClock::now();
  std::optional<Stage> stage_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Ticker> ticker_;
  std::vector<GuardedTime> guarded_;
  struct SwitchWindow {
    std::string name;
    int from = 0, to = 0;
    Instant began, ended;
    int64_t failed = 0;
  };
  std::vector<SwitchWindow> windows_;
  Figures figures_;
};

Result<void> Night::sleep(milliseconds duration) {
  const auto until = SteadyClock::now() + duration;
  while (SteadyClock::now() < until) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    core::system_clock().sleep_for(std::min(milliseconds(50), duration));
  }
  return {};
}

Result<void> Night::raise() {
  view_.step("two PostgreSQL servers, a pooler, and a shop");
  stage_ = BGDB_TRY(raise_stage(pace_.size));
  if (options_.keep) stage_->workspace->keep();
  BGDB_CHECK(load_shop(*stage_));
  BGDB_CHECK(write_project(*stage_));
  operator_ = std::make_unique<Operator>(stage_->project, view_);
  load_ = std::make_unique<Load>(stage_->bouncer->dsn("shop"), stage_->size, kClients);
  ticker_ = std::make_unique<Ticker>(*stage_, *load_, view_);
  load_->start();
  ticker_->start();
  view_.result(fmt::format("{} customers, {} orders, {} accounts on blue; {} clients at work through PgBouncer",
                           core::format_count(pace_.size.customers), core::format_count(pace_.size.orders),
                           core::format_count(pace_.size.accounts), kClients),
               true);
  if (options_.keep) view_.result("this folder stays: " + stage_->workspace->path(), true);
  return sleep(pace_.warm_up);
}

Result<void> Night::before_the_merge() {
  const std::string file = std::string("migrations/") + kBreakingMigration;
  view_.step("before the merge: will the running version survive this migration?");
  const int status = BGDB_TRY(operator_->run({"lint", file}, 12, {0, 1}, is_finding));
  view_.result(status == 1 ? "it will not: the old version breaks, so it runs on a copy, and the copy takes over"
                           : "lint found nothing to say",
               status == 1);
  view_.step("or in steps that both versions survive");
  BGDB_TRY(operator_->run({"rewrite", file, "-o", "rewritten"}, 14, {0}, is_plan_line));
  return {};
}

Result<void> Night::prepare_green() {
  view_.step("clone: a consistent copy, while the shop is open");
  BGDB_TRY(operator_->run({"clone", "--yes"}, 8));
  view_.step("migrate: the breaking migration, on green only");
  BGDB_TRY(operator_->run({"migrate", "--yes"}, 8));
  view_.step("mapping: what each column becomes, both ways");
  BGDB_TRY(operator_->run({"mapping", "derive"}, 16, {0}, is_translated_column));
  return {};
}

Result<void> Night::wait_links_streaming() {
  auto blue = BGDB_TRY(stage_->connect("blue"));
  auto green = BGDB_TRY(stage_->connect("green"));
  const std::string sql = "select count(*) from bgdb.link where state = 'streaming' and lag_ms < 1000";
  for (const auto deadline = SteadyClock::now() + 40s; SteadyClock::now() < deadline;) {
    const auto forward = green.scalar(sql);
    const auto reverse = blue.scalar(sql);
    if (forward && reverse && *forward == "1" && *reverse == "1") return {};
    if (!operator_->sync_running()) break;
    BGDB_CHECK(sleep(200ms));
  }
  return fail(ErrorCode::timeout, "the links did not come up; bgdb sync said:\n" + operator_->sync_log());
}

Result<void> Night::start_links() {
  view_.step("sync: translated replication both ways");
  BGDB_CHECK(operator_->start_sync());
  BGDB_CHECK(wait_links_streaming());
  BGDB_TRY(operator_->run({"lag"}, 8));
  auto green = BGDB_TRY(stage_->connect("green"));
  guarded_.push_back({.side = "green", .from = BGDB_TRY(green.scalar("select clock_timestamp()::text")), .to = ""});
  return sleep(1500ms);
}

// When the row that says who serves was last committed, by the clock of that server.
Result<std::string> Night::side_instant(const std::string& side) {
  auto session = BGDB_TRY(stage_->connect(side));
  return session.scalar("select pg_xact_commit_timestamp(xmin)::text from bgdb.side");
}

Result<void> Night::switch_over(const std::string& name, const std::string& verb, const std::string& to) {
  view_.step(fmt::format("{}: traffic moves to {}", name, to));
  const std::string from = to == "green" ? "blue" : "green";
  const int64_t failed_before = load_->failed();
  SwitchWindow window{
      .name = name, .from = from == "blue" ? 1 : 2, .to = to == "blue" ? 1 : 2, .began = {}, .ended = {}};
  for (int attempt = 1;; ++attempt) {
    window.began = SteadyClock::now();
    const int status = BGDB_TRY(operator_->run({verb, "--yes"}, 14, {0, 1}));
    window.ended = SteadyClock::now();
    if (status == 0) break;
    if (attempt == kSwitchAttempts) return fail(ErrorCode::refused, fmt::format("the gates of {} stay closed", verb));
    view_.result("a gate holds; waiting and asking again", true);
    BGDB_CHECK(sleep(1s));
  }
  ticker_->active_side(to);
  const auto from_instant = BGDB_TRY(side_instant(from));
  guarded_.back().to = BGDB_TRY(side_instant(to));
  guarded_.push_back({.side = from, .from = from_instant, .to = ""});
  BGDB_CHECK(sleep(kAround));
  window.failed = load_->failed() - failed_before;
  const auto stall = stall_between(load_->ledger(), window.began - kAround, window.ended + kAround);
  view_.result(fmt::format("clients waited at most {:.0f} ms (p50 {:.1f}, p99 {:.1f}); {} failed statements",
                           stall.max_ms, stall.p50_ms, stall.p99_ms, window.failed),
               window.failed == 0);
  windows_.push_back(window);
  return {};
}

Result<void> Night::wait_on(const std::string& side, milliseconds duration) {
  view_.step(fmt::format("{} on {}: the {} version writes, {} follows", core::format_duration(duration), side,
                         side == "green" ? "new" : "old", side == "green" ? "blue" : "green"));
  const auto before = load_->acknowledged();
  ticker_->take_worst_lag_ms();
  BGDB_CHECK(sleep(duration));
  const auto done = load_->acknowledged() - before;
  const double seconds = std::chrono::duration<double>(duration).count();
  view_.result(fmt::format("{} operations acknowledged, {:.0f} a second; the other side was at most {:.0f} ms behind",
                           core::format_count(done), static_cast<double>(done) / seconds, ticker_->take_worst_lag_ms()),
               done > 0);
  if (!operator_->sync_running()) return fail(ErrorCode::divergence, "bgdb sync ended:\n" + operator_->sync_log());
  return {};
}

// A message through the link proves that everything before it is applied.
Result<void> Night::drain(pg::Session& source, pg::Session& target, const std::string& link) {
  const auto id = fmt::format("demo-{}-{}", link, SteadyClock::now().time_since_epoch().count());
  BGDB_CHECK(source.execute("set synchronous_commit = on"));
  BGDB_CHECK(source.execute("select pg_logical_emit_message(true, 'bgdb', 'marker:' || $1)", {id}));
  for (const auto deadline = SteadyClock::now() + 15s; SteadyClock::now() < deadline;) {
    const auto rows = BGDB_TRY(target.query("select from bgdb.marker where link = $1 and id = $2", {link, id}));
    if (rows.size() == 1) return {};
    BGDB_CHECK(sleep(20ms));
  }
  return fail(ErrorCode::timeout, fmt::format("link {} did not drain within 15 s", link));
}

Result<void> Night::compare_sides() {
  view_.step("clients hold their breath: are both sides equal?");
  if (!load_->pause()) return fail(ErrorCode::timeout, "a client did not finish its transaction within 10 s");
  auto blue = BGDB_TRY(stage_->connect("blue"));
  auto green = BGDB_TRY(stage_->connect("green"));
  BGDB_CHECK(drain(green, blue, "reverse"));
  BGDB_CHECK(drain(blue, green, "forward"));
  for (auto& check : BGDB_TRY(check_equal(blue, green))) figures_.checks.push_back(std::move(check));
  figures_.checks.push_back(BGDB_TRY(check_balance(blue, "blue", stage_->money_cents())));
  figures_.checks.push_back(BGDB_TRY(check_balance(green, "green", stage_->money_cents())));
  figures_.checks.push_back(BGDB_TRY(check_whole_orders(blue, "blue")));
  figures_.checks.push_back(BGDB_TRY(check_single_writer(blue, green, guarded_)));
  load_->resume();
  view_.result(figures_.all_held() ? "they are" : "they are NOT", figures_.all_held());
  return {};
}

Result<void> Night::finish() {
  view_.step("finalize: the window ends, the shop stays open");
  BGDB_TRY(operator_->run({"finalize", "--yes"}, 10));
  BGDB_CHECK(sleep(pace_.after));
  BGDB_TRY(operator_->run({"status"}, 14));
  operator_->stop_sync();
  load_->stop();
  ticker_->stop();
  view_.step("every invariant, asked of the databases");
  const auto ledger = load_->ledger();
  auto green = BGDB_TRY(stage_->connect("green"));
  for (auto& check : BGDB_TRY(check_writes(green, ledger))) figures_.checks.push_back(std::move(check));
  figures_.checks.push_back(BGDB_TRY(check_balance(green, "green after finalize", stage_->money_cents())));
  figures_.checks.push_back(BGDB_TRY(check_whole_orders(green, "green after finalize")));
  int64_t late = 0;
  for (size_t i = 0; i < windows_.size(); ++i) {
    const auto& window = windows_[i];
    const auto earliest = i == 0 ? Instant::min() : windows_[i - 1].ended;
    const auto latest = i + 1 == windows_.size() ? Instant::max() : windows_[i + 1].began;
    late += late_operations(ledger, window.from, window.to, earliest, latest);
    figures_.switches.push_back(
        {.name = window.name,
         .stall = stall_between(ledger, window.began - kAround, window.ended + kAround),
         .command_ms = std::chrono::duration<double, std::milli>(window.ended - window.began).count(),
         .failed_statements = window.failed,
         .late_operations = late_operations(ledger, window.from, window.to, earliest, latest)});
  }
  figures_.checks.push_back(
      {.name = "single_writer: operations on the old side after the new one had answered",
       .pass = late == 0,
       .detail = fmt::format("{} of {} operations", late, core::format_count(ledger.acknowledged_count()))});
  figures_.clients = kClients;
  figures_.acknowledged = ledger.acknowledged_count();
  figures_.unknown = ledger.unknown_count();
  figures_.reconnects = ledger.reconnects;
  figures_.failed = ledger.failed;
  view_.checks(figures_.checks);
  return {};
}

void Night::take_down() {
  if (ticker_) ticker_->stop();
  // A client may be waiting for a pooler that is paused: without the pooler it comes back at once.
  if (stage_) stage_->bouncer.reset();
  if (load_) load_->stop();
  operator_.reset();
  ticker_.reset();
  load_.reset();
  stage_.reset();
}

Result<Figures> Night::play() {
  BGDB_CHECK(raise());
  BGDB_CHECK(before_the_merge());
  BGDB_CHECK(prepare_green());
  BGDB_CHECK(start_links());
  BGDB_CHECK(switch_over("cutover", "cutover", "green"));
  BGDB_CHECK(wait_on("green", pace_.on_green));
  BGDB_CHECK(switch_over("rollback", "rollback", "blue"));
  BGDB_CHECK(wait_on("blue", pace_.on_blue));
  BGDB_CHECK(switch_over("second cutover", "cutover", "green"));
  BGDB_CHECK(wait_on("green", pace_.on_green_again));
  BGDB_CHECK(compare_sides());
  BGDB_CHECK(finish());
  figures_.seconds = std::chrono::duration<double>(SteadyClock::now() - begun_).count();
  return figures_;
}

}  // namespace

Result<Figures> play_night(const NightOptions& options, View& view) {
  Night night(options, view);
  return night.play();
}

}  // namespace bgdb::app::demo
