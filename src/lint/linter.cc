#include "lint/linter.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/interrupt.h"
#include "lint/stages.h"

namespace bgdb::lint {

namespace {

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

Result<void> Linter::run_set(const migration::Set& set) {
  schema::Replay replay(options_.start ? *options_.start : schema::Catalog());
  Release release;
  auto start = std::make_shared<const schema::Catalog>();
  bool release_begun = false;
  const bool together = options_.one_release || options_.baseline;
  const bool history = set.files.size() > 1 || options_.start;
  const size_t released = options_.baseline ? BGDB_TRY(released_files(set)) : 0;
  std::vector<const migration::File*> files;
  std::vector<bool> judged;
  for (size_t i = 0; i < set.files.size(); ++i) {
    const bool is_wanted = set.files[i].wanted && i >= released && !excluded(set.files[i].path);
    if (!is_wanted && options_.start) continue;
    files.push_back(&set.files[i]);
    judged.push_back(is_wanted);
  }
  while (!judged.empty() && !judged.back()) {  // what comes behind changes no judgement
    files.pop_back();
    judged.pop_back();
  }
  ReadAhead ahead(files, [&](const migration::File& file) {
    if (buffers_.empty()) return migration::load(file);
    const auto buffer = buffers_.find(canonical(file.path));
    return buffer == buffers_.end() ? migration::load(file)
                                    : Result<migration::Loaded>(migration::load_text(file, buffer->second));
  });
  Delivery behind([&](Judged one) { finish(std::move(one)); });
  for (size_t i = 0; i < files.size(); ++i) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto& file = *files[i];
    auto loaded = readable(ahead.next());
    if (!loaded) {
      if (judged[i]) behind.add({unreadable(file, loaded.error(), rules_), {}, {}, false});
      continue;
    }
    if (!judged[i]) {
      for (const auto& statement : loaded->up.statements) replay.apply(statement);
      replay.end_of_file();
      continue;
    }
    if (!together || !release_begun) {
      release = {};
      start = std::make_shared<const schema::Catalog>(replay.catalog());
      release_begun = true;
    }
    FileLinter linter(options_.server_version, history, replay, release, *start);
    auto one = linter.judge(std::move(*loaded));
    if (!file.complaint.empty()) one.report.findings.push_back(used_twice(file, rules_));
    behind.add(std::move(one));
    replay.end_of_file();
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
    return fail(ErrorCode::not_found, fmt::format("{} holds no migration", fmt::join(paths, ", ")),
                "give the folder whose *.sql files (or whose sub-folders with them) are the migrations");
  }
  for (auto& history : tree.histories) {
    const auto set = std::move(history);  // its memory is free again behind it
    BGDB_CHECK(run_set(set));
    summary_.notes.insert(summary_.notes.end(), set.notes.begin(), set.notes.end());
  }
  return summary_;
}

// False when `path` has no place in an order.
Result<bool> Linter::run_in_place(const std::string& path, const std::string& text) {
  const auto set = BGDB_TRY(migration::history_around({path, text}, options_.framework));
  if (!set) return false;
  buffers_[canonical(path)] = text;
  const auto done = run_set(*set);
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
  finish(linter.judge(migration::load_text(file, std::move(text))));
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
