// Replay: what a statement does to the model. Never fails on unknown objects; it tells what it did not know.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::schema {

struct ApplyResult {
  std::vector<QualifiedName> unknown;  // objects named by the statement that the model does not know
  std::vector<QualifiedName> created;  // relations
  std::vector<QualifiedName> dropped;  // relations, also by CASCADE
  bool collided = false;               // in code: it makes what is there already
  std::vector<std::string> refused;    // why the server would refuse it: "view public.v depends on table public.t"
};

// REQUIRES: statement.parsed (else nothing happens).
ApplyResult apply(Catalog& catalog, const parse::Statement& statement);
// The same for a statement of a DO block or function: what exists already stays, and is told by `collided`.
ApplyResult apply_in_code(Catalog& catalog, const parse::Statement& statement);

// Where the tools that run migrations note what ran: no version of the application reads it, and no migration makes it.
bool is_bookkeeping(const std::string& table);

// A replay that knows transactions: BEGIN, COMMIT, ROLLBACK, savepoints, search_path (SET LOCAL ends with them).
class Replay {
 public:
  explicit Replay(Catalog start = {}) : catalog_(std::move(start)), path_at_start_(catalog_.search_path) {
    catalog_.settle();
  }
  ApplyResult apply(const parse::Statement& statement);
  // End of a file or section: an open transaction of it is committed when `commit`, else undone; search_path is reset.
  void end_of_file(bool commit = true);
  const Catalog& catalog() const { return catalog_; }
  Catalog& catalog() { return catalog_; }
  bool in_transaction() const { return !saved_.empty(); }

 private:
  struct Saved {
    std::string savepoint;  // empty for the transaction itself
    std::shared_ptr<const Catalog>
        before;  // null until something changes; shared by levels that began at the same state
  };
  void control(const parse::TransactionStatement& statement);
  void finish(bool commit);
  void keep_state();

  Catalog catalog_;
  std::vector<Saved> saved_;
  std::vector<std::string> path_at_start_;
  std::optional<std::vector<std::string>> path_behind_local_;  // search_path to return to when SET LOCAL ends
};

// Differences of two schemas, one line each, for people and for tests ("equal" = empty). Names of constraints, indexes
// and the order of columns count only when asked.
struct DiffOptions {
  bool column_order = false;
  bool constraint_names = true;
};
std::vector<std::string> diff(const Catalog& left, const Catalog& right, const DiffOptions& options = {});

}  // namespace bgdb::schema
