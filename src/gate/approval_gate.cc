// Did a person say yes to this very switch? An approval counts for one epoch: after a switch the next one needs its
// own.
#include <fmt/format.h>

#include "core/sql_file.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

class Approval : public SessionGate {
 public:
  Approval(const Place& source, ApprovalRule rule)
      : SessionGate("approval", source.name, source.dsn), rule_(std::move(rule)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = rule_.two_person ? fmt::format("by another than {}", rule_.operator_name) : "by anybody";
    decision.limit += ", within " + core::format_duration(rule_.within);
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_approval.sql")));
    if (rows.empty()) {
      decision.value = "none";
      decision.reason = "nobody approved this switch: \"bgdb approve\"";
      return {};
    }
    const auto& by = rows.text(0, "approved_by");
    const milliseconds age(rows.integer(0, "age_ms"));
    decision.value = fmt::format("{}, {} ago", by, core::format_duration(age));
    if (!rows.boolean(0, "this_epoch")) {
      decision.reason = "the approval was for an earlier switch: \"bgdb approve\"";
    } else if (age > rule_.within) {
      decision.reason = "the approval is too old (gates.approval_within): \"bgdb approve\"";
    } else if (rule_.two_person && by == rule_.operator_name) {
      decision.reason = "two persons are needed: somebody else must run \"bgdb approve\"";
    } else {
      decision.pass = true;
      decision.reason = "approved";
    }
    return {};
  }

 private:
  ApprovalRule rule_;
};

}  // namespace

std::unique_ptr<Gate> make_approval_gate(const Place& source, const ApprovalRule& rule) {
  return std::make_unique<Approval>(source, rule);
}

}  // namespace bgdb::gate
