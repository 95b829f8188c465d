// Did somebody run DDL since the links were started? The mapping was derived from the schema of that moment;
// replication itself gives no sign of some differences (reference: replication compatibility, DROP COLUMN on blue is
// silent damage).
#include "core/sql_file.h"
#include "gate/session_gate.h"
#include "gate/standard.h"
#include "introspect/introspect.h"

namespace bgdb::gate {
namespace {

class Drift : public SessionGate {
 public:
  explicit Drift(const Place& place) : SessionGate("drift " + place.name, place.name, place.dsn) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "unchanged since sync began";
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_schema_fact.sql")));
    if (rows.empty()) {
      decision.value = "unknown";
      decision.reason = "no fingerprint of the schema was taken: start \"bgdb sync\" again";
      return {};
    }
    if (const auto whole = introspect::check_publication(session); !whole) {
      if (whole.error().code != ErrorCode::refused) return whole;
      decision.value = "changed";
      decision.reason = whole.error().message;
      return {};
    }
    const auto now = BGDB_TRY(introspect::schema_fingerprint(session));
    decision.pass = now == rows.text(0, "fingerprint");
    decision.value = decision.pass ? "unchanged" : "changed";
    decision.reason = decision.pass
                          ? "the mapping still fits the schema"
                          : "somebody changed the schema of " + side() +
                                ": start \"bgdb sync\" again, it derives the mapping anew or says what does not fit";
    return {};
  }
};

}  // namespace

std::unique_ptr<Gate> make_drift_gate(const Place& place) {
  return std::make_unique<Drift>(place);
}

}  // namespace bgdb::gate
