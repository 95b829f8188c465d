// Runs a rewritten migration on a real server the way a deploy does: versions of an application write from several
// sessions while the phases are applied. A version is a function that does one unit of work and says what went wrong.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "introspect/introspect.h"
#include "lint/linter.h"
#include "parse/parser.h"
#include "rewrite/rewrite.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/servers.h"

namespace bgdb::test {

struct Worker {
  pg::Session& session;
  std::mt19937& random;
  int64_t id = 0;     // of the worker
  int64_t count = 0;  // of its units of work
  int64_t pick(int64_t below) { return static_cast<int64_t>(random() % static_cast<uint64_t>(below)); }
  std::string unique() const { return std::to_string(id) + "-" + std::to_string(count); }
};
using Version = std::function<Result<void>(Worker&)>;

// Sessions that run one version until stopped. Every failed statement is kept.
class Fleet {
 public:
  Fleet(std::string dsn, Version version, int sessions) : dsn_(std::move(dsn)), version_(std::move(version)) {
    static std::atomic<int64_t> next_id{1};
    for (int i = 0; i < sessions; ++i) threads_.emplace_back([this, id = next_id++] { run(id); });
  }
  ~Fleet() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  // Waits until the fleet has done this much more.
  void work(int64_t units) {
    const int64_t until = done_ + units;
    while (done_ < until && errors().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::vector<std::string> errors() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  void run(int64_t id) {
    auto session = pg::Session::open({.dsn = dsn_, .application_name = "version"});
    std::mt19937 random(static_cast<unsigned>(id));
    Worker worker{session.value(), random, id, 0};
    while (!stop_) {
      ++worker.count;
      if (auto result = version_(worker); !result) {
        const std::lock_guard lock(mutex_);
        errors_.push_back(result.error().to_string());
        if (errors_.size() > 5) return;
      }
      ++done_;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // leave room for the backfill
    }
  }
  std::string dsn_;
  Version version_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> done_{0};
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::vector<std::thread> threads_;
};

inline void run_script(pg::Session& session, const std::string& sql) {
  INFO(sql);
  CHECK_OK(session.script(sql));
}

// As a runner does: a file in one transaction, or its statements one by one.
inline void run_sql(pg::Session& session, const std::string& sql, bool in_transaction) {
  if (in_transaction) {  // bgdb migrate does the same: it gives up rather than hold others up, and tries again
    for (int tries = 0;; ++tries) {
      const auto done = session.script("BEGIN; SET LOCAL lock_timeout = '500ms';\n" + sql + "\nCOMMIT;");
      const bool again = !done && (done.error().sqlstate == "55P03" || done.error().sqlstate == "40P01") && tries < 50;
      if (!again) {
        INFO(sql);
        CHECK_OK(done);
        return;
      }
      CHECK_OK(session.script("ROLLBACK"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  for (const auto& statement : parse::parse_sql(sql).statements) run_script(session, statement.text);
}

inline schema::Catalog replayed(const std::string& sql) {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(sql).statements) {
    REQUIRE(statement.parsed);
    replay.apply(statement);
  }
  return replay.catalog();
}

inline rewrite::Plan plan_for(const std::string& before, const std::string& migration) {
  std::vector<migration::Text> texts = {{"V1__before.sql", before}, {"V2__change.sql", migration}};
  const auto set = migration::order(texts, migration::Framework::flyway);
  auto plan = REQUIRE_OK(rewrite::rewrite_text(set.files.at(1), migration, replayed(before)));
  for (const auto& refusal : plan.refused) FAIL(refusal.statement << ": " << refusal.reason);
  return plan;
}

inline std::vector<rewrite::OutputFile> files_for(const std::string& before, const std::string& migration) {
  std::vector<migration::Text> texts = {{"V1__before.sql", before}, {"V2__change.sql", migration}};
  const auto set = migration::order(texts, migration::Framework::flyway);
  auto files = rewrite::render(plan_for(before, migration), set.files.at(1));
  files.pop_back();  // PLAN.md
  std::erase_if(files, [](const rewrite::OutputFile& file) { return file.path.ends_with(".conf"); });
  return files;
}

inline void lint_finds_no_error(const std::string& before, const std::vector<rewrite::OutputFile>& files) {
  const auto rules = REQUIRE_OK(lint::RuleBook::built_in());
  lint::Options options;
  options.framework = migration::Framework::flyway;
  lint::Linter linter(rules, options, [](lint::FileReport) {});
  schema::Replay replay(replayed(before));
  for (const auto& file : files) {
    if (file.undo) continue;
    const auto report = linter.lint_text(file.path, file.text, replay.catalog());
    for (const auto& finding : report.findings) {
      if (finding.severity == lint::Severity::error && file.phase == rewrite::Phase::expand)
        FAIL_CHECK(file.path << ": " << finding.rule << " " << finding.message);
    }
    for (const auto& statement : parse::parse_sql(file.text).statements) replay.apply(statement);
  }
}

inline void run_phase(pg::Session& session, const std::vector<rewrite::OutputFile>& files, rewrite::Phase phase,
                      size_t first = 0, size_t last = SIZE_MAX) {
  size_t number = 0;
  for (const auto& file : files) {
    if (file.phase != phase || file.undo) continue;
    if (number >= first && number < last) run_sql(session, file.text, file.in_transaction);
    ++number;
  }
}

inline void undo_phases(pg::Session& session, const std::vector<rewrite::OutputFile>& files) {
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (file->undo && file->phase != rewrite::Phase::contract) run_sql(session, file->text, file->in_transaction);
  }
}

inline schema::Catalog live_schema(const std::string& dsn) {
  auto session = connect(dsn);
  return REQUIRE_OK(introspect::read_catalog(session, {.sizes = false}));
}

inline void same_schema(const schema::Catalog& left, const schema::Catalog& right) {
  const auto differences = schema::diff(left, right);
  for (const auto& line : differences) UNSCOPED_INFO(line);
  CHECK(differences.empty());
}

inline void no_errors(Fleet& fleet, const std::string& who) {
  for (const auto& error : fleet.errors()) FAIL_CHECK(who << ": " << error);
}

struct LawCase {
  std::string before;       // schema and rows
  std::string migration;    // the original file
  Version old_version;      // until contract
  Version new_version;      // from the end of expand to contract
  Version final_version;    // from the start of contract
  std::string out_of_step;  // rows (SELECT count(*)) where the two sides contradict each other; always 0 from expand on
  std::string not_filled;   // rows not filled; 0 behind the backfill
  std::string data;         // the original's data, after it; run on both results without writers
  std::string old_data;     // what the old version sees
  size_t before_final = 0;  // files of contract that run before the final version starts
  bool same_end = true;     // false: the recipe says that it ends otherwise (a trigger for GENERATED)
};

inline int64_t count(pg::Session& session, const std::string& sql) {
  INFO(sql);
  return std::stoll(REQUIRE_OK(session.scalar(sql)));
}

// Both versions write while expand and backfill are applied; nothing fails, both see the same. Leaves the database
// there.
inline void both_versions_work(const LawCase& law, const std::string& dsn,
                               const std::vector<rewrite::OutputFile>& files) {
  auto session = connect(dsn);
  Fleet old_fleet(dsn, law.old_version, 3);
  old_fleet.work(50);
  run_phase(session, files, rewrite::Phase::expand);
  CHECK(count(session, law.out_of_step) == 0);
  Fleet new_fleet(dsn, law.new_version, 3);
  Fleet checker(
      dsn,
      [&](Worker& worker) -> Result<void> {
        const auto wrong = BGDB_TRY(worker.session.scalar(law.out_of_step));
        if (wrong != "0") return fail(ErrorCode::divergence, wrong + " rows contradict each other");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return {};
      },
      1);
  new_fleet.work(100);
  run_phase(session, files, rewrite::Phase::backfill);
  CHECK(count(session, law.not_filled) == 0);
  old_fleet.work(100);
  new_fleet.work(100);
  for (const auto& file : files) {  // what was stopped is run again
    const bool batches = !file.in_transaction && file.text.find("bgdb_batch_rows") != std::string::npos &&
                         file.text.find("CREATE UNIQUE INDEX") == std::string::npos;
    if (file.phase == rewrite::Phase::backfill && !file.undo && batches) run_sql(session, file.text, false);
  }
  checker.stop();
  old_fleet.stop();
  new_fleet.stop();
  no_errors(old_fleet, "old version");
  no_errors(new_fleet, "new version");
  no_errors(checker, "reader");
  CHECK(count(session, law.out_of_step) == 0);
  CHECK(count(session, law.not_filled) == 0);
}

inline std::string as_text(pg::Session& session, const std::string& sql) {
  return REQUIRE_OK(session.scalar("SELECT string_agg(r::text, E'\\n' ORDER BY r::text) FROM (" + sql + ") AS r"));
}

inline std::string prepared_database(const std::string& sql) {
  const auto dsn = fresh_database();
  auto session = connect(dsn);
  run_script(session, sql);
  return dsn;
}

inline void check_end_equals_original(const LawCase& law) {
  const auto files = files_for(law.before, law.migration);
  const auto original = prepared_database(law.before);
  auto original_session = connect(original);
  run_script(original_session, law.migration);
  {  // without writers: the same rows, too
    const auto dsn = prepared_database(law.before);
    auto session = connect(dsn);
    for (const auto phase : {rewrite::Phase::expand, rewrite::Phase::backfill, rewrite::Phase::contract})
      run_phase(session, files, phase);
    if (law.same_end) same_schema(live_schema(original), live_schema(dsn));
    CHECK(as_text(session, law.data) == as_text(original_session, law.data));
  }
  const auto dsn = prepared_database(law.before);
  both_versions_work(law, dsn, files);
  auto session = connect(dsn);
  run_phase(session, files, rewrite::Phase::contract, 0, law.before_final);
  Fleet final_fleet(dsn, law.final_version, 3);
  final_fleet.work(30);
  run_phase(session, files, rewrite::Phase::contract, law.before_final);
  final_fleet.work(30);
  final_fleet.stop();
  no_errors(final_fleet, "new version during contract");
  if (law.same_end) same_schema(live_schema(original), live_schema(dsn));
}

inline void check_undo_restores(const LawCase& law) {
  const auto files = files_for(law.before, law.migration);
  const auto dsn = prepared_database(law.before);
  const auto schema_before = live_schema(dsn);
  both_versions_work(law, dsn, files);
  auto session = connect(dsn);
  const auto data = as_text(session, law.old_data);
  Fleet old_fleet(dsn, law.old_version, 2);
  old_fleet.stop();
  const auto rows = as_text(session, law.old_data);
  undo_phases(session, files);
  same_schema(schema_before, live_schema(dsn));
  CHECK(as_text(session, law.old_data) == rows);
  CHECK_FALSE(data.empty());
}

}  // namespace bgdb::test
