// Were both sides compared lately, and equal? Replication alone never notices a row that it lost long ago.
#include <fmt/format.h>

#include "core/sql_file.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

class Verified : public SessionGate {
 public:
  Verified(const Place& target, milliseconds within)
      : SessionGate("verify", target.name, target.dsn), within_(within) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "equal, within " + core::format_duration(within_);
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_verify_fact.sql")));
    if (rows.empty()) {
      decision.value = "never";
      decision.reason = "the sides were never compared: run \"bgdb verify\"";
      return {};
    }
    const milliseconds age(rows.integer(0, "age_ms"));
    const auto& state = rows.text(0, "state");
    decision.value = fmt::format("{}, {} ago", state, core::format_duration(age));
    if (state != "equal") {
      decision.reason =
          "the last \"bgdb verify\" did not find both sides equal: see what differs, mend it, compare again";
    } else if (age > within_) {
      decision.reason = "the last comparison is too old (gates.verify_within): run \"bgdb verify\"";
    } else {
      decision.pass = true;
      decision.reason = fmt::format("{} rows were equal{}", core::format_count(rows.integer(0, "rows")),
                                    rows.integer(0, "chunks_left_out") > 0 ? " (a sample)" : "");
    }
    return {};
  }

 private:
  milliseconds within_;
};

}  // namespace

std::unique_ptr<Gate> make_verify_gate(const Place& target, milliseconds within) {
  return std::make_unique<Verified>(target, within);
}

}  // namespace bgdb::gate
