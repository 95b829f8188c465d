// A gate that asks one database. Keeps its session between evaluations; whatever goes wrong holds the gate.
#pragma once

#include <mutex>
#include <optional>

#include "core/result.h"
#include "gate/gate.h"
#include "pg/session.h"

namespace bgdb::gate {

class SessionGate : public Gate {
 public:
  SessionGate(std::string name, std::string side, std::string dsn)
      : name_(std::move(name)), side_(std::move(side)), dsn_(std::move(dsn)) {}
  std::string name() const final { return name_; }
  Decision evaluate(std::chrono::milliseconds timeout) final;

 protected:
  // `decision.gate` is set; fill the rest.
  virtual Result<void> ask(pg::Session& session, Decision& decision) = 0;
  const std::string& side() const { return side_; }  // blue | green

 private:
  Result<void> try_once(std::chrono::milliseconds timeout, Decision& decision);

  std::string name_;
  std::string side_;
  std::string dsn_;
  std::mutex mutex_;
  std::optional<pg::Session> session_;
};

}  // namespace bgdb::gate
