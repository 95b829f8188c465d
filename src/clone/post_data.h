// What a schema gets once its rows are there: keys and indexes side by side, then the rest in the order of the dump,
// then the check of foreign keys. Each statement that is done stands as a fact, written in its own transaction.
#pragma once

#include <string>
#include <vector>

#include "core/ident.h"
#include "core/progress.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

struct PostStatement {
  size_t number = 0;  // in the text
  std::string sql;
  QualifiedName table;  // of a key, index or foreign key
  std::string name;     // of a foreign key
};

struct PostData {
  std::vector<std::string> settings;        // of the session, first
  std::vector<PostStatement> indexes;       // keys and indexes
  std::vector<PostStatement> identities;    // which index is the replica identity
  std::vector<PostStatement> rest;          // in the dump's order; foreign keys without looking at the rows
  std::vector<PostStatement> foreign_keys;  // to be validated; sql is ALTER TABLE ... VALIDATE CONSTRAINT
};
PostData read_post_data_text(const std::string& sql);

struct BuildOptions {
  std::string green_dsn;
  int workers = 2;
};
Result<void> build_indexes(const BuildOptions& options, const PostData& data, core::Progress& progress);
// Of the foreign keys that green's rows do not keep: "table: constraint: what the server said".
Result<std::vector<std::string>> validate_foreign_keys(const BuildOptions& options, const PostData& data,
                                                       core::Progress& progress);
// One after the other, in the session's transaction. Changes the session's settings.
Result<void> run_all(pg::Session& session, const PostData& data, const std::vector<PostStatement>& statements);

// ANALYZE of all these tables (quoted names), side by side.
Result<void> analyze(const BuildOptions& options, const std::vector<std::string>& tables, core::Progress& progress);

}  // namespace bgdb::clone
