// The statements of a switch as text: what the wiring runs and what --dry-run shows are the same.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "core/ident.h"

namespace bgdb::app {

struct SwitchTable {
  QualifiedName name;
  char guard = 0;  // 0 none, else pg_trigger.tgenabled
};

struct SequenceState {
  QualifiedName name;
  std::string last_value;
  bool is_called = false;
};

// Begins the fence's transaction with locks that let writers go on and keep DDL out, so that the schema can be checked
// before anybody waits. `patience`: how long that may take.
std::string hold_schema_sql(const std::vector<SwitchTable>& tables, std::chrono::milliseconds patience);
// One attempt at the lock that stops writers, behind a savepoint: a failed one gives them back and keeps the schema.
std::string fence_lock_sql(const std::vector<SwitchTable>& tables, std::chrono::milliseconds lock_timeout,
                           std::chrono::milliseconds rest);
// Writes pass while the side serves. Empty when there is one already; one that was disabled is enabled.
std::string guard_sql(const SwitchTable& table);
// One statement that reads all of them; REQUIRES: not many, planning it is quadratic.
std::string read_sequences_sql(std::span<const QualifiedName> sequences);

}  // namespace bgdb::app
