#include "migrate/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace bgdb::migrate {
namespace {

// The name under which a file is recorded: its path below the folder it was found in.
std::string recorded_name(const std::string& path, const std::vector<std::string>& roots) {
  for (std::string root : roots) {
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    if (path.size() > root.size() + 1 && path.compare(0, root.size(), root) == 0 && path[root.size()] == '/') {
      return path.substr(root.size() + 1);
    }
  }
  return path.substr(path.rfind('/') + 1);
}

// What of a file cannot be run as it stands; better said before anything ran.
Result<void> check_runnable(const migration::Loaded& loaded, const std::string& file) {
  if (!loaded.up.skipped.empty()) {
    const auto& first = loaded.up.skipped.front();
    return fail(ErrorCode::unsupported,
                fmt::format("{}:{}: {} cannot be run by bgdb", file, first.span.line, first.what),
                "write it as SQL statements (INSERT for COPY data)");
  }
  for (const auto& statement : loaded.up.statements) {
    if (!statement.has_placeholder) continue;
    return fail(ErrorCode::unsupported,
                fmt::format("{}:{}: a placeholder stands in the statement", file, statement.span.line),
                "bgdb fills in no placeholders: run a copy of the file with the values in it");
  }
  return {};
}

struct Applied {
  std::string checksum;
  bool seen = false;
};

Result<std::map<std::string, Applied>> read_applied(pg::Session& session, bool installed) {
  std::map<std::string, Applied> applied;
  if (!installed) return applied;
  const auto rows = BGDB_TRY(session.query("select file, checksum from bgdb.schema_versions"));
  for (size_t i = 0; i < rows.size(); ++i) applied[rows.text(i, "file")].checksum = rows.text(i, "checksum");
  return applied;
}

bool wanted_phase(const std::string& wanted, const std::string& phase) {
  return wanted.empty() || phase == wanted || (wanted == "expand" && phase == "all");
}

}  // namespace

std::string checksum(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) {
    if (c == '\r') continue;
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("fnv1a:{:016x}", hash);
}

Result<Plan> make_plan(pg::Session& session, const MigrateOptions& options, bool installed) {
  const auto set = BGDB_TRY(migration::discover(options.paths, options.framework));
  auto applied = BGDB_TRY(read_applied(session, installed));
  const size_t baseline = options.baseline.empty() ? 0 : BGDB_TRY(migration::count_up_to(set, options.baseline));
  const size_t end = options.to.empty() ? set.files.size() : BGDB_TRY(migration::count_up_to(set, options.to));
  Plan plan;
  bool earlier_pending = false;  // of another phase
  bool any_pending = false;
  for (size_t i = 0; i < set.files.size(); ++i) {
    PlannedFile planned;
    planned.loaded = BGDB_TRY(migration::load(set.files[i]));
    planned.checksum = checksum(planned.loaded.text);
    auto& report = planned.report;
    report.file = recorded_name(set.files[i].path, options.paths);
    report.version = set.files[i].version;
    report.phase = planned.loaded.file.declared_phase.value_or("all");
    report.in_transaction = planned.loaded.in_transaction;
    const bool repeatable = set.files[i].direction == migration::Direction::repeatable;
    const auto known = applied.find(report.file);
    if (known != applied.end()) known->second.seen = true;
    if (known != applied.end() && known->second.checksum == planned.checksum) {
      report.state = FileState::applied;
      if (any_pending && !repeatable)
        plan.notes.push_back(fmt::format("{} was applied before files that sort ahead of it", report.file));
    } else if (known != applied.end() && !repeatable) {
      return fail(ErrorCode::refused, fmt::format("{} has changed since it was applied", report.file),
                  "put the file back as it was and write a new migration for the change");
    } else if (i < baseline) {
      report.state = FileState::baseline;
    } else if (i >= end || !wanted_phase(options.phase, report.phase)) {
      report.state = FileState::left_out;
      earlier_pending = earlier_pending || (i < end && report.phase != "contract");
    } else {
      if (report.phase == "contract" && options.phase == "contract" && earlier_pending) {
        return fail(ErrorCode::refused,
                    fmt::format("{} is a contract migration, and files before it have not run", report.file),
                    "run the expand and backfill phases first");
      }
      BGDB_CHECK(check_runnable(planned.loaded, report.file));
      report.state = FileState::pending;
      any_pending = true;
    }
    plan.files.push_back(std::move(planned));
  }
  for (const auto& [file, row] : applied) {
    if (!row.seen) plan.notes.push_back(fmt::format("{} was applied, but is not among the files any more", file));
  }
  return plan;
}

}  // namespace bgdb::migrate
