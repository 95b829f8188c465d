// Runs migration files on a server: in the framework's order and transaction mode, with bounded waits for locks, each
// file recorded in bgdb.schema_versions. A run that was killed is continued by the next one (docs/design/migrate.md).
// One run at a time per database (operator's lock). Call from one thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/result.h"
#include "core/retry.h"
#include "migrate/backfill.h"
#include "migrate/retire.h"
#include "migration/migration.h"

namespace bgdb::migrate {

// What is written under it on a standby comes from the other side's rows: the links pass it by. One for each database.
inline constexpr const char* kMigrateOrigin = "bgdb_migrate";

using std::chrono::milliseconds;

// A statement outside a transaction was running when an earlier run died, and the database does not tell whether it
// took effect: the operator looks and says.
enum class Unfinished { ask, done, again };

struct MigrateOptions {
  std::string dsn;
  std::string side;                // recorded with each file: blue | green
  std::vector<std::string> paths;  // folders or files
  std::optional<migration::Framework> framework;
  std::string baseline;  // files at or below it count as applied; empty: none
  std::string to;        // the last version to run; empty: all
  std::string phase;     // empty: everything; expand (also files without a phase) | backfill | contract
  bool dry_run = false;
  std::map<std::string, std::string> placeholders;  // ${name}, {{name}} -> text, put in as it is
  bool allow_missing = false;                       // applied files that are not there any more
  bool allow_out_of_order = false;                  // files that sort ahead of applied ones
  // Two versions of the application on this database: contract only when the old one was declared retired.
  std::optional<OldVersion> old_version;
  Unfinished unfinished = Unfinished::ask;
  milliseconds lock_timeout{1'000};
  milliseconds statement_timeout{0};  // of statements that hold their locks until the file ends; 0: none
  // Waits of ... CONCURRENTLY for old transactions, which block nobody.
  milliseconds concurrent_wait_max{600'000};
  core::RetryPolicy retry{30, milliseconds(200), milliseconds(5'000), milliseconds(300'000)};
  Pace pace;     // of batches
  int jobs = 1;  // tables filled side by side
};

enum class FileState { baseline, applied, pending, ran, left_out };  // left_out: another phase, or behind `to`
std::string_view to_string(FileState state);

// How long clients of a table may have been held: from the request of its ACCESS EXCLUSIVE lock to the commit.
struct ExclusiveLock {
  std::string table;
  int line = 1;  // of the statement that took it
  milliseconds held{0};
};

struct StatementReport {
  int line = 1;
  std::string text;            // its first line
  bool in_transaction = true;  // shares one with its neighbours; false: alone
  bool batches = false;        // a backfill, driven by bgdb
  bool may_commit = false;     // parts of its work, by itself: CALL, DO with COMMIT
  milliseconds duration{0};    // 0 in a dry run
};

struct FileReport {
  std::string file;  // relative to the migrations folder
  std::string path;  // and, for files that run: text, placeholders filled in
  std::string text;
  std::string checksum;
  migration::Framework framework = migration::Framework::plain;
  std::string version;
  std::string phase = "all";
  FileState state = FileState::pending;
  bool in_transaction = true;
  milliseconds duration{0};
  int retries = 0;           // attempts lost to locks
  bool continued = false;    // an earlier run had begun it
  int indexes_repaired = 0;  // invalid ones dropped and built again
  int tables_guarded = 0;
  std::vector<StatementReport> statements;  // of files that ran or would run
  std::vector<ExclusiveLock> exclusive;
  std::vector<BatchReport> batches;
};

struct MigrateReport {
  std::vector<FileReport> files;  // in order
  std::vector<std::string> notes;
  Evidence evidence;  // that the old version is retired
  int ran = 0;
  int pending = 0;  // dry run: what would run
};

// Failure: refused (an applied file changed, another operator at work, an unfinished statement, a retired side),
// lock_timeout (with who held the lock), sql (file, line, statement), unsupported (placeholders without a value, psql
// commands).
// Files that ran before the failure stay applied and recorded.
Result<MigrateReport> run_migrations(const MigrateOptions& options, core::Progress& progress);

struct RetireReport {
  std::vector<std::string> contract_files;  // that may run from now on
  Evidence evidence;
};
// A person says that the old version is gone. Failure: refused (its sessions are connected; no contract file waits).
Result<RetireReport> retire_old_version(const MigrateOptions& options);

}  // namespace bgdb::migrate
