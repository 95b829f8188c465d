#include "app/shared_status.h"

#include <algorithm>
#include <map>

#include "app/migrate_wiring.h"
#include "app/release/book.h"
#include "app/shared_gates.h"
#include "app/switch_spec.h"
#include "core/sql_file.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

using migrate::FileState;

struct Run {
  std::string by;
  std::string at;
  int64_t duration_ms = 0;
};

Result<std::map<std::string, Run>> read_runs(pg::Session& session) {
  std::map<std::string, Run> runs;
  const auto rows = BGDB_TRY(session.query(core::sql_text("migrate/list_versions.sql")));
  for (size_t i = 0; i < rows.size(); ++i)
    runs[rows.text(i, "file")] = {rows.text(i, "by"), rows.text(i, "at"), rows.integer(i, "duration_ms")};
  return runs;
}

// A dry run of expand tells of every file whether it has run.
Result<void> read_files(const Config& config, const std::map<std::string, Run>& runs, SharedStatus& status) {
  MigrateRequest request;
  request.dry_run = true;
  auto options = BGDB_TRY(migrate_options(config, request));
  const auto report = BGDB_TRY(migrate::run_migrations(options, core::silent_progress()));
  for (const auto& file : report.files) {
    FileStatus one;
    one.file = file.file;
    one.phase = file.phase;
    one.applied = file.state == FileState::applied;
    one.baseline = file.state == FileState::baseline;
    if (const auto run = runs.find(file.file); run != runs.end()) {
      one.by = run->second.by;
      one.at = run->second.at;
      one.duration_ms = run->second.duration_ms;
    }
    status.files.push_back(std::move(one));
  }
  return {};
}

bool waits(const SharedStatus& status, std::string_view phase) {
  return std::any_of(status.files.begin(), status.files.end(), [&](const FileStatus& file) {
    const bool of_phase = file.phase == phase || (phase == "expand" && file.phase == "all");
    return of_phase && !file.applied && !file.baseline;
  });
}

std::string advice(const SharedStatus& status) {
  if (!status.files_error.empty()) return {};
  if (waits(status, "expand")) return "expand waits: \"bgdb migrate\"";
  if (status.backfills.paused) return "backfills are paused: \"bgdb backfill --resume\"";
  if (waits(status, "backfill")) return "the backfill waits or runs: \"bgdb backfill\"";
  if (!status.contract_waits) return {};
  const bool ready =
      std::all_of(status.gates.begin(), status.gates.end(), [](const gate::Decision& gate) { return gate.pass; });
  return ready ? "contract may run: \"bgdb migrate --phase contract\" ends the way back to the old version" : "";
}

}  // namespace

Result<SharedStatus> read_shared_status(const Config& config) {
  SharedStatus status;
  auto session = BGDB_TRY(open_side_session(config, "blue", "bgdb status"));
  std::map<std::string, Run> runs;
  if (BGDB_TRY(journal::state_installed(session))) {
    runs = BGDB_TRY(read_runs(session));
    for (auto& record : BGDB_TRY(journal::read(session, 8))) status.events.push_back({"blue", std::move(record)});
  }
  if (const auto read = read_files(config, runs, status); !read) {
    status.files_error = read.error().message;
    if (!read.error().hint.empty()) status.files_error += ": " + read.error().hint;
  }
  status.backfills = BGDB_TRY(migrate::read_backfills(config.blue_dsn));
  status.contract_waits = waits(status, "contract");
  if (status.contract_waits) status.gates = gate::evaluate_all(make_shared_gates(config), gate_timeout(config));
  status.advice = advice(status);
  return status;
}

}  // namespace bgdb::app
