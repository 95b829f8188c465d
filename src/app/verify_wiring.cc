#include "app/verify_wiring.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/mapping_wiring.h"
#include "app/sync.h"
#include "core/nearest.h"
#include "core/sql_file.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kSettleTimeout = 60s;
constexpr auto kLagAskedEvery = 500ms;

struct Direction {
  bool forward = true;
  std::string link() const { return forward ? "forward" : "reverse"; }
  const std::string& source(const Config& config) const { return forward ? config.blue_dsn : config.green_dsn; }
  const std::string& target(const Config& config) const { return forward ? config.green_dsn : config.blue_dsn; }
};

Result<std::vector<translate::TableMapping>> choose(const translate::Mapping& mapping,
                                                    const std::vector<std::string>& wanted) {
  if (wanted.empty()) return mapping.tables;
  std::vector<translate::TableMapping> chosen;
  std::vector<std::string> known;
  for (const auto& table : mapping.tables) known.push_back(table.source.display());
  for (const auto& text : wanted) {
    auto name = core::parse_qualified_name(text);
    if (name.schema.empty()) name.schema = "public";
    const auto tables = mapping.tables_of(name);
    if (tables.empty()) {
      const auto near = core::nearest(name.display(), known);
      return fail(ErrorCode::not_found, fmt::format("no replicated table is called {}", name.display()),
                  near.empty() ? "see `bgdb mapping derive` for all of them" : fmt::format("did you mean {}?", near));
    }
    for (const auto* table : tables) chosen.push_back(*table);
  }
  return chosen;
}

// The link that serves the comparison must stream: without it nothing tells a row on its way from a lost one.
Result<void> check_link(const Config& config, const Direction& direction) {
  for (const auto& sample : BGDB_TRY(read_lag(config))) {
    if (sample.link != direction.link() || sample.problem.empty()) continue;
    return fail(ErrorCode::refused,
                fmt::format("the {} link does not stream ({}): rows on their way would count as differences",
                            sample.link, sample.problem),
                "start `bgdb sync`, or add --at-rest when nobody writes on either side");
  }
  return {};
}

// Sessions of their own, opened at first use; any thread.
class Catcher {
 public:
  Catcher(const Config& config, Direction direction) : config_(&config), direction_(direction) {}

  Result<void> settle() {
    const std::lock_guard lock(mutex_);
    auto settled = try_settle();
    if (!settled) {
      source_.reset();
      target_.reset();
    }
    return settled;
  }

  bool behind() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < kLagAskedEvery) return behind_;
    asked_ = now;
    if (!open()) return behind_ = false;  // the comparison itself will meet the problem
    const auto published = link::read_published_status(*target_, direction_.link());
    behind_ = published && *published && (*published)->status.lag_bytes &&
              *(*published)->status.lag_bytes > std::max<int64_t>(config_->gates.lag_bytes_max, 16 << 20);
    return behind_;
  }

 private:
  Result<void> open() {
    if (!source_)
      source_ = BGDB_TRY(pg::Session::open({.dsn = direction_.source(*config_), .application_name = "bgdb verify"}));
    if (!target_)
      target_ = BGDB_TRY(pg::Session::open({.dsn = direction_.target(*config_), .application_name = "bgdb verify"}));
    return {};
  }
  Result<void> try_settle() {
    BGDB_CHECK(open());
    const auto id = fmt::format("verify-{}-{}", ::getpid(), ++markers_);
    BGDB_TRY(link::emit_marker(*source_, id));
    return link::wait_marker(*target_, direction_.link(), id, kSettleTimeout);
  }

  const Config* config_;
  Direction direction_;
  std::mutex mutex_;
  std::optional<pg::Session> source_, target_;
  int64_t markers_ = 0;
  bool behind_ = false;
  std::chrono::steady_clock::time_point asked_{};
};

Result<void> write_result(pg::Session& target, const VerifyRequest& request, const verify::Report& report) {
  if (!request.tables.empty() || !BGDB_TRY(journal::state_installed(target)))
    return {};  // a part says nothing of the whole
  int64_t left_out = 0;
  for (const auto& table : report.tables) left_out += table.chunks_left_out;
  const nlohmann::json value = {{"state", std::string(verify::to_string(report.state()))},
                                {"rows", report.rows},
                                {"tables", report.tables.size()},
                                {"chunks_left_out", left_out}};
  return target.execute(core::sql_text("state/write_fact.sql"), {"verify", value.dump()});
}

// In the tables that are compared; replication passes them by.
Result<std::vector<verify::Constraint>> check_constraints(pg::Session& target, const VerifyRequest& request,
                                                          const verify::Options& options, core::Progress& progress) {
  std::vector<QualifiedName> tables;
  for (const auto& table : options.tables) tables.push_back(table.target);
  auto constraints = BGDB_TRY(verify::check_constraints(options.target_dsn, tables, options.jobs, progress));
  if (request.tables.empty() && BGDB_TRY(journal::state_installed(target))) {
    BGDB_CHECK(
        target.execute(core::sql_text("state/write_fact.sql"), {"constraints", verify::constraints_fact(constraints)}));
  }
  return constraints;
}

}  // namespace

bool VerifyOutcome::constraints_hold() const {
  return std::all_of(constraints.begin(), constraints.end(), [](const auto& one) { return one.rows == 0; });
}

Result<VerifyOutcome> run_verify(const Config& config, const VerifyRequest& request, core::Progress& progress) {
  auto blue = BGDB_TRY(pg::Session::open({.dsn = config.blue_dsn, .application_name = "bgdb verify"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = config.green_dsn, .application_name = "bgdb verify"}));
  const auto side = BGDB_TRY(journal::read_side(green));
  const Direction direction{!(side && side->role == journal::Role::active)};
  auto& target = direction.forward ? green : blue;
  // Two at once would write over each other's notes.
  const auto alone = BGDB_TRY(target.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('verify'))"));
  if (alone != "t") return fail(ErrorCode::refused, "another `bgdb verify` is at work", "wait for it, or stop it");
  if (!request.at_rest) BGDB_CHECK(check_link(config, direction));
  const auto pair = BGDB_TRY(derive_mapping(config, blue, green));

  verify::Options options;
  options.name = direction.link();
  options.source_dsn = direction.source(config);
  options.target_dsn = direction.target(config);
  options.tables = BGDB_TRY(choose(direction.forward ? pair.forward : pair.reverse, request.tables));
  options.jobs = request.jobs;
  options.sample = request.sample;
  options.rows_per_second = request.rows_per_second;
  options.differences_max = request.differences_max;
  options.resume = request.resume;
  Catcher catcher(config, direction);
  if (!request.at_rest) {
    options.settle = [&] { return catcher.settle(); };
    options.overloaded = [&] { return catcher.behind(); };
  }
  VerifyOutcome outcome{direction.forward ? "blue" : "green", direction.forward ? "green" : "blue", {}, {}};
  outcome.report = BGDB_TRY(verify::run(options, progress));
  BGDB_CHECK(write_result(target, request, outcome.report));
  outcome.constraints = BGDB_TRY(check_constraints(target, request, options, progress));
  return outcome;
}

}  // namespace bgdb::app
