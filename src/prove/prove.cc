#include "prove/prove.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "introspect/introspect.h"
#include "lint/linter.h"
#include "prove/sample.h"
#include "prove/stage.h"

namespace bgdb::prove {

namespace {

namespace fs = std::filesystem;

std::string canonical(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

// The folder whose files form one history with the file.
std::string history_folder(const std::string& path) {
  if (fs::is_directory(path)) return path;
  const auto name = fs::path(path).filename().string();
  auto folder = fs::path(canonical(path)).parent_path();
  return (name == "migration.sql" || name == "up.sql" ? folder.parent_path() : folder).string();
}

Result<std::map<std::string, lint::FileReport>> predictions(const Options& options, int version,
                                                            std::shared_ptr<const schema::Catalog> start) {
  static const auto rules = BGDB_TRY(lint::RuleBook::built_in());
  lint::Options lint_options;
  lint_options.server_version = version;
  lint_options.framework = options.framework;
  lint_options.start = std::move(start);
  std::map<std::string, lint::FileReport> out;
  lint::Linter linter(rules, lint_options, [&](lint::FileReport report) {
    auto key = canonical(report.path);
    out.emplace(std::move(key), std::move(report));
  });
  BGDB_CHECK(linter.run({options.path}));
  return out;
}

Result<std::vector<std::string>> old_queries(const Options& options, pg::Session& session,
                                             const schema::Catalog& catalog) {
  if (options.old_queries.empty()) return std::vector<std::string>{};
  if (options.old_queries == "auto") return generate_queries(catalog);
  if (options.old_queries == "pg_stat_statements") return queries_of_statistics(session);
  std::ifstream in(options.old_queries, std::ios::binary);
  if (!in)
    return fail(ErrorCode::not_found, "cannot read " + options.old_queries,
                "give a file of SQL statements, auto or pg_stat_statements");
  return queries_of_text(std::string(std::istreambuf_iterator<char>(in), {}));
}

enum class RowsThere { real, made_up, none };

Result<FileProof> prove_file(const Options& options, const lint::FileReport& report, const std::string& dsn,
                             RowsThere rows) {
  FileProof proof;
  proof.report = report;
  // lint assumes a time zone other than UTC unless the file sets it.
  Observer::Settings settings;
  if (rows != RowsThere::real) settings.emplace_back("timezone", "Europe/Berlin");
  auto observer = BGDB_TRY(Observer::open(dsn, settings));
  auto& session = observer.session();
  const auto catalog = BGDB_TRY(introspect::read_catalog(session, {.code_and_rights = true}));
  if (rows == RowsThere::made_up) {
    for (auto& problem : BGDB_TRY(fill_tables(session, catalog)))
      proof.notes.push_back("no rows in " + std::move(problem));
  }
  const auto queries = BGDB_TRY(old_queries(options, session, catalog));
  std::optional<OldQueries> old;
  if (!queries.empty()) old = BGDB_TRY(OldQueries::prepare(session, queries, catalog));
  RunOptions run;
  if (old) {
    run.after_statement = [&](pg::Session& at, const StatementProof& statement) {
      return old->probe(at, statement.index, statement.text);
    };
  }
  proof.statements = BGDB_TRY(run_file(observer, proof.report, run));
  if (!old) return proof;
  if (!proof.failed() && !proof.statements.empty()) BGDB_CHECK(old->probe_all(session, proof.statements.back().index));
  proof.broken = old->broken();
  proof.not_tried = old->not_tried();
  proof.tried = old->tried();
  proof.planned_only = old->planned_only();
  return proof;
}

Result<FileProof> prove_on_stage(const Options& options, const lint::FileReport& report, Stage& stage) {
  auto filled = BGDB_TRY(prove_file(options, report, BGDB_TRY(stage.copy()), RowsThere::made_up));
  if (!filled.failed() || !about_rows(*filled.statements.back().observed.failure)) return filled;
  // The rows that we made up are in the way: the effects are those on empty tables.
  const auto& refused = filled.statements.back();
  auto proof = BGDB_TRY(prove_file(options, report, BGDB_TRY(stage.copy()), RowsThere::none));
  proof.notes = std::move(filled.notes);
  proof.notes.push_back(
      fmt::format("line {}: refused because of the rows that were made up ({}); observed on empty tables instead",
                  refused.span.line, refused.observed.failure->message));
  return proof;
}

Result<int> prove_on_scratch(const Options& options, const Sink& sink) {
  const auto set = BGDB_TRY(migration::discover({history_folder(options.path)}, options.framework));
  const auto stage = BGDB_TRY(Stage::start(options.bin_dir));
  auto wanted = BGDB_TRY(predictions(options, stage->server_version(), nullptr));
  std::vector<std::string> missing, roles;
  for (const auto& file : set.files) {
    const auto found = wanted.find(canonical(file.path));
    const bool proven = found != wanted.end();
    const auto loaded = BGDB_TRY(migration::load(file));
    for (auto& role : BGDB_TRY(stage->make_roles(loaded))) roles.push_back(std::move(role));
    if (proven) {
      auto proof = BGDB_TRY(prove_on_stage(options, found->second, *stage));
      for (const auto& statement : missing) proof.notes.push_back("earlier, did not run here: " + statement);
      missing.clear();  // said once
      if (!roles.empty())
        proof.notes.push_back(fmt::format("made for this run, because no migration makes them: role{} {}",
                                          roles.size() == 1 ? "" : "s", fmt::join(roles, ", ")));
      roles.clear();
      sink(proof);
      wanted.erase(found);
      if (wanted.empty()) break;
    }
    auto refused = BGDB_TRY(stage->apply(loaded));
    if (!refused.empty() && !proven) {
      return fail(ErrorCode::input, refused.front() + " (the file does not run on an empty server)",
                  "prove on a copy of a real database with --on, or leave the file out");
    }
    missing.insert(missing.end(), refused.begin(), refused.end());
  }
  return stage->server_version();
}

Result<int> prove_on_database(const Options& options, const Sink& sink) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = options.on}));
  const auto mark =
      BGDB_TRY(session.scalar("select coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '') from "
                              "pg_catalog.pg_database where datname = "
                              "pg_catalog.current_database()"));
  if (!mark.starts_with(kThrowaway)) {
    return fail(ErrorCode::refused,
                fmt::format("{} is not marked as a database that may be damaged", session.host_display()),
                fmt::format("make a copy of it, and say there: COMMENT ON DATABASE name IS '{}'", kThrowaway));
  }
  const int version = session.server_version() / 10000;
  const auto start =
      std::make_shared<schema::Catalog>(BGDB_TRY(introspect::read_catalog(session, {.code_and_rights = true})));
  auto wanted = BGDB_TRY(predictions(options, version, start));
  for (const auto& [path, report] : wanted) sink(BGDB_TRY(prove_file(options, report, options.on, RowsThere::real)));
  return version;
}

}  // namespace

bool FileProof::verdict_refuted() const {
  if (report.verdict.old_version != lint::OldVersion::ok) return false;
  // A query whose rows the migration deletes needs other rows; that they are lost lint has said.
  const auto deleted = [&](int index) {
    return std::any_of(report.statements.begin(), report.statements.end(), [&](const auto& statement) {
      return statement.index == index && !statement.effects.loses.empty();
    });
  };
  return std::any_of(broken.begin(), broken.end(), [&](const auto& query) {
    return !(query.sqlstate.starts_with("23") && deleted(query.statement));
  });
}

size_t FileProof::differences() const {
  size_t out = verdict_refuted() ? 1 : 0;
  for (const auto& statement : statements) out += statement.differences.size();
  return out;
}

bool FileProof::failed() const {
  return !statements.empty() && statements.back().observed.failure.has_value();
}

Result<int> prove(const Options& options, const Sink& sink) {
  std::error_code problem;
  if (!fs::exists(options.path, problem))
    return fail(ErrorCode::not_found, fmt::format("there is no file or folder {}", options.path), "check the path");
  return options.on.empty() ? prove_on_scratch(options, sink) : prove_on_database(options, sink);
}

}  // namespace bgdb::prove
