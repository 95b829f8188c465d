#include "lint/linter.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/interrupt.h"
#include "lint/stages.h"

namespace bgdb::lint {

namespace {

// Parsed statements take several times their text, and are judged one after the other.
constexpr size_t kStreamAbove = 512 << 10;

std::string canonical(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

FileReport unreadable(const migration::File& file, const Error& error, const RuleBook& rules) {
  FileReport report;
  report.path = file.path;
  report.framework = std::string(migration::to_string(file.framework));
  report.verdict.safety = Safety::not_analysed;
  report.verdict.old_version = OldVersion::unknown;
  report.verdict.rollback = Rollback::unknown;
  report.verdict.replication = Replication::unknown;
  report.verdict.reason = "the file cannot be read: " + error.message;
  Finding finding;
  finding.rule = std::string(kUnreadableFile);
  finding.severity = rules.own_severity(kUnreadableFile);
  finding.message = report.verdict.reason;
  finding.why = "Nothing is known about a migration that cannot be read.";
  if (finding.severity != Severity::off) report.findings.push_back(std::move(finding));
  return report;
}

// Refuses what is no SQL for PostgreSQL.
Result<migration::Loaded> readable(Result<migration::Loaded> loaded) {
  if (!loaded) return loaded;
  if (loaded->text.find('\0') != std::string::npos)
    return fail(ErrorCode::input, "it holds zero bytes, so it is no text");
  if (loaded->other_dialect.empty()) return loaded;
  return fail(ErrorCode::input, fmt::format("it is written for {}, not for PostgreSQL", loaded->other_dialect));
}

Finding used_twice(const migration::File& file, const RuleBook& rules) {
  Finding finding;
  finding.rule = std::string(kDuplicateVersion);
  finding.severity = rules.own_severity(kDuplicateVersion);
  finding.message = file.complaint;
  finding.why = fmt::format("{} refuses two migrations of one version, or takes the second for one that ran already.",
                            migration::to_string(file.framework));
  finding.instead = "Give this file a version of its own, behind the last one.";
  return finding;
}

}  // namespace

Linter::Linter(const RuleBook& rules, Options options, Sink sink)
    : rules_(rules), options_(std::move(options)), sink_(std::move(sink)) {}

void Linter::finish(FileReport report) {
  ++summary_.files;
  summary_.statements += report.statements.size();
  if (options_.silenced) {
    std::erase_if(report.findings, [&](const auto& one) { return options_.silenced(report.path, one.rule); });
  }
  for (const auto& finding : report.findings) ++summary_.findings[finding.severity];
  ++summary_.verdicts[report.verdict.safety];
  worsen(summary_.verdict, report.verdict);
  if (sink_) sink_(std::move(report));
}

Result<Linter::Plan> Linter::plan(const migration::Set& set) const {
  Plan plan;
  plan.history = set.files.size() > 1 || options_.start;
  const size_t released = options_.baseline ? BGDB_TRY(released_files(set)) : 0;
  for (size_t i = 0; i < set.files.size(); ++i) {
    const bool is_wanted = set.files[i].wanted && i >= released && !excluded(set.files[i].path);
    if (!is_wanted && options_.start) continue;
    plan.files.push_back(&set.files[i]);
    plan.judged.push_back(is_wanted);
  }
  while (!plan.judged.empty() && !plan.judged.back()) {  // what comes behind changes no judgement
    plan.files.pop_back();
    plan.judged.pop_back();
  }
  return plan;
}

Result<migration::Loaded> Linter::load(const migration::File& file) const {
  if (buffers_.empty()) return migration::load(file, kStreamAbove);
  const auto buffer = buffers_.find(canonical(file.path));
  return buffer == buffers_.end() ? migration::load(file, kStreamAbove)
                                  : Result<migration::Loaded>(migration::load_text(file, buffer->second));
}

Result<void> Linter::judge(const Plan& plan, ReadAhead& ahead, Delivery& behind) {
  schema::Replay replay(options_.start ? *options_.start : schema::Catalog());
  Release release;
  auto start = std::make_shared<const schema::Catalog>();
  bool release_begun = false;
  std::string declared;  // the name of the release; what the file before it said
  const bool together = options_.one_release || options_.baseline;
  for (size_t i = 0; i < plan.files.size(); ++i) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto& file = *plan.files[i];
    auto loaded = readable(ahead.next());
    if (!loaded) {
      if (plan.judged[i]) behind.add({unreadable(file, loaded.error(), rules_), {}, {}, false});
      continue;
    }
    const auto& name = loaded->file.declared_release;
    if (!plan.judged[i] && (together || name.empty())) {
      migration::each_statement(*loaded, [&](const parse::Statement& statement) { replay.apply(statement); });
      replay.end_of_file();
      declared.clear();
      continue;
    }
    const bool goes_on = release_begun && (together || (!name.empty() && name == declared));
    declared = name;
    if (!goes_on) {
      release = {};
      start = std::make_shared<const schema::Catalog>(replay.catalog());
      release_begun = true;
    }
    FileLinter linter(options_.server_version, plan.history, replay, release, *start);
    auto one = linter.judge(std::move(*loaded));
    if (!file.complaint.empty()) one.report.findings.push_back(used_twice(file, rules_));
    if (plan.judged[i]) behind.add(std::move(one));
    replay.end_of_file();
  }
  return {};
}

// The stages go on from one history to the next without a pause.
Result<void> Linter::run_all(std::vector<migration::Set> sets) {
  std::vector<Plan> plans;
  std::vector<const migration::File*> files;
  for (const auto& set : sets) {
    plans.push_back(BGDB_TRY(plan(set)));
    files.insert(files.end(), plans.back().files.begin(), plans.back().files.end());
  }
  ReadAhead ahead(files, [&](const migration::File& file) { return load(file); });
  Delivery behind([&](Judged one) { finish(std::move(one)); });
  for (size_t i = 0; i < sets.size(); ++i) {
    BGDB_CHECK(judge(plans[i], ahead, behind));
    sets[i] = {};  // the tree may be large
  }
  return {};
}

// How many files the old version knows. Files without a history have no versions to compare.
Result<size_t> Linter::released_files(const migration::Set& set) const {
  if (const auto behind = migration::behind_version(set, *options_.baseline)) return *behind;
  if (set.folder.empty()) return size_t{0};
  return fail(ErrorCode::usage, fmt::format("no migration of {} has the version {}", set.folder, *options_.baseline),
              "--baseline names the last version that is already released");
}

Result<Summary> Linter::run(const std::vector<std::string>& paths) {
  summary_ = {};
  summary_.verdict = safe_verdict();
  auto tree = BGDB_TRY(migration::discover_all(paths, options_.framework));
  summary_.skipped = std::move(tree.way_back);
  summary_.notes = std::move(tree.notes);
  if (tree.histories.empty() && summary_.skipped.empty() && !paths.empty()) {
    std::string others;
    for (const auto& note : summary_.notes) others += "; " + note;
    return fail(ErrorCode::not_found, fmt::format("{} holds no migration in SQL{}", fmt::join(paths, ", "), others),
                "give the folder whose *.sql files (or whose sub-folders with them) are the migrations");
  }
  for (auto& set : tree.histories) {
    summary_.notes.insert(summary_.notes.end(), set.notes.begin(), set.notes.end());
    auto told = options_.leave_out ? options_.leave_out(set) : std::string();
    if (!told.empty()) summary_.notes.push_back(std::move(told));
  }
  BGDB_CHECK(run_all(std::move(tree.histories)));
  return summary_;
}

// False when `path` has no place in an order.
Result<bool> Linter::run_in_place(const std::string& path, const std::string& text) {
  auto set = BGDB_TRY(migration::history_around({path, text}, options_.framework));
  if (!set) return false;
  buffers_[canonical(path)] = text;
  std::vector<migration::Set> sets;
  sets.push_back(std::move(*set));
  const auto done = run_all(std::move(sets));
  buffers_.clear();
  if (!done) return fail(done.error());
  return true;
}

Result<Summary> Linter::run_text(const std::string& path, std::string text) {
  summary_ = {};
  summary_.verdict = safe_verdict();
  if (text.find('\0') != std::string::npos) {
    migration::File file;
    file.path = path;
    finish(unreadable(file, make_error(ErrorCode::input, "it holds zero bytes, so it is no text"), rules_));
    return summary_;
  }
  if (BGDB_TRY(run_in_place(path, text))) return summary_;
  const auto set = migration::order({{path, text}}, options_.framework);
  if (set.files.empty() && !set.down_files.empty()) {
    summary_.skipped.push_back(path);
    return summary_;
  }
  migration::File file;
  file.path = path;
  if (!set.files.empty()) file = set.files.front();
  const auto start = options_.start ? *options_.start : schema::Catalog();
  schema::Replay replay(start);
  Release release;
  FileLinter linter(options_.server_version, options_.start != nullptr, replay, release, start);
  finish(linter.judge(migration::load_text(file, std::move(text), kStreamAbove)));
  return summary_;
}

FileReport Linter::lint_text(const std::string& path, std::string text, const schema::Catalog& before) {
  const auto set = migration::order({{path, text}}, options_.framework);
  migration::File file;
  file.path = path;
  if (!set.files.empty()) file = set.files.front();
  schema::Replay replay(before);
  Release release;
  FileLinter linter(options_.server_version, !before.relations.empty(), replay, release, before);
  return with_findings(linter.judge(migration::load_text(file, std::move(text))), rules_, options_.server_version);
}

}  // namespace bgdb::lint
