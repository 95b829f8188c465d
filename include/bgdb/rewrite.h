// Turn a migration that breaks the running version into expand, backfill and contract files. Pure: no database, no
// files written; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb {

struct RewrittenFile {
  std::string path;  // in the naming of the migration's framework
  std::string text;
  std::string phase;  // "expand" | "backfill" | "contract"
  bool undo = false;
};

struct RewriteResult {
  std::vector<RewrittenFile> files;  // in the order in which they run; empty when there is nothing to rewrite
  struct Refusal {
    int line = 1;  // 1-based
    std::string reason;
    std::string cure;
  };
  std::vector<Refusal> refused;  // statements without a safe form; then `files` is empty
  std::string error;             // not empty: the input cannot be used; everything else is unset
};

// `schema_sql`: statements that make the schema before this migration.
RewriteResult rewrite_text(std::string_view path, std::string_view text, std::string_view schema_sql);

}  // namespace bgdb
