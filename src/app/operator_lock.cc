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

Result<void> take_operator_lock(pg::Session& session, const std::string& side, const std::string& take_over) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  const auto holder = BGDB_TRY(session.query(core::sql_text("cutover/find_holder.sql"), {"operator"}));
  if (holder.empty()) return fail(ErrorCode::refused, "the operator lock on " + side + " is held by someone else");
  const auto who = holder.at(0, "application_name").value_or("?");
  const auto pid = holder.at(0, "pid").value_or("0");
  const bool meant = !take_over.empty() && (who + " ").find(" pid " + take_over + " ") != std::string::npos;
  if (meant) {
    BGDB_CHECK(session.execute("select pg_terminate_backend($1, 5000)", {pid}));
    if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  }
  const auto named = who.find(" pid ");
  const std::string run = named == std::string::npos ? "" : who.substr(named + 5, who.find(' ', named + 5) - named - 5);
  return fail(
      ErrorCode::refused,
      fmt::format("another operator is at work on {}: {} (server process {}, user {}, from {}, since {}){}", side, who,
                  pid, holder.at(0, "usename").value_or("?"), holder.at(0, "host").value_or("?"),
                  holder.at(0, "since").value_or("?"), !take_over.empty() && !meant ? ", not " + take_over : ""),
      run.empty() ? "Wait for it to end."
                  : fmt::format("Wait for it to end; when that run hangs, take its place with --take-over {}.", run));
}

}  // namespace bgdb::app
