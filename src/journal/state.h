// What bgdb keeps inside each database, schema `bgdb` (sql/state/create.sql). These rows are the facts that decide; see
// docs/design/state.md for every table and who writes it.
#pragma once

#include <optional>
#include <string>

#include "core/lsn.h"
#include "core/result.h"
#include "core/role.h"
#include "pg/session.h"

namespace bgdb::journal {

using core::Role;
using core::to_string;

struct Side {
  Role role = Role::active;
  int64_t epoch = 0;
  std::string since;
  std::string by;
};

// Creates schema bgdb and its tables and functions when missing (idempotent, one transaction).
Result<void> install_state(pg::Session& session);
Result<bool> state_installed(pg::Session& session);
// nullopt: not installed or no row yet.
Result<std::optional<Side>> read_side(pg::Session& session);

}  // namespace bgdb::journal
