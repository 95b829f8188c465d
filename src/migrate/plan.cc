#include "migrate/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "migrate/checksum.h"
#include "migrate/runner.h"

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
                fmt::format("{}:{}: a placeholder without a value stands in the statement: {}", file,
                            statement.span.line, describe(statement).text),
                "give ${name} and {{name}} their values under migrations.placeholders in bgdb.yml; others (:name) bgdb "
                "does not fill in");
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

// ${name} and {{name}} get their values, as the framework would put them in: without quotes.
std::string fill_in(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (const auto& mark : {"${" + name + "}", "{{" + name + "}}", "{{ " + name + " }}"}) {
      for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
        text.replace(at, mark.size(), value);
      }
    }
  }
  return text;
}

Result<PlannedFile> load(const migration::File& file, const MigrateOptions& options) {
  PlannedFile planned;
  planned.loaded = BGDB_TRY(migration::load(file));
  planned.checksum = checksum(planned.loaded.text);  // of the file, whatever the values are
  const auto& statements = planned.loaded.up.statements;
  const bool placeholders =
      std::any_of(statements.begin(), statements.end(), [](const auto& each) { return each.has_placeholder; });
  if (placeholders && !options.placeholders.empty()) {
    planned.loaded = migration::load_text(file, fill_in(planned.loaded.text, options.placeholders));
  }
  planned.report.file = recorded_name(file.path, options.paths);
  planned.report.path = file.path;
  planned.report.framework = file.framework;
  planned.report.checksum = planned.checksum;
  planned.report.version = file.version;
  planned.report.phase = planned.loaded.file.declared_phase.value_or("all");
  return planned;
}

// How the file would run, for people who ask before.
Result<void> describe_run(PlannedFile& planned) {
  const auto units = BGDB_TRY(split_units(planned.loaded, planned.report.file));
  const bool together = runs_together(planned.loaded, units);
  planned.report.in_transaction = together;
  planned.report.text = planned.loaded.text;
  for (const auto& unit : units) {
    const size_t inner = unit.explicit_transaction ? 1 : 0;
    for (size_t i = unit.first + inner; i + inner <= unit.last; ++i) {
      auto statement = describe(planned.loaded.up.statements[i]);
      statement.in_transaction = together || unit.explicit_transaction;
      statement.batches = unit.work.has_value();
      statement.may_commit = unit.may_commit;
      planned.report.statements.push_back(std::move(statement));
    }
  }
  return {};
}

int rank(const std::string& phase) {
  return phase == "contract" ? 2 : phase == "backfill" ? 1 : 0;
}

// A file that comes late runs on a schema that its author did not see. Phases run behind each other on purpose: a
// contract file may be older than an expand file that has run.
Result<void> check_order(const Plan& plan) {
  for (size_t i = 0; i < plan.files.size(); ++i) {
    const auto& late = plan.files[i];
    if (late.report.state != FileState::pending || late.loaded.file.direction == migration::Direction::repeatable)
      continue;
    for (size_t k = i + 1; k < plan.files.size(); ++k) {
      const auto& early = plan.files[k];
      if (early.report.state != FileState::applied || early.loaded.file.direction == migration::Direction::repeatable ||
          rank(early.report.phase) < rank(late.report.phase))
        continue;
      return fail(
          ErrorCode::refused,
          fmt::format("{} has not run, and {}, which sorts behind it, has", late.report.file, early.report.file),
          "give it a newer version, or run it late all the same with --allow-out-of-order");
    }
  }
  return {};
}

bool wanted_phase(const std::string& wanted, const std::string& phase) {
  return wanted.empty() || phase == wanted || (wanted == "expand" && phase == "all");
}

}  // namespace

Result<Plan> make_plan(pg::Session& session, const MigrateOptions& options, bool installed) {
  const auto set = BGDB_TRY(migration::discover(options.paths, options.framework));
  auto applied = BGDB_TRY(read_applied(session, installed));
  const size_t baseline = options.baseline.empty() ? 0 : BGDB_TRY(migration::count_up_to(set, options.baseline));
  const size_t end = options.to.empty() ? set.files.size() : BGDB_TRY(migration::count_up_to(set, options.to));
  Plan plan;
  std::string earlier;  // a file of another phase that has not run, of the first of the phases
  std::string earlier_phase;
  for (size_t i = 0; i < set.files.size(); ++i) {
    auto planned = BGDB_TRY(load(set.files[i], options));
    auto& report = planned.report;
    const bool repeatable = set.files[i].direction == migration::Direction::repeatable;
    const auto known = applied.find(report.file);
    if (known != applied.end()) known->second.seen = true;
    if (known != applied.end() && known->second.checksum == planned.checksum) {
      report.state = FileState::applied;
    } else if (known != applied.end() && !repeatable) {
      return fail(ErrorCode::refused,
                  fmt::format("{} has changed since it was applied: {} then, {} now", report.file,
                              known->second.checksum, planned.checksum),
                  "put the file back as it was and write a new migration for the change");
    } else if (i < baseline) {
      report.state = FileState::baseline;
    } else if (i >= end || !wanted_phase(options.phase, report.phase)) {
      report.state = FileState::left_out;
      if (i < end && (earlier.empty() || rank(report.phase) < rank(earlier_phase))) {
        earlier = report.file;
        earlier_phase = report.phase;
      }
    } else {
      if (!earlier.empty() && rank(earlier_phase) < rank(report.phase)) {
        return fail(
            ErrorCode::refused,
            fmt::format("{} is a {} migration, and {} before it has not run", report.file, report.phase, earlier),
            fmt::format("run phase {} first", rank(earlier_phase) == 0 ? "expand" : earlier_phase));
      }
      BGDB_CHECK(check_runnable(planned.loaded, report.file));
      report.state = FileState::pending;
      BGDB_CHECK(describe_run(planned));
    }
    plan.files.push_back(std::move(planned));
  }
  if (!options.allow_out_of_order) BGDB_CHECK(check_order(plan));
  for (const auto& [file, row] : applied) {
    if (row.seen) continue;
    if (!options.allow_missing) {
      return fail(
          ErrorCode::refused, fmt::format("{} was applied, but is not among the files any more", file),
          "is migrations.dir the right folder, and the branch? When it was removed on purpose: --allow-missing");
    }
    plan.notes.push_back(fmt::format("{} was applied, but is not among the files any more", file));
  }
  return plan;
}

}  // namespace bgdb::migrate
