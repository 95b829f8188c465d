#include "app/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "clone/new_database.h"
#include "core/process.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

Result<pg::Session> open_to_copy(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb snapshot"});
}

// green after a switch, else blue. A green that cannot be reached serves nobody.
std::string serving_side(const Config& config) {
  if (config.green_dsn.empty()) return "blue";
  auto green = open_to_copy(config.green_dsn);
  if (!green) return "blue";
  const auto side = journal::read_side(*green);
  return side && *side && (*side)->role == journal::Role::active ? "green" : "blue";
}

const std::string& dsn_of(const Config& config, const std::string& side) {
  return side == "green" ? config.green_dsn : config.blue_dsn;
}

Result<void> note(pg::Session& session, const nlohmann::json& fact) {
  if (!BGDB_TRY(journal::state_installed(session))) return {};  // before the first clone: nobody asks
  BGDB_CHECK(session.execute(core::sql_text("state/write_fact.sql"), {"snapshot", fact.dump()}));
  BGDB_TRY(journal::append(session, {.command = "snapshot", .step = "done", .detail = fact.dump()}));
  return {};
}

Result<void> run_command(const std::vector<std::string>& command, core::Progress& progress) {
  progress.stage(command[0]);
  const auto ran = BGDB_TRY(core::run_process({.argv = command,
                                               .timeout = std::chrono::hours(48),
                                               .on_stdout_line = [&](std::string_view line) { progress.note(line); }}));
  if (ran.exit_status == 0) return {};
  return fail(ErrorCode::io,
              fmt::format("{} ended with status {}: {}", command[0], ran.exit_status, ran.stderr_text.substr(0, 2000)));
}

}  // namespace

std::string snapshot_folder(const Config& config, const std::string& wanted) {
  return wanted.empty() ? config.resolve("snapshots") : wanted;
}

Result<SnapshotOutcome> take_snapshot(const Config& config, const SnapshotRequest& request, core::Progress& progress) {
  SnapshotOutcome outcome;
  outcome.side = serving_side(config);
  const std::string& dsn = dsn_of(config, outcome.side);
  auto session = BGDB_TRY(open_to_copy(dsn));
  if (!request.command.empty()) {
    BGDB_CHECK(run_command(request.command, progress));
    BGDB_CHECK(note(session, {{"by", request.command[0]}, {"checked", false}}));
    return outcome;
  }
  const auto folder = snapshot_folder(config, request.folder);
  clone::ArchiveOptions options{.dsn = dsn, .folder = folder, .name = config.name, .jobs = request.jobs};
  if (request.check) {
    const auto& other = dsn_of(config, outcome.side == "blue" ? "green" : "blue");
    options.check_dsn = other.empty() || !open_to_copy(other) ? dsn : other;
  }
  outcome.archive = BGDB_TRY(clone::take_archive(options, progress));
  outcome.removed = BGDB_TRY(clone::prune_archives(folder, request.keep));
  BGDB_CHECK(note(session, {{"by", "pg_dump"},
                            {"path", outcome.archive->path},
                            {"taken_at", outcome.archive->taken_at},
                            {"lsn", outcome.archive->lsn.to_string()},
                            {"checked", outcome.archive->checked}}));
  return outcome;
}

Result<RestorePlan> plan_restore(const Config& config, const std::string& path, const std::string& side,
                                 bool although_other_serves) {
  const std::string other = side == "green" ? "blue" : "green";
  const auto serving = serving_side(config);
  if (serving == other && !config.shared() && !although_other_serves && open_to_copy(dsn_of(config, other))) {
    return fail(ErrorCode::refused,
                fmt::format("{} serves clients: with a {} that was restored there would be two that do", other, side),
                "bgdb rollback goes back without losing anything. Else pause the traffic first, then add "
                "--although-other-serves");
  }
  RestorePlan plan;
  plan.side = side;
  plan.archive = BGDB_TRY(clone::read_archive(path));
  auto live = open_to_copy(dsn_of(config, side));
  if (!live && clone::reopen_database(dsn_of(config, side))) live = open_to_copy(dsn_of(config, side));
  if (!live) return live.error();
  plan.loss = BGDB_TRY(clone::what_is_lost(plan.archive, *live));
  plan.unfinished = BGDB_TRY(clone::unfinished_databases(dsn_of(config, side)));
  return plan;
}

namespace {

// Above every epoch that a side knows, and above one that it may have reached unseen: else the copy, with the epoch of
// its time, would be taken for a lost side that came back, and retired (app/returned.h).
Result<int64_t> next_epoch(const Config& config) {
  int64_t highest = 0;
  for (const std::string* dsn : {&config.blue_dsn, &config.green_dsn}) {
    if (dsn->empty()) continue;
    auto session = open_to_copy(*dsn);
    if (!session) continue;  // away; restoring must not depend on it
    const auto side = BGDB_TRY(journal::read_side(*session));
    if (side) highest = std::max(highest, side->epoch);
  }
  return highest + 2;
}

Result<void> serve_as_newest(pg::Session& fresh, int64_t epoch) {
  if (!BGDB_TRY(journal::state_installed(fresh))) return {};
  return fresh.execute(
      "update bgdb.side set epoch = greatest(epoch + 2, $1::bigint), since = clock_timestamp(), by = 'bgdb restore' "
      "where role = 'active'",
      {std::to_string(epoch)});
}

}  // namespace

Result<clone::Restored> restore(const Config& config, const RestorePlan& plan, int jobs, core::Progress& progress) {
  const auto epoch = BGDB_TRY(next_epoch(config));
  auto restored = BGDB_TRY(clone::restore_archive(plan.archive, dsn_of(config, plan.side), jobs, progress,
                                                  [&](pg::Session& fresh) { return serve_as_newest(fresh, epoch); }));
  auto session = BGDB_TRY(open_to_copy(dsn_of(config, plan.side)));
  if (BGDB_TRY(journal::state_installed(session))) {
    const nlohmann::json detail = {
        {"path", plan.archive.path}, {"taken_at", plan.archive.taken_at}, {"former_database", restored.kept_as}};
    BGDB_TRY(journal::append(session, {.command = "restore", .step = "done", .detail = detail.dump()}));
  }
  return restored;
}

}  // namespace bgdb::app
