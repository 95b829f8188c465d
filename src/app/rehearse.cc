#include "app/rehearse.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "app/forecast.h"
#include "app/migrate_wiring.h"
#include "app/rehearse_database.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "introspect/introspect.h"
#include "journal/state.h"
#include "prove/old_queries.h"

namespace bgdb::app {
namespace {

milliseconds rounded(std::chrono::microseconds duration) {
  return std::chrono::round<milliseconds>(duration);
}

std::vector<std::string> names(const prove::Relations& relations) {
  std::vector<std::string> texts;
  for (const auto& relation : relations) texts.push_back(relation.display());
  return texts;
}

std::map<std::string, int64_t> sizes_of(const pg::Rows& rows) {
  std::map<std::string, int64_t> sizes;
  for (size_t i = 0; i < rows.size(); ++i) sizes[rows.text(i, "name")] = rows.integer(i, "bytes");
  return sizes;
}

class Rehearsal {
 public:
  Rehearsal(const Config& config, const RehearseRequest& request, const std::string& dsn, core::Progress& progress)
      : config_(config), request_(request), dsn_(dsn), progress_(progress) {}

  Result<void> run(RehearseReport& report) {
    report.copy = BGDB_TRY(clone::copy_plainly(
        {.source_dsn = config_.blue_dsn, .target_dsn = dsn_, .workers = request_.workers}, progress_));
    auto session = BGDB_TRY(pg::Session::open({.dsn = dsn_, .application_name = "bgdb rehearse"}));
    BGDB_CHECK(take_over_versions(session));
    const auto before = sizes_of(BGDB_TRY(session.query(core::sql_text("rehearse/read_sizes.sql"))));
    MigrateRequest migrate;
    migrate.to = request_.to;
    migrate.pace = request_.pace;
    options_ = BGDB_TRY(migrate_options(config_, migrate));
    options_.dsn = dsn_;
    options_.phase.clear();
    options_.old_version.reset();  // nobody else is on the copy
    options_.dry_run = true;
    const auto plan = BGDB_TRY(migrate::run_migrations(options_, core::silent_progress()));
    const auto forecasts = BGDB_TRY(forecast(session, plan));
    observer_.emplace(BGDB_TRY(prove::Observer::open(dsn_)));
    BGDB_CHECK(prepare_old_queries());
    for (const auto& file : plan.files) {
      if (file.state != migrate::FileState::pending) continue;
      const auto found = std::find_if(forecasts.begin(), forecasts.end(),
                                      [&](const ForecastFile& each) { return each.file == file.file; });
      if (found == forecasts.end()) continue;
      progress_.stage(file.file);
      ++files_begun_;
      report.files.push_back(BGDB_TRY(run_file(session, file, found->report)));
      progress_.item_done(file.file);
      if (report.files.back().failed) break;
    }
    const auto after = sizes_of(BGDB_TRY(session.query(core::sql_text("rehearse/read_sizes.sql"))));
    compare_sizes(before, after, report);
    tell_broken(forecasts, report);
    return {};
  }

 private:
  // What production has already need not run again.
  Result<void> take_over_versions(pg::Session& copy) {
    BGDB_CHECK(journal::install_state(copy));
    auto source = BGDB_TRY(pg::Session::open({.dsn = config_.blue_dsn, .application_name = "bgdb rehearse"}));
    if (BGDB_TRY(source.scalar("select to_regclass('bgdb.schema_versions') is not null")) != "t") return {};
    const auto rows = BGDB_TRY(
        source.query("select version, file, phase, checksum, by, duration_ms from bgdb.schema_versions order by at"));
    for (size_t i = 0; i < rows.size(); ++i) {
      BGDB_CHECK(copy.execute(core::sql_text("migrate/record_version.sql"),
                              {rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                               rows.text(i, 5), pg::Value("")}));
    }
    return {};
  }

  // --- queries of the old version ---

  // Statements of all files in one row of numbers.
  static constexpr int kStatementsMax = 100'000;
  int number(int statement) const { return (files_begun_ - 1) * kStatementsMax + statement; }

  Result<std::vector<std::string>> old_queries(const schema::Catalog& catalog) {
    const auto& source = request_.old_queries;
    if (source.empty()) return std::vector<std::string>{};
    if (source == "auto") return prove::generate_queries(catalog);
    if (source == "pg_stat_statements") {
      auto production = BGDB_TRY(pg::Session::open({.dsn = config_.blue_dsn, .application_name = "bgdb rehearse"}));
      return prove::queries_of_statistics(production);
    }
    std::ifstream in(source, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorCode::not_found, "cannot read " + source, "name a file with the old version's queries");
    return prove::queries_of_text(text.str());
  }

  Result<void> prepare_old_queries() {
    auto& session = observer_->session();
    const auto catalog = BGDB_TRY(introspect::read_catalog(session, {.code_and_rights = true}));
    const auto queries = BGDB_TRY(old_queries(catalog));
    if (!queries.empty()) old_ = BGDB_TRY(prove::OldQueries::prepare(session, queries, catalog));
    return {};
  }

  void tell_broken(const std::vector<ForecastFile>& forecasts, RehearseReport& report) const {
    if (!old_) return;
    report.queries_tried = old_->tried();
    report.not_tried = old_->not_tried();
    for (const auto& query : old_->broken()) {
      BrokenOldQuery broken{.sql = query.sql, .message = query.message, .file = {}, .phase = {}};
      const auto file = static_cast<size_t>(std::max(query.statement, 0) / kStatementsMax);
      if (file < report.files.size()) {
        broken.file = report.files[file].file;
        broken.phase = report.files[file].phase;
      }
      for (const auto& forecast : forecasts) {
        const auto index = static_cast<size_t>(std::max(query.statement, 0) % kStatementsMax);
        if (forecast.file == broken.file && index < forecast.report.statements.size())
          broken.line = forecast.report.statements[index].span.line;
      }
      report.broken.push_back(std::move(broken));
    }
  }

  Result<RehearsedFile> run_file(pg::Session& session, const migrate::FileReport& file,
                                 const lint::FileReport& predicted) {
    const bool commits = std::any_of(file.statements.begin(), file.statements.end(), [](const auto& statement) {
      return statement.batches || (statement.may_commit && !statement.in_transaction);
    });
    const auto begun = core::system_clock().now();
    auto result = commits ? BGDB_TRY(run_as_migrate(file)) : BGDB_TRY(run_observed(session, file, predicted));
    if (commits && old_) BGDB_CHECK(old_->probe_all(observer_->session(), number(0)));
    result.file = file.file;
    result.phase = file.phase;
    result.took = core::time_since(begun);
    return result;
  }

  // Backfills, and what commits by itself: the way `bgdb migrate` runs them.
  Result<RehearsedFile> run_as_migrate(const migrate::FileReport& file) {
    auto options = options_;
    options.dry_run = false;
    options.to = file.version.empty() ? std::filesystem::path(file.file).stem().string() : file.version;
    RehearsedFile result;
    const auto ran = migrate::run_migrations(options, progress_);
    if (!ran) {
      if (ran.error().code == ErrorCode::interrupted || core::interrupted()) return fail(ran.error());
      result.failed = true;
      result.statements.push_back({.text = file.file, .failure = ran.error().to_string()});
      return result;
    }
    for (const auto& each : ran->files) {
      if (each.file != file.file) continue;
      result.batches = each.batches;
      for (const auto& statement : each.statements) {
        result.statements.push_back({.line = statement.line,
                                     .text = statement.text,
                                     .transaction = statement.batches          ? "one a batch"
                                                    : statement.in_transaction ? "shared"
                                                                               : "its own",
                                     .took = statement.duration});
      }
    }
    return result;
  }

  Result<RehearsedFile> run_observed(pg::Session& session, const migrate::FileReport& file,
                                     const lint::FileReport& predicted) {
    BGDB_CHECK(observer_->session().script("reset all"));  // each file has a session of its own in real life
    prove::RunOptions run;
    if (old_) {
      run.after_statement = [&](pg::Session& at, const prove::StatementProof& proof) {
        return old_->probe(at, number(proof.index), proof.text);
      };
    }
    const auto proofs = BGDB_TRY(prove::run_file(*observer_, predicted, run));
    RehearsedFile result;
    for (size_t i = 0; i < proofs.size(); ++i) result.statements.push_back(statement_of(proofs, i));
    result.failed =
        std::any_of(proofs.begin(), proofs.end(), [](const auto& each) { return each.observed.failure.has_value(); });
    if (result.failed) return result;
    if (old_ && !proofs.empty()) BGDB_CHECK(old_->probe_all(observer_->session(), number(proofs.back().index)));
    BGDB_CHECK(session.execute(
        core::sql_text("migrate/record_version.sql"),
        {file.version, file.file, file.phase, file.checksum, "bgdb rehearse", pg::Value("0"), pg::Value("")}));
    return result;
  }

  static RehearsedStatement statement_of(const std::vector<prove::StatementProof>& proofs, size_t at) {
    const auto& proof = proofs[at];
    RehearsedStatement statement{.line = proof.span.line,
                                 .text = proof.text.substr(0, proof.text.find('\n')),
                                 .transaction = proof.transaction >= 0 ? "shared" : "its own",
                                 .took = rounded(proof.observed.duration),
                                 .rewrites = names(proof.observed.rewrites),
                                 .scans = names(proof.observed.scans),
                                 .index_builds = names(proof.observed.index_builds)};
    if (proof.observed.failure) statement.failure = proof.observed.failure->to_string();
    if (!proof.not_run.empty()) statement.failure = "not run: " + proof.not_run;
    for (const auto& difference : proof.differences) statement.differences.push_back(prove::to_string(difference));
    for (const auto& [relation, mode] : proof.observed.locks) {
      const auto before = proof.observed.held_before.find(relation);
      const bool stronger = before == proof.observed.held_before.end() || before->second < mode;
      if (stronger && mode >= lint::LockMode::share_update_exclusive)
        statement.locks.push_back(lock_words(mode) + " on " + relation.display());
    }
    std::chrono::microseconds held = proof.observed.duration;
    for (size_t i = at + 1; proof.transaction >= 0 && i < proofs.size(); ++i) {
      if (proofs[i].transaction != proof.transaction) break;
      held += proofs[i].observed.duration;
    }
    if (!statement.locks.empty()) statement.held = rounded(held);
    return statement;
  }

  static void compare_sizes(const std::map<std::string, int64_t>& before, const std::map<std::string, int64_t>& after,
                            RehearseReport& report) {
    std::set<std::string> tables;
    for (const auto& [name, bytes] : before) tables.insert(name);
    for (const auto& [name, bytes] : after) tables.insert(name);
    const auto size = [](const std::map<std::string, int64_t>& sizes, const std::string& name) {
      const auto found = sizes.find(name);
      return found == sizes.end() ? int64_t{0} : found->second;
    };
    report.bytes_before = size(before, "");
    report.bytes_after = size(after, "");
    for (const auto& name : tables) {
      const TableSize entry{name, size(before, name), size(after, name)};
      if (!name.empty() && entry.before != entry.after) report.sizes.push_back(entry);
    }
    std::stable_sort(report.sizes.begin(), report.sizes.end(), [](const TableSize& left, const TableSize& right) {
      return std::abs(left.after - left.before) > std::abs(right.after - right.before);
    });
  }

  const Config& config_;
  const RehearseRequest& request_;
  const std::string& dsn_;
  core::Progress& progress_;
  migrate::MigrateOptions options_;
  std::optional<prove::Observer> observer_;  // one session: what tries the old queries is temporary
  std::optional<prove::OldQueries> old_;
  int files_begun_ = 0;
};

Result<std::string> server_for(const Config& config, const RehearseRequest& request) {
  if (!request.on.empty()) return request.on;
  if (!config.green_dsn.empty()) return config.green_dsn;
  return fail(ErrorCode::usage, "no server is named that could take a copy of production",
              "name one: --on \"host=... user=...\"");
}

}  // namespace

bool RehearseReport::failed() const {
  return std::any_of(files.begin(), files.end(), [](const RehearsedFile& file) { return file.failed; });
}

bool RehearseReport::breaks_old_version() const {
  return std::any_of(broken.begin(), broken.end(),
                     [](const BrokenOldQuery& query) { return query.phase != "contract"; });
}

Result<RehearseReport> rehearse(const Config& config, const RehearseRequest& request, core::Progress& progress) {
  const auto begun = core::system_clock().now();
  auto database = BGDB_TRY(RehearseDatabase::create(config, BGDB_TRY(server_for(config, request)), request.yes));
  RehearseReport report;
  report.database = database.name();
  report.server = database.server();
  report.notes = database.notes();
  if (auto ran = Rehearsal(config, request, database.dsn(), progress).run(report); !ran) {
    Error error = ran.error();
    const auto dropped = database.drop();
    const auto end = dropped ? "; the throwaway database was dropped"
                             : "; " + report.database + " is left and dropped by the next rehearsal";
    error.message += end;
    return fail(std::move(error));
  }
  report.kept = request.keep;
  BGDB_CHECK(request.keep ? database.keep() : database.drop());
  report.took = core::time_since(begun);
  return report;
}

Result<std::vector<std::string>> clean_rehearsals(const Config& config, const RehearseRequest& request) {
  return RehearseDatabase::clean(config, BGDB_TRY(server_for(config, request)));
}

}  // namespace bgdb::app
