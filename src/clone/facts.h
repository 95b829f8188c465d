// What green remembers of a clone (bgdb.fact, keys "clone*"): the only memory a later run trusts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/lsn.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

enum class Stage {
  none,     // no clone was begun
  started,  // slot and publication may exist on blue
  schema,   // tables are on green, created by us; data incomplete
  data,     // all rows are on green; indexes are not
  indexes,  // indexes, constraints and triggers are there
  done,
};
std::string_view to_string(Stage stage);

struct Facts {
  Stage stage = Stage::none;
  std::string slot;
  std::string source_system;
  Lsn consistent_point;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::vector<std::string> guarded;  // quoted names
  std::vector<std::string> analyze;  // quoted names
};

struct CreatedObject {
  std::string type;      // as DROP calls it
  std::string identity;  // quoted
};

Result<Facts> read_facts(pg::Session& green);
Result<void> write_facts(pg::Session& green, const Facts& facts);
Result<void> write_created(pg::Session& green, const std::vector<CreatedObject>& created);
Result<std::vector<CreatedObject>> read_created(pg::Session& green);
// Statements that make indexes, constraints and triggers, kept from the snapshot's time.
Result<void> write_post_data(pg::Session& green, const std::string& sql);
Result<std::string> read_post_data(pg::Session& green);
Result<void> forget(pg::Session& green);

}  // namespace bgdb::clone
