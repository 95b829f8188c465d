// What green remembers of a clone (bgdb.fact, keys "clone" and "clone.*"): the only memory a later run trusts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

enum class Stage {
  none,         // no clone was begun
  started,      // slot and publications may exist on blue
  schema,       // tables are on green, created by us; data incomplete
  data,         // all rows are on green; indexes are not
  indexes,      // keys and indexes are there
  level,        // every table stands at the same point
  constraints,  // foreign keys, triggers and the rest of the schema are there
  done,
};
std::string_view to_string(Stage stage);

struct Facts {
  Stage stage = Stage::none;
  std::string slot;
  std::string source_system;
  std::string schema;    // blue's fingerprint in the slot's snapshot
  Lsn consistent_point;  // of the slot; once `level`, where all tables stand
  int64_t rows = 0;
  int64_t bytes = 0;
  bool translated = false;           // green had its schema before; nothing of it is ours
  std::vector<std::string> guarded;  // quoted names
  std::vector<std::string> analyze;  // quoted names
};

struct CreatedObject {
  std::string type;      // as DROP calls it
  std::string identity;  // quoted
};

// A table whose rows are complete: they hold what committed on blue before `as_of`. Written with the rows.
struct CopiedTable {
  QualifiedName name;
  Lsn as_of;
  int64_t rows = 0;
  int64_t bytes = 0;
};

Result<Facts> read_facts(pg::Session& green);
Result<void> write_facts(pg::Session& green, const Facts& facts);
Result<void> write_created(pg::Session& green, const std::vector<CreatedObject>& created);
Result<std::vector<CreatedObject>> read_created(pg::Session& green);
Result<void> write_copied(pg::Session& green, const std::vector<CopiedTable>& tables);
Result<std::vector<CopiedTable>> read_copied(pg::Session& green);
// Statements that make indexes, constraints and triggers, kept from the snapshot's time.
Result<void> write_post_data(pg::Session& green, const std::string& sql);
Result<std::string> read_post_data(pg::Session& green);
// Numbers of its statements that are done; each is written in the transaction that did it.
Result<void> write_built(pg::Session& green, const std::vector<size_t>& numbers);
Result<std::set<size_t>> read_built(pg::Session& green);
// What only a run in progress needs.
Result<void> forget_progress(pg::Session& green);
Result<void> forget(pg::Session& green);

}  // namespace bgdb::clone
