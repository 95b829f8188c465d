// The gates of a switch(source, target), made from limits. Which side is blue is the caller's business.
#pragma once

#include <chrono>
#include <memory>
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
  std::string kind;  // sql | http | command
  std::string on;    // blue | green (sql)
  std::string query;
  std::string url;
  int expect_status = 200;
  std::vector<std::string> run;
  milliseconds timeout{5'000};
};

struct Inputs {
  Place source;
  Place target;
  std::string link_out;   // source -> target; its row stands on the target
  std::string link_back;  // target -> source; its row stands on the source
  std::string slot_out;   // on the source; also the publication that lists the source's tables
  std::string slot_back;  // on the target
  int64_t lag_bytes_max = 1 << 20;
  milliseconds lag_ms_max{500};
  milliseconds drain_ms_max{1'000};
  milliseconds long_transaction_max{5'000};
  milliseconds soak_min{0};
  milliseconds verify_within{0};  // 0: not asked
  std::vector<Health> health;
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
// The schema is what it was when `bgdb sync` derived the mapping.
std::unique_ptr<Gate> make_drift_gate(const Place& place);
std::unique_ptr<Gate> make_soak_gate(const Place& target, const std::string& link, milliseconds min);
// `bgdb verify` found both sides equal, not longer ago than that.
std::unique_ptr<Gate> make_verify_gate(const Place& target, milliseconds within);
std::unique_ptr<Gate> make_sql_health_gate(const Place& place, const Health& health);
std::unique_ptr<Gate> make_command_health_gate(const Health& health);
std::unique_ptr<Gate> make_http_health_gate(const Health& health);

}  // namespace bgdb::gate
