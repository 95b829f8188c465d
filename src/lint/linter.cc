#include "lint/linter.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "core/interrupt.h"
#include "lint/stages.h"

namespace bgdb::lint {

namespace fs = std::filesystem;

namespace {

// The folder whose files form one history with `file`.
fs::path history_folder(const fs::path& file) {
  const auto name = file.filename().string();
  const bool own_folder = name == "migration.sql" || name == "up.sql";
  auto folder = fs::absolute(file).lexically_normal().parent_path();
  return own_folder ? folder.parent_path() : folder;
}

std::string canonical(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

bool listed(const std::vector<migration::File>& files, const std::string& path) {
  return std::any_of(files.begin(), files.end(), [&](const auto& file) { return canonical(file.path) == path; });
}

// Unnumbered files of a plain folder have no order that means something.
bool ordered(const migration::Set& set) {
  return std::all_of(set.files.begin(), set.files.end(), [](const auto& file) {
    return !file.version.empty() || file.direction == migration::Direction::repeatable;
  });
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
  summary_.verdict = worst_of({summary_.verdict, report.verdict});
  if (sink_) sink_(std::move(report));
}

Result<void> Linter::run_set(const migration::Set& set, const std::map<std::string, std::string>& wanted) {
  schema::Replay replay(options_.start ? *options_.start : schema::Catalog());
  Release release;
  auto start = std::make_shared<const schema::Catalog>();
  bool baseline_seen = !options_.baseline;
  bool release_begun = false;
  const bool together = options_.one_release || options_.baseline;
  const bool history = set.files.size() > 1 || options_.start;
  std::vector<migration::File> files;
  std::vector<bool> judged;
  for (auto file : set.files) {
    const auto given = wanted.find(canonical(file.path));
    const bool is_wanted = (wanted.empty() || given != wanted.end()) && baseline_seen && !excluded(file.path);
    if (given != wanted.end()) file.path = given->second;  // reports name a file as the user did
    if (options_.baseline && file.version == *options_.baseline) baseline_seen = true;
    if (!is_wanted && options_.start) continue;
    files.push_back(std::move(file));
    judged.push_back(is_wanted);
  }
  ReadAhead ahead(files, [&](const migration::File& file) {
    const auto buffer = buffers_.find(canonical(file.path));
    return buffer == buffers_.end() ? migration::load(file)
                                    : Result<migration::Loaded>(migration::load_text(file, buffer->second));
  });
  Delivery behind([&](Judged one) { finish(std::move(one)); });
  for (size_t i = 0; i < files.size(); ++i) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto& file = files[i];
    auto loaded = ahead.next();
    if (loaded && loaded->text.find('\0') != std::string::npos)
      loaded = fail(ErrorCode::input, "it holds zero bytes, so it is no text");
    if (!loaded) {
      if (judged[i]) behind.add({unreadable(file, loaded.error(), rules_), {}, false});
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
    behind.add(linter.judge(std::move(*loaded)));
    replay.end_of_file();
  }
  if (!baseline_seen) {
    return fail(ErrorCode::usage, fmt::format("no migration has the version {}", *options_.baseline),
                "--baseline names the last version that is already released");
  }
  return {};
}

Result<void> Linter::run_folder(const std::string& folder) {
  const auto set = BGDB_TRY(migration::discover({folder}, options_.framework));
  if (set.files.empty()) {
    return fail(ErrorCode::not_found, fmt::format("{} holds no migration", folder),
                "give the folder whose *.sql files (or whose sub-folders with them) are the migrations");
  }
  return run_set(set, {});
}

// `wanted`: canonical path -> path as given, files of one folder.
Result<void> Linter::run_files(const std::string& folder, std::map<std::string, std::string> wanted) {
  const auto set = BGDB_TRY(migration::discover({folder}, options_.framework));
  for (auto one = wanted.begin(); one != wanted.end();) {
    const bool skip = listed(set.down_files, one->first);
    if (skip) summary_.skipped.push_back(one->second);
    one = skip ? wanted.erase(one) : std::next(one);
  }
  std::map<std::string, std::string> in_order, alone;
  for (const auto& one : wanted) (ordered(set) && listed(set.files, one.first) ? in_order : alone).insert(one);
  if (!in_order.empty()) BGDB_CHECK(run_set(set, in_order));
  if (alone.empty()) return {};
  std::vector<std::string> paths;
  for (const auto& [path, given] : alone) paths.push_back(path);
  return run_set(BGDB_TRY(migration::discover(paths, options_.framework)), alone);
}

Result<Summary> Linter::run(const std::vector<std::string>& paths) {
  summary_ = {};
  summary_.verdict.reason = worst_of({}).reason;
  // Single files are grouped by the folder whose history they share.
  std::vector<std::string> folders;
  std::map<std::string, std::map<std::string, std::string>> files;  // folder -> canonical path -> path as given
  for (const auto& path : paths) {
    std::error_code problem;
    const auto status = fs::status(path, problem);
    if (!fs::exists(status))
      return fail(ErrorCode::not_found, fmt::format("there is no file or folder {}", path), "check the path");
    if (fs::is_directory(status)) {
      folders.push_back(path);
    } else {
      files[history_folder(path).string()].emplace(canonical(path), path);
    }
  }
  for (const auto& folder : folders) BGDB_CHECK(run_folder(folder));
  for (auto& [folder, wanted] : files) BGDB_CHECK(run_files(folder, std::move(wanted)));
  return summary_;
}

// False when `path` has no place in an order.
Result<bool> Linter::run_in_place(const std::string& path, const std::string& text) {
  const auto folder = history_folder(path);
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) return false;
  auto set = migration::discover({folder.string()}, options_.framework);
  if (!set || set->files.empty() || !ordered(*set)) return false;
  if (!listed(set->files, canonical(path))) {  // not saved yet
    std::vector<migration::Text> texts{{path, text}};
    const auto alone = migration::order(texts, set->framework);
    if (alone.files.empty() || alone.files.front().version.empty()) return false;
    const auto& file = alone.files.front();
    const auto after = std::upper_bound(set->files.begin(), set->files.end(), file,
                                        [](const auto& a, const auto& b) { return a.order_key < b.order_key; });
    set->files.insert(after, file);
  }
  buffers_[canonical(path)] = text;
  const auto done = run_set(*set, {{canonical(path), path}});
  buffers_.clear();
  if (!done) return fail(done.error());
  return true;
}

Result<Summary> Linter::run_text(const std::string& path, std::string text) {
  summary_ = {};
  summary_.verdict.reason = worst_of({}).reason;
  if (text.find('\0') != std::string::npos) {
    migration::File file;
    file.path = path;
    finish(unreadable(file, make_error(ErrorCode::input, "it holds zero bytes, so it is no text"), rules_));
    return summary_;
  }
  if (BGDB_TRY(run_in_place(path, text))) return summary_;
  std::vector<migration::Text> texts{{path, text}};
  const auto set = migration::order(texts, options_.framework);
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
  std::vector<migration::Text> texts{{path, text}};
  const auto set = migration::order(texts, options_.framework);
  migration::File file;
  file.path = path;
  if (!set.files.empty()) file = set.files.front();
  schema::Replay replay(before);
  Release release;
  FileLinter linter(options_.server_version, !before.relations.empty(), replay, release, before);
  return with_findings(linter.judge(migration::load_text(file, std::move(text))), rules_, options_.server_version);
}

}  // namespace bgdb::lint
