// The catastrophe copy: a whole database in pg_dump's directory format, as of one snapshot, with a manifest that says
// how many rows each table had. It counts as checked once it was restored into a throwaway database and every count was
// the same. A folder that is not finished is called <name>.part. Call from one thread; starts threads of its own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/progress.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

struct ArchiveTable {
  QualifiedName name;
  int64_t rows = 0;
};

struct Archive {
  std::string path;  // of its folder
  std::string database;
  std::string taken_at;  // UTC
  Lsn lsn;               // everything committed before is in it
  std::string source_system;
  int server_version = 0;
  bool checked = false;
  int64_t bytes = 0;  // of its files
  std::vector<ArchiveTable> tables;
};

struct ArchiveOptions {
  std::string dsn;
  std::string folder;  // the copy's own folder is made in it
  std::string name;    // its first part
  int jobs = 2;
  std::string check_dsn{};  // a server on which it is restored once; empty: it is not checked
  std::string pg_dump{};    // its path; empty = found
};
// Failure: io (pg_dump, the disk), divergence (what was restored is not what was saved). Leaves nothing behind then.
Result<Archive> take_archive(const ArchiveOptions& options, core::Progress& progress);

// Failure: input, when `path` holds no manifest of ours.
Result<Archive> read_archive(const std::string& path);
// Finished copies in `folder`, oldest first.
std::vector<Archive> list_archives(const std::string& folder);
// Removes copies (and unfinished ones) that are older than that; their paths.
Result<std::vector<std::string>> prune_archives(const std::string& folder, std::chrono::seconds older_than);

// What a restore would take from `live`.
struct Loss {
  struct Table {
    QualifiedName name;
    int64_t rows_then = 0;
    int64_t rows_now = 0;
    bool only_now = false;  // the table is younger than the copy
  };
  std::vector<Table> tables;         // whose row counts differ
  std::optional<int64_t> log_bytes;  // written since, by the whole server; nullopt: another server
};
Result<Loss> what_is_lost(const Archive& archive, pg::Session& live);

struct Restored {
  std::string database;
  std::string kept_as;  // the database that had its name
  int64_t rows = 0;
  std::vector<std::string> slots_left;  // of the kept database: nobody reads them, they keep WAL
};
// Into a new database, compared with the manifest, then exchanged with the one that `dsn` names, which is kept under
// another name. Ends that database's connections. Failure: nothing was exchanged. `prepare`: called with the new
// database before the exchange, so that what it changes is never missing afterwards.
Result<Restored> restore_archive(const Archive& archive, const std::string& dsn, int jobs, core::Progress& progress,
                                 const std::function<Result<void>(pg::Session& fresh)>& prepare = {});

}  // namespace bgdb::clone
