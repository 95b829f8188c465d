#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "gate/gate.h"
#include "gate/session_gate.h"

namespace bgdb::gate {

using std::chrono::milliseconds;

// Every gate bounds itself by `timeout`; one that comes late all the same holds, since its answer is about the past.
std::vector<Decision> evaluate_all(const std::vector<std::unique_ptr<Gate>>& gates, milliseconds timeout) {
  std::vector<Decision> decisions(gates.size());
  std::vector<std::thread> threads;
  threads.reserve(gates.size());
  for (size_t i = 0; i < gates.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto began = std::chrono::steady_clock::now();
      Decision decision = gates[i]->evaluate(timeout);
      if (std::chrono::steady_clock::now() - began > timeout + timeout / 2 && decision.pass) {
        decision.pass = false;
        decision.reason = fmt::format("no answer within {} ms", timeout.count());
      }
      decisions[i] = std::move(decision);
    });
  }
  for (auto& thread : threads) thread.join();
  return decisions;
}

bool all_pass(const std::vector<Decision>& decisions) {
  return std::all_of(decisions.begin(), decisions.end(), [](const Decision& decision) { return decision.pass; });
}

Result<void> SessionGate::try_once(milliseconds timeout, Decision& decision) {
  if (!session_ || !session_->alive()) {
    session_.reset();
    session_.emplace(BGDB_TRY(pg::Session::open({.dsn = dsn_,
                                                 .application_name = "bgdb gate",
                                                 .connect_timeout = timeout,
                                                 .settings = {{"statement_timeout", std::to_string(timeout.count())},
                                                              {"lock_timeout", std::to_string(timeout.count())},
                                                              {"default_transaction_isolation", "read committed"}}})));
  }
  return ask(*session_, decision);
}

Decision SessionGate::evaluate(milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  Decision decision{.gate = name_};
  const bool reused = session_.has_value();
  auto asked = try_once(timeout, decision);
  if (!asked && reused && !session_->alive()) asked = try_once(timeout, decision);  // the server was restarted
  if (asked) return decision;
  decision.pass = false;
  decision.value = "unknown";
  const auto& error = asked.error();
  if (error.sqlstate == "42P01" || error.sqlstate == "3F000") {
    decision.reason = side_ + " has no bgdb state: run \"bgdb clone\" and \"bgdb sync\" first";
  } else {
    decision.reason = "cannot be evaluated: " + error.message;
  }
  return decision;
}

}  // namespace bgdb::gate
