#include "app/operator_lock.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/sql_file.h"
#include "journal/operator_lock.h"

namespace bgdb::app {

std::string operator_application_name(const std::string& command) {
  char host[64] = {};
  ::gethostname(host, sizeof host - 1);
  return fmt::format("bgdb {} pid {}@{} uid {}", command, ::getpid(), host, ::getuid()).substr(0, 63);
}

Result<void> take_operator_lock(pg::Session& session, const std::string& side) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  const auto holder = BGDB_TRY(session.query(core::sql_text("cutover/find_operator.sql")));
  if (holder.empty()) return fail(ErrorCode::refused, "the operator lock on " + side + " is held by someone else");
  return fail(ErrorCode::refused,
              fmt::format("another operator is at work on {}: {} (server process {}, user {}, from {}, since {})", side,
                          holder.at(0, "application_name").value_or("?"), holder.at(0, "pid").value_or("?"),
                          holder.at(0, "usename").value_or("?"), holder.at(0, "host").value_or("?"),
                          holder.at(0, "since").value_or("?")),
              "Wait for that run to end; a run that hangs is ended with pg_terminate_backend of that process.");
}

}  // namespace bgdb::app
