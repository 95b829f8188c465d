#include "journal/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/sql_file.h"

namespace bgdb::journal {
namespace {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

Record record_of(const pg::Rows& rows, size_t i) {
  return {.seq = rows.integer(i, "seq"),
          .at = rows.text(i, "at"),
          .actor = rows.text(i, "actor"),
          .host = rows.text(i, "host"),
          .command = rows.text(i, "command"),
          .step = rows.text(i, "step"),
          .detail = rows.text(i, "detail"),
          .previous = rows.text(i, "previous"),
          .hash = rows.text(i, "hash")};
}

}  // namespace

std::string actor() {
  // BGDB_ACTOR: who stands behind a shared account (CI).
  if (const char* name = std::getenv("BGDB_ACTOR"); name != nullptr && *name != '\0') return name;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

Result<Record> append(pg::Session& session, const Entry& entry) {
  const bool own = !session.in_transaction();
  if (own) BGDB_CHECK(session.begin());
  auto appended = [&]() -> Result<Record> {
    BGDB_CHECK(session.execute("select pg_advisory_xact_lock(hashtext('bgdb'), hashtext('journal'))"));
    const auto rows = BGDB_TRY(session.query(core::sql_text("journal/append_record.sql"),
                                             {actor(), host_name(), entry.command, entry.step, entry.detail}));
    return record_of(rows, 0);
  }();
  if (!own) return appended;
  if (!appended) {
    if (session.alive()) (void)session.rollback();
    return appended;
  }
  BGDB_CHECK(session.commit());
  return appended;
}

Result<std::vector<Record>> read(pg::Session& session, int64_t limit) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("journal/read_records.sql"), {std::to_string(limit)}));
  std::vector<Record> records;
  for (size_t i = 0; i < rows.size(); ++i) records.push_back(record_of(rows, i));
  return records;
}

Result<Verdict> check(pg::Session& session) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("journal/check_chain.sql")));
  Verdict verdict;
  verdict.records = rows.integer(0, "total");
  if (rows.at(0, "seq")) {
    verdict.intact = false;
    verdict.problem = fmt::format("record {}: {}", rows.text(0, "seq"), rows.text(0, "problem"));
  }
  return verdict;
}

std::string to_json(const Record& record) {
  auto detail = nlohmann::json::parse(record.detail, nullptr, false);
  return nlohmann::json{{"seq", record.seq},           {"at", record.at},     {"actor", record.actor},
                        {"host", record.host},         {"step", record.step}, {"command", record.command},
                        {"detail", std::move(detail)}, {"hash", record.hash}, {"previous", record.previous}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> mirror(const std::string& path, const std::string& side, const Record& record) {
  auto json = nlohmann::json::parse(to_json(record));
  json["side"] = side;
  const std::string line = json.dump() + "\n";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool good =
      file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (good) return {};
  return fail(ErrorCode::io, fmt::format("cannot append to {}: {}", path, std::strerror(reason)));
}

Result<Verdict> check_mirror(pg::Session& session, const std::string& path, const std::string& side) {
  Verdict verdict;
  std::ifstream file(path);
  if (!file) return verdict;
  const auto records = BGDB_TRY(read(session));
  std::map<int64_t, std::string> hashes;
  for (const auto& record : records) hashes[record.seq] = record.hash;
  std::string line;
  while (std::getline(file, line)) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || json.value("side", "") != side) continue;  // a line torn by a crash is skipped
    ++verdict.records;
    const auto seq = json.value("seq", int64_t{0});
    const auto found = hashes.find(seq);
    if (found == hashes.end() || found->second != json.value("hash", "")) {
      verdict.intact = false;
      verdict.problem =
          fmt::format("record {} of {} stands in {} but {}", seq, side, path,
                      found == hashes.end() ? "not in the database" : "with another hash in the database");
      return verdict;
    }
  }
  return verdict;
}

}  // namespace bgdb::journal
