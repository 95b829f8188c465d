// The statements of a switch as text: what the wiring runs and what --dry-run shows are the same.
#pragma once

#include <chrono>
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

std::string fence_begin_sql(std::chrono::milliseconds lock_timeout, std::chrono::milliseconds rest);
std::string fence_lock_sql(const std::vector<SwitchTable>& tables);
// Enables the guard, or creates it where there is none.
std::string guard_sql(const std::vector<SwitchTable>& tables);
// Takes the guard off; it stays there, disabled, for the way back. DISABLE needs the weaker lock: DROP TRIGGER would
// wait for readers while nobody can write.
std::string unguard_sql(const std::vector<SwitchTable>& tables);
// One statement that reads all of them; empty list = empty text.
std::string read_sequences_sql(const std::vector<QualifiedName>& sequences);

}  // namespace bgdb::app
