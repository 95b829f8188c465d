// One file: statements in order, transactions, effects, verdicts, findings. Internal to lint/.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.h"
#include "lint/ignores.h"
#include "lint/release.h"
#include "migration/migration.h"
#include "schema/apply.h"

namespace bgdb::lint {

// A file after the replay went over it: all but its verdicts and findings.
struct Judged {
  FileReport report;
  migration::File file;
  parse::ParsedText parsed;  // its comments count; the statements are only freed where there is time for it
  bool sets_lock_timeout = false;
};

class FileLinter {
 public:
  FileLinter(int server_version, bool history, schema::Replay& replay, Release& release, const schema::Catalog& start)
      : server_version_(server_version), history_(history), replay_(replay), release_(release), start_(start) {}

  Judged judge(migration::Loaded loaded);

 private:
  void step(const parse::Statement& one, const migration::Loaded& loaded);
  void statement(const parse::Statement& statement, size_t index);
  void control(const parse::TransactionStatement& transaction);
  void note_refusal(const schema::ApplyResult& result);
  void roll_back_to(const std::string& savepoint);
  void open_transaction();
  void close_transaction(bool commit);
  void enter_section(const migration::Section& section);

  int server_version_;
  bool history_;
  schema::Replay& replay_;
  Release& release_;
  const schema::Catalog& start_;

  FileReport report_;
  size_t section_ = 0;  // of the last statement
  bool in_transaction_ = false;
  bool timezone_utc_ = false;
  bool sets_lock_timeout_ = false;
  int transaction_number_ = 0;
  size_t transaction_first_ = 0;
  TransactionFacts transaction_facts_;
  Release release_at_begin_;
  struct Savepoint {
    std::string name;
    size_t first = 0;  // statement behind it
    Release release;
  };
  std::vector<Savepoint> savepoints_;
};

// The report with the findings that no comment silences. Needs no schema: may run beside the judgement of later files.
FileReport with_findings(Judged judged, const RuleBook& rules, int server_version);

// Findings of the rules on a judged file.
std::vector<Finding> findings_of(FileReport& report, const migration::File& file, bool sets_lock_timeout,
                                 const RuleBook& rules, int server_version);

}  // namespace bgdb::lint
