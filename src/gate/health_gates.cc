// Health checks that the operator declared: a query, a program. Those by HTTP are in http_gates.cc.
#include <fmt/format.h>

#include "core/process.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

// Passes when it runs within its time and its first value is not NULL, false or 0.
class SqlHealth : public SessionGate {
 public:
  SqlHealth(const Place& place, Health health)
      : SessionGate("health: " + health.query, place.name, place.dsn), health_(std::move(health)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    decision.limit = "true within " + core::format_duration(health_.timeout);
    BGDB_CHECK(session.execute("select set_config('statement_timeout', $1, false)",
                               {std::to_string(health_.timeout.count())}));
    // A health check looks; it must not change anything.
    BGDB_CHECK(session.begin("read only"));
    auto rows = session.query(health_.query);
    (void)session.rollback();
    if (!rows) return rows.error();
    const bool empty = rows->empty() || rows->values[0].empty();
    const pg::Value first = empty ? pg::Value() : rows->values[0][0];
    decision.value = empty ? "no row" : first.value_or("NULL");
    decision.pass = first && *first != "f" && *first != "0" && *first != "false";
    decision.reason = decision.pass ? "healthy on " + side() : "the query on " + side() + " says no";
    return {};
  }

 private:
  Health health_;
};

class CommandHealth : public Gate {
 public:
  explicit CommandHealth(Health health) : health_(std::move(health)) {
    for (const auto& word : health_.run) shown_ += (shown_.empty() ? "" : " ") + word;
  }
  std::string name() const override { return "health: " + shown_; }
  Decision evaluate(milliseconds) override {
    Decision decision{.gate = name(), .limit = "status 0 within " + core::format_duration(health_.timeout)};
    core::ProcessOptions options{.argv = health_.run, .timeout = health_.timeout};
    if (!health_.folder.empty()) options.working_directory = health_.folder;
    const auto result = core::run_process(options);
    if (!result) {
      decision.value = "unknown";
      decision.reason = result.error().message;
      return decision;
    }
    decision.value = fmt::format("status {}", result->exit_status);
    decision.pass = result->exit_status == 0;
    std::string text = result->stderr_text.empty() ? result->stdout_text : result->stderr_text;
    text = text.substr(0, std::min<size_t>(text.find('\n'), 200));
    decision.reason = decision.pass ? "healthy" : "it says no" + (text.empty() ? "" : ": " + text);
    return decision;
  }

 private:
  Health health_;
  std::string shown_;
};

}  // namespace

std::unique_ptr<Gate> make_sql_health_gate(const Place& place, const Health& health) {
  return std::make_unique<SqlHealth>(place, health);
}
std::unique_ptr<Gate> make_command_health_gate(const Health& health) {
  return std::make_unique<CommandHealth>(health);
}

}  // namespace bgdb::gate
