#include "migrate/retire.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/contains.h"
#include "core/sql_file.h"
#include "core/text.h"
#include "core/units.h"
#include "journal/journal.h"

namespace bgdb::migrate {
namespace {

std::string like_pattern(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '_' || c == '%' || c == '\\') pattern += '\\';
    pattern += c == '*' ? '%' : c;
  }
  return pattern;
}

struct Clients {
  Evidence lines;
  int64_t old_sessions = 0;
  std::string old_text;
};

Result<Clients> read_clients(pg::Session& session, const std::string& application_name) {
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("migrate/list_clients.sql"), {like_pattern(application_name)}));
  Clients clients;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto name =
        rows.text(i, "application").empty() ? "without a name" : "\"" + rows.text(i, "application") + "\"";
    auto line = fmt::format("{} {} {} of {} from {}, the oldest since {} (pid {})", rows.integer(i, "sessions"),
                            rows.integer(i, "sessions") == 1 ? "session" : "sessions", name, rows.text(i, "user_name"),
                            rows.text(i, "hosts"), rows.text(i, "oldest"), rows.integer(i, "pid"));
    if (rows.boolean(i, "old")) {
      clients.old_sessions += rows.integer(i, "sessions");
      clients.old_text += (clients.old_text.empty() ? "" : "; ") + line;
      line += ": the old version";
    }
    clients.lines.push_back(std::move(line));
  }
  if (clients.lines.empty()) clients.lines.emplace_back("nobody but bgdb is connected");
  return clients;
}

Result<void> refuse_connected(const Clients& clients, const OldVersion& old_version) {
  if (clients.old_sessions == 0) return {};
  return fail(ErrorCode::refused, fmt::format("the old version is not retired: {}", clients.old_text),
              fmt::format("stop it; sessions whose application_name is like \"{}\" count as the old version",
                          old_version.application_name));
}

std::string listed(const Evidence& lines) {
  return core::join(lines, "; ");
}

}  // namespace

Result<Evidence> declare_retired(pg::Session& session, const OldVersion& old_version,
                                 const std::vector<std::string>& contract_files) {
  if (old_version.application_name.empty()) {
    const auto clients = BGDB_TRY(read_clients(session, ""));
    return fail(ErrorCode::refused,
                "nothing says which sessions are the old version's. Connected now: " + listed(clients.lines),
                "set migrations.old_version in bgdb.yml to its application_name (* stands for anything), or give "
                "--old-version");
  }
  const auto clients = BGDB_TRY(read_clients(session, old_version.application_name));
  BGDB_CHECK(refuse_connected(clients, old_version));
  BGDB_CHECK(session.execute(core::sql_text("migrate/write_retired.sql"),
                             {old_version.application_name, journal::actor(), nlohmann::json(contract_files).dump()}));
  Evidence evidence = {fmt::format("no session of \"{}\" is connected", old_version.application_name)};
  evidence.insert(evidence.end(), clients.lines.begin(), clients.lines.end());
  return evidence;
}

Result<Evidence> check_retired(pg::Session& session, const OldVersion& old_version,
                               const std::vector<std::string>& contract_files) {
  const bool installed = BGDB_TRY(session.scalar("select to_regclass('bgdb.fact') is not null")) == "t";
  const auto rows = installed ? BGDB_TRY(session.query(core::sql_text("migrate/read_retired.sql"))) : pg::Rows{};
  const auto pattern = !rows.empty() ? rows.text(0, "old_version") : old_version.application_name;
  const auto clients = BGDB_TRY(read_clients(session, pattern));
  if (rows.empty()) {
    return fail(
        ErrorCode::refused,
        "contract ends the way back to the old version, and nobody has said that it is retired. Connected now: " +
            listed(clients.lines),
        "when it is gone, say so: bgdb migrate --retire");
  }
  const auto files = nlohmann::json::parse(rows.text(0, "files"), nullptr, false);
  for (const auto& file : contract_files) {
    if (files.is_array() && core::contains(files, file)) continue;
    return fail(
        ErrorCode::refused,
        fmt::format("\"{}\" was declared retired at {} by {}, and {} was not among the files that waited for it",
                    pattern, rows.text(0, "at"), rows.text(0, "by"), file),
        "when the version that this file breaks is gone, say so: bgdb migrate --retire");
  }
  BGDB_CHECK(refuse_connected(clients, {pattern, {}}));
  const std::chrono::milliseconds age(rows.integer(0, "age_ms"));
  if (age < old_version.quiet_for) {
    return fail(ErrorCode::refused,
                fmt::format("\"{}\" was declared retired {} ago; contract waits for {} (migrations.quiet_for)", pattern,
                            core::format_duration(age), core::format_duration(old_version.quiet_for)),
                "wait, or change migrations.quiet_for in bgdb.yml");
  }
  Evidence evidence = {fmt::format("\"{}\" was declared retired at {} by {}, {} ago", pattern, rows.text(0, "at"),
                                   rows.text(0, "by"), core::format_duration(age)),
                       "none of its sessions is connected"};
  evidence.insert(evidence.end(), clients.lines.begin(), clients.lines.end());
  return evidence;
}

}  // namespace bgdb::migrate
