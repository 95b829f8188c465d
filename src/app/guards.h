// Guards on the tables of the side that serves, put there while it serves and lets writes pass: so that a switch has
// none to make while clients wait.
#pragma once

#include <string>
#include <vector>

#include "app/switch_sql.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app {

// The tables of a publication, roots and leaves, in the order of locking.
Result<std::vector<SwitchTable>> read_switch_tables(pg::Session& session, const std::string& publication);

// Table by table, each its own transaction: CREATE TRIGGER waits for the writers of that table, and they for it, never
// longer than `lock_timeout`. Idempotent; `tables` is kept true.
Result<void> guard_tables(pg::Session& session, std::vector<SwitchTable>& tables,
                          std::chrono::milliseconds lock_timeout, std::chrono::milliseconds budget);

}  // namespace bgdb::app
