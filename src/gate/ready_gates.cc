// Is the side that is to serve ready to? It has not served with this schema yet: replication passed by
// some of its constraints, its indexes and statistics are those of the clone and the migration.
#include <fmt/format.h>

#include "core/sql_file.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

// Rows that break a constraint which only the target has come at any time; a look this old is no look.
constexpr milliseconds kOwnConstraintsWithin = std::chrono::hours(1);

class Constraints : public SessionGate {
 public:
  Constraints(const Place& target, std::string publication)
      : SessionGate("constraints " + target.name, target.name, target.dsn), publication_(std::move(publication)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "each checked, none broken";
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_constraints.sql"),
                                             {publication_, std::to_string(kOwnConstraintsWithin.count())}));
    const auto& broken = rows.at(0, "broken");
    const auto& unchecked = rows.at(0, "unchecked");
    const auto& stale = rows.at(0, "stale");
    const milliseconds age(rows.integer(0, "age_ms"));
    decision.value = rows.boolean(0, "checked") ? fmt::format("{} constraints, checked {} ago",
                                                              rows.text(0, "constraints"), core::format_duration(age))
                                                : rows.text(0, "constraints") + " constraints, never checked";
    decision.pass = !broken && !unchecked && !stale;
    decision.reason = broken      ? fmt::format("on {}, {}: mend them, then run \"bgdb verify\"", side(), *broken)
                      : unchecked ? fmt::format(
                                        "{} was not checked with the rows that replication brought: run "
                                        "\"bgdb verify\"",
                                        *unchecked)
                      : stale ? fmt::format(
                                    "{} is kept by {} alone, and rows that came since the last look may break it: run "
                                    "\"bgdb verify\"",
                                    *stale, side())
                              : "no row breaks one";
    return {};
  }

 private:
  std::string publication_;
};

class Tables : public SessionGate {
 public:
  Tables(const Place& target, std::string publication)
      : SessionGate("indexes, statistics " + target.name, target.name, target.dsn),
        publication_(std::move(publication)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "all valid, all present";
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/list_unready_tables.sql"), {publication_}));
    decision.pass = rows.empty();
    decision.value = rows.empty() ? "ready" : fmt::format("{} tables are not ready", rows.size());
    if (rows.empty()) {
      decision.reason = "the planner knows the tables, and may use every index";
    } else if (const auto& index = rows.at(0, "invalid_index"); index) {
      decision.reason =
          fmt::format("index {} is not valid: on {}, reindex index concurrently {}", *index, side(), *index);
    } else {
      decision.reason = fmt::format("{} has no statistics of column {}: on {}, analyze {}", rows.text(0, "table_name"),
                                    rows.text(0, "column_name"), side(), rows.text(0, "table_name"));
    }
    return {};
  }

 private:
  std::string publication_;
};

}  // namespace

std::unique_ptr<Gate> make_constraints_gate(const Place& target, const std::string& publication) {
  return std::make_unique<Constraints>(target, publication);
}
std::unique_ptr<Gate> make_ready_tables_gate(const Place& target, const std::string& publication) {
  return std::make_unique<Tables>(target, publication);
}

}  // namespace bgdb::gate
