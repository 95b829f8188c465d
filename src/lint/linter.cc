#include "lint/linter.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "lint/file_linter.h"

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

bool same_file_listed(const migration::Set& set, const std::string& path) {
  return std::any_of(set.files.begin(), set.files.end(),
                     [&](const auto& file) { return canonical(file.path) == path; });
}

FileReport unreadable(const migration::File& file, const Error& error) {
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
  finding.severity = Severity::error;
  finding.message = report.verdict.reason;
  finding.why = "Nothing is known about a migration that cannot be read.";
  report.findings.push_back(std::move(finding));
  return report;
}

}  // namespace

Linter::Linter(const RuleBook& rules, Options options, Sink sink)
    : rules_(rules), options_(std::move(options)), sink_(std::move(sink)) {}

void Linter::finish(FileReport report) {
  ++summary_.files;
  summary_.statements += report.statements.size();
  for (const auto& finding : report.findings) ++summary_.findings[finding.severity];
  summary_.verdict = worst_of({summary_.verdict, report.verdict});
  if (sink_) sink_(std::move(report));
}

Result<void> Linter::run_set(const migration::Set& set, const std::map<std::string, std::string>& wanted) {
  schema::Replay replay;
  Release release;
  auto start = std::make_shared<const schema::Catalog>();
  bool baseline_seen = !options_.baseline;
  bool release_begun = false;
  const bool together = options_.one_release || options_.baseline;
  const bool history = set.files.size() > 1;
  for (auto file : set.files) {
    const auto given = wanted.find(canonical(file.path));
    const bool is_wanted = (wanted.empty() || given != wanted.end()) && baseline_seen;
    if (given != wanted.end()) file.path = given->second;  // reports name a file as the user did
    if (options_.baseline && file.version == *options_.baseline) baseline_seen = true;
    auto loaded = migration::load(file);
    if (!loaded) {
      if (is_wanted) finish(unreadable(file, loaded.error()));
      continue;
    }
    if (loaded->text.find('\0') != std::string::npos) {
      if (is_wanted) finish(unreadable(file, make_error(ErrorCode::input, "it holds zero bytes, so it is no text")));
      continue;
    }
    if (!is_wanted) {
      for (const auto& statement : loaded->up.statements) replay.apply(statement);
      replay.end_of_file();
      continue;
    }
    if (!together || !release_begun) {
      release = {};
      start = std::make_shared<const schema::Catalog>(replay.catalog());
      release_begun = true;
    }
    FileLinter linter(rules_, options_.server_version, history, replay, release, *start);
    finish(linter.lint(*loaded));
    replay.end_of_file();
  }
  if (!baseline_seen) {
    return fail(ErrorCode::usage, fmt::format("no migration has the version {}", *options_.baseline),
                "--baseline names the last version that is already released");
  }
  return {};
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
  for (const auto& folder : folders) {
    const auto set = BGDB_TRY(migration::discover({folder}, options_.framework));
    if (set.files.empty()) {
      return fail(ErrorCode::not_found, fmt::format("{} holds no migration", folder),
                  "give the folder whose *.sql files (or whose sub-folders with them) are the migrations");
    }
    BGDB_CHECK(run_set(set, {}));
  }
  for (const auto& [folder, wanted] : files) {
    std::vector<std::string> alone;
    for (const auto& [path, given] : wanted) alone.push_back(path);
    auto set = migration::discover({folder}, options_.framework);
    const bool has_all = set && std::all_of(wanted.begin(), wanted.end(),
                                            [&](const auto& entry) { return same_file_listed(*set, entry.first); });
    // Unnumbered files of a plain folder have no order that means something.
    const bool ordered = has_all && std::all_of(set->files.begin(), set->files.end(),
                                                [](const auto& file) { return !file.version.empty(); });
    if (ordered) {
      BGDB_CHECK(run_set(*set, wanted));
    } else {
      BGDB_CHECK(run_set(BGDB_TRY(migration::discover(alone, options_.framework)), wanted));
    }
  }
  return summary_;
}

Result<Summary> Linter::run_text(const std::string& path, std::string text) {
  summary_ = {};
  summary_.verdict.reason = worst_of({}).reason;
  std::vector<migration::Text> texts{{path, text}};
  const auto set = migration::order(texts, options_.framework);
  migration::File file;
  file.path = path;
  if (!set.files.empty()) file = set.files.front();
  schema::Replay replay;
  Release release;
  const schema::Catalog start;
  FileLinter linter(rules_, options_.server_version, false, replay, release, start);
  finish(linter.lint(migration::load_text(file, std::move(text))));
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
  FileLinter linter(rules_, options_.server_version, !before.relations.empty(), replay, release, before);
  return linter.lint(migration::load_text(file, std::move(text)));
}

}  // namespace bgdb::lint
