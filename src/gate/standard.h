// The gates of a switch(source, target), made from limits. Which side is blue is the caller's business.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gate/gate.h"

namespace bgdb::gate {

using std::chrono::milliseconds;

struct Place {
  std::string name;  // blue | green
  std::string dsn;
};

struct Health {
  std::string kind;  // sql | http | command | prometheus | alertmanager
  std::string on;    // blue | green (sql)
  std::string query;
  std::string url;
  int expect_status = 200;
  std::vector<std::string> run;
  milliseconds timeout{5'000};
  std::optional<double> below{};     // prometheus: every series, strictly
  std::optional<double> above{};     // the same
  std::vector<std::string> match{};  // alertmanager: matchers, service="shop"
  std::string folder{};              // command: where it runs; empty: here
};

struct PerformanceLimits {
  std::vector<std::string> queries;         // empty: not asked
  std::vector<std::string> source_queries;  // in the old schema's words; empty: the same
  milliseconds duration{10'000};
  milliseconds p50_max{0};  // 0: no limit
  milliseconds p95_max{0};
  double slower_max = 0;  // p95 against the source's; 0: no limit
  double error_rate_max = 0;
};

struct ApprovalRule {
  bool needed = false;
  bool two_person = false;
  std::string operator_name;  // who runs the switch
  milliseconds within{std::chrono::hours(24)};
};

struct Inputs {
  Place source;
  Place target;
  std::string link_out;       // source -> target; its row stands on the target
  std::string link_back;      // target -> source; its row stands on the source
  std::string slot_out;       // on the source; also the publication that lists the source's tables
  std::string slot_back;      // on the target; also the publication that lists the target's tables
  bool target_is_new = true;  // it holds the new schema and has not served with it: is it ready to?
  int64_t lag_bytes_max = 1 << 20;
  milliseconds lag_ms_max{500};
  milliseconds drain_ms_max{1'000};
  milliseconds long_transaction_max{5'000};
  milliseconds soak_min{0};
  milliseconds verify_within{0};  // 0: not asked
  std::vector<std::string> accepted_triggers{};
  std::vector<Health> health;
  PerformanceLimits performance{};
  ApprovalRule approval{};
};

std::vector<std::unique_ptr<Gate>> make_gates(const Inputs& inputs);

// One file each.
std::unique_ptr<Gate> make_lag_gate(const Place& target, const std::string& link, int64_t bytes_max,
                                    milliseconds ms_max);
std::unique_ptr<Gate> make_drain_gate(const Place& target, const std::string& link, milliseconds ms_max);
// The link streams and its sample is fresh.
std::unique_ptr<Gate> make_live_gate(const Place& target, const std::string& link);
// No row in quarantine that nobody accepted, no conflict.
std::unique_ptr<Gate> make_quarantine_gate(const Place& target, const std::string& link);
std::unique_ptr<Gate> make_slot_gate(const Place& source, const std::string& slot);
std::unique_ptr<Gate> make_prepared_gate(const Place& source);
std::unique_ptr<Gate> make_long_transaction_gate(const Place& source, milliseconds max);
// Every published table of the side that is not to serve is guarded.
std::unique_ptr<Gate> make_guards_gate(const Place& target, const std::string& publication);
// No trigger or rule acts on the rows that replication brings, but those that were accepted.
std::unique_ptr<Gate> make_triggers_gate(const Place& place, const std::string& publication,
                                         const std::vector<std::string>& accepted);
// Every constraint of the target that replication passes by was checked with its rows, and none is broken.
std::unique_ptr<Gate> make_constraints_gate(const Place& target, const std::string& publication);
// No invalid index, no column without statistics.
std::unique_ptr<Gate> make_ready_tables_gate(const Place& target, const std::string& publication);
// The schema is what it was when `bgdb sync` derived the mapping.
std::unique_ptr<Gate> make_drift_gate(const Place& place);
std::unique_ptr<Gate> make_soak_gate(const Place& target, const std::string& link, milliseconds min);
// `bgdb verify` found both sides equal, not longer ago than that.
std::unique_ptr<Gate> make_verify_gate(const Place& target, milliseconds within);
std::unique_ptr<Gate> make_health_gate(const Place& source, const Place& target, const Health& health);  // by its kind
std::unique_ptr<Gate> make_sql_health_gate(const Place& place, const Health& health);
std::unique_ptr<Gate> make_command_health_gate(const Health& health);
std::unique_ptr<Gate> make_http_health_gate(const Health& health);
std::unique_ptr<Gate> make_prometheus_gate(const Health& health);
std::unique_ptr<Gate> make_alertmanager_gate(const Health& health);
std::unique_ptr<Gate> make_performance_gate(const Place& source, const Place& target, const PerformanceLimits& limits);
std::unique_ptr<Gate> make_approval_gate(const Place& source, const ApprovalRule& rule);

}  // namespace bgdb::gate
