// The driver: files in their framework's order, replay of the schema, effects, verdicts, rules, ignores; one FileReport
// after the other to a sink. Memory holds one file and one schema, however many files there are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "lint/file_linter.h"
#include "lint/finding.h"
#include "lint/release.h"
#include "lint/rules.h"
#include "migration/migration.h"
#include "schema/apply.h"

namespace bgdb::lint {

class ReadAhead;
class Delivery;

struct Options {
  int server_version = 15;
  std::optional<migration::Framework> framework;
  // Release boundary. By default each file is a release of its own.
  bool one_release = false;             // --release set: the wanted files together
  std::optional<std::string> baseline;  // --baseline V: files after version V together; files up to V are history
  // The schema in force, of a live server or a dump. Files that are not judged are in it already and are not replayed.
  std::shared_ptr<const schema::Catalog> start;
  // Takes files that have run out of what is judged (wanted = false). Returns what to tell of it, or nothing.
  std::function<std::string(migration::Set& history)> leave_out;
  // Files that are history only: replayed, never judged. Findings that the configuration silences.
  std::function<bool(const std::string& path)> excluded;
  std::function<bool(const std::string& path, const std::string& rule)> silenced;
};

class Linter {
 public:
  using Sink = std::function<void(FileReport)>;

  Linter(const RuleBook& rules, Options options, Sink sink);

  // Files and folders; a folder may hold several histories, each judged apart. A file is judged behind the files that
  // its framework runs before it; one that runs only on the way back is not judged (Summary::skipped).
  // Failure: nothing there (not_found), unknown baseline (usage). A file that cannot be read is a finding.
  Result<Summary> run(const std::vector<std::string>& paths);
  // One text (stdin, an editor's buffer). Where `path` stands among numbered migrations, those before it are history.
  Result<Summary> run_text(const std::string& path, std::string text);
  // One file's text behind a schema that is given: for tests and rule examples.
  FileReport lint_text(const std::string& path, std::string text, const schema::Catalog& before);

 private:
  // The files of one history that count, and which of them are judged.
  struct Plan {
    std::vector<const migration::File*> files;
    std::vector<bool> judged;
    bool history = false;  // there are earlier files, or a schema to start from
  };
  Result<Plan> plan(const migration::Set& set) const;
  // REQUIRES: `ahead` is at the plan's first file.
  Result<void> judge(const Plan& plan, ReadAhead& ahead, Delivery& behind);
  Result<migration::Loaded> load(const migration::File& file) const;
  Result<void> run_all(std::vector<migration::Set> sets);
  Result<bool> run_in_place(const std::string& path, const std::string& text);
  Result<size_t> released_files(const migration::Set& set) const;
  bool excluded(const std::string& path) const { return options_.excluded && options_.excluded(path); }
  void finish(FileReport report);
  void finish(Judged judged) { finish(with_findings(std::move(judged), rules_, options_.server_version)); }

  const RuleBook& rules_;
  Options options_;
  Sink sink_;
  Summary summary_;
  std::map<std::string, std::string> buffers_;  // canonical path -> text to take instead of the file's
};

}  // namespace bgdb::lint
