#include "replication/timeline.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "core/sql_file.h"
#include "replication/objects.h"

namespace bgdb::replication {
namespace {

std::string key_of(std::string_view slot) {
  return fmt::format("timeline:{}", slot);
}

// Where timeline `parent` ended for the history of `timeline`; nullopt: it is no ancestor. The server answers with its
// history file: a line per ancestor, "<timeline> <position> <reason>".
Result<std::optional<Lsn>> end_of(pg::ReplicationStream& source, int32_t parent, int32_t timeline) {
  const auto rows = BGDB_TRY(source.session().script(fmt::format("TIMELINE_HISTORY {}", timeline)));
  if (rows.empty()) return fail(ErrorCode::internal, "TIMELINE_HISTORY returned no row");
  std::istringstream lines(rows.text(0, "content"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    int32_t ancestor = 0;
    std::string lsn;
    if (words >> ancestor >> lsn && ancestor == parent) return std::optional(BGDB_TRY(Lsn::parse(lsn)));
  }
  return std::optional<Lsn>();
}

}  // namespace

Result<void> note_timeline(pg::Session& target, std::string_view slot, const pg::IdentifySystem& source) {
  return target.execute(core::sql_text("state/write_fact.sql"), {key_of(slot), fmt::format("{}", source.timeline)});
}

Result<void> check_timeline(pg::Session& target, std::string_view slot, pg::ReplicationStream& source,
                            const pg::IdentifySystem& now, Lsn applied) {
  const auto rows =
      BGDB_TRY(target.query("select value::text as timeline from bgdb.fact where key = $1", {key_of(slot)}));
  const auto known = rows.empty() ? now.timeline : static_cast<int32_t>(rows.integer(0, "timeline"));
  if (known == now.timeline) return rows.empty() ? note_timeline(target, slot, now) : Result<void>();
  const auto end = BGDB_TRY(end_of(source, known, now.timeline));
  if (end && applied <= *end) return note_timeline(target, slot, now);
  return fail(
      ErrorCode::refused,
      fmt::format("{} is on timeline {}{}, but the target has applied timeline {} up to {}: a standby that was behind "
                  "took the source's place, or the source was restored to an earlier state",
                  source.session().host_display(), now.timeline,
                  end ? fmt::format(", which left timeline {} at {}", known, end->to_string()) : "", known,
                  applied.to_string()),
      std::string("the target holds rows that the source lost; ") + kBeginAgain);
}

}  // namespace bgdb::replication
