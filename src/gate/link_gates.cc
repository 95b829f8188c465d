// Gates over what a link published about itself in bgdb.link on its target. No sample and a stale sample hold.
#include <fmt/format.h>

#include <cstdlib>

#include "core/sql_file.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

constexpr milliseconds kStaleAfter{5'000};

struct Sample {
  std::string state;
  std::string message;
  std::optional<int64_t> lag_bytes;
  std::optional<double> lag_ms;
  std::optional<double> drain_ms;
  std::optional<milliseconds> age;
  std::optional<milliseconds> soaked;
  int64_t conflicts = 0;
  int64_t held_rows = 0;
  std::string held_example;

  bool live() const { return state == "streaming" && age && *age <= kStaleAfter; }
  std::string why_not_live() const {
    if (state != "streaming") return fmt::format("it is {}{}{}", state, message.empty() ? "" : ": ", message);
    if (!age) return "it has not reported yet";
    return fmt::format("its last report is {} old", core::format_duration(*age));
  }
};

std::optional<double> number(const pg::Value& value) {
  if (!value) return std::nullopt;
  return std::strtod(value->c_str(), nullptr);
}

class LinkGate : public SessionGate {
 public:
  LinkGate(const std::string& name, const Place& target, std::string link)
      : SessionGate(name + " " + link, target.name, target.dsn), link_(std::move(link)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_link.sql"), {link_}));
    if (rows.empty()) {
      decision.value = "none";
      decision.reason = fmt::format("link {} was never set up: run \"bgdb sync\"", link_);
      return {};
    }
    Sample sample;
    sample.state = rows.text(0, "state");
    sample.message = rows.text(0, "message");
    if (const auto value = number(rows.at(0, "lag_bytes"))) sample.lag_bytes = static_cast<int64_t>(*value);
    sample.lag_ms = number(rows.at(0, "lag_ms"));
    sample.drain_ms = number(rows.at(0, "drain_ms"));
    if (const auto value = number(rows.at(0, "age_ms"))) sample.age = milliseconds(static_cast<int64_t>(*value));
    if (const auto value = number(rows.at(0, "soaked_ms"))) sample.soaked = milliseconds(static_cast<int64_t>(*value));
    sample.conflicts = rows.integer(0, "conflicts");
    sample.held_rows = rows.integer(0, "held_rows");
    sample.held_example = rows.at(0, "held_example").value_or("");
    judge(sample, decision);
    return {};
  }
  virtual void judge(const Sample& sample, Decision& decision) = 0;

  const std::string link_;
};

std::string ms_text(double ms) {
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : core::format_duration(milliseconds(static_cast<int64_t>(ms)));
}

class Live : public LinkGate {
 public:
  Live(const Place& target, const std::string& link) : LinkGate("link", target, link) {}
  void judge(const Sample& sample, Decision& decision) override {
    decision.pass = sample.live();
    decision.value = sample.state;
    decision.limit = "streaming";
    decision.reason = decision.pass ? "the link streams" : "the link does not stream: " + sample.why_not_live();
  }
};

class Lag : public LinkGate {
 public:
  Lag(const Place& target, const std::string& link, int64_t bytes_max, milliseconds ms_max)
      : LinkGate("lag", target, link), bytes_max_(bytes_max), ms_max_(ms_max) {}
  void judge(const Sample& sample, Decision& decision) override {
    decision.limit = core::format_duration(ms_max_) + ", " + core::format_bytes(bytes_max_);
    if (!sample.live() || !sample.lag_bytes || !sample.lag_ms) {
      decision.value = "no sample";
      decision.reason = !sample.live() ? "no fresh sample: " + sample.why_not_live() : "the link has no sample yet";
      return;
    }
    decision.value = ms_text(*sample.lag_ms) + ", " + core::format_bytes(*sample.lag_bytes);
    const bool late = *sample.lag_ms > static_cast<double>(ms_max_.count());
    const bool far = *sample.lag_bytes > bytes_max_;
    decision.pass = !late && !far;
    decision.reason = decision.pass ? side() + " is in step"
                      : late        ? side() + " is behind in time"
                                    : side() + " is behind in bytes";
  }

 private:
  int64_t bytes_max_;
  milliseconds ms_max_;
};

class Drain : public LinkGate {
 public:
  Drain(const Place& target, const std::string& link, milliseconds ms_max)
      : LinkGate("drain", target, link), ms_max_(ms_max) {}
  void judge(const Sample& sample, Decision& decision) override {
    decision.limit = core::format_duration(ms_max_);
    // Before any row has flowed there is no rate; a heartbeat passed through the same queue, and says how long it took.
    const auto drain_ms = sample.drain_ms ? sample.drain_ms : sample.lag_ms;
    if (!sample.live() || !drain_ms) {
      decision.value = "no sample";
      decision.reason = !sample.live() ? "no fresh sample: " + sample.why_not_live() : "the link has no sample yet";
      return;
    }
    decision.value = ms_text(*drain_ms);
    decision.pass = *drain_ms <= static_cast<double>(ms_max_.count());
    decision.reason = decision.pass ? "what is outstanding drains in time" : "draining would take longer than allowed";
  }

 private:
  milliseconds ms_max_;
};

class Quarantine : public LinkGate {
 public:
  Quarantine(const Place& target, const std::string& link) : LinkGate("quarantine", target, link) {}
  void judge(const Sample& sample, Decision& decision) override {
    decision.value = fmt::format("{} rows, {} conflicts", sample.held_rows, sample.conflicts);
    decision.limit = "0, 0";
    decision.pass = sample.held_rows == 0 && sample.conflicts == 0;
    if (decision.pass) {
      decision.reason = "every row was translated";
    } else if (sample.held_rows > 0) {
      decision.reason = "rows could not be applied, e.g. " + sample.held_example +
                        "; mend them where clients write, which settles them, or else repair them on " + side() +
                        " (select bgdb.repair() first) and set accepted_by in bgdb.quarantine";
    } else {
      decision.reason = "rows differed from what the link expected" +
                        (sample.message.empty() ? std::string() : ": " + sample.message);
    }
  }
};

// Counted from the link's first marker: everything before it was applied.
class Soak : public LinkGate {
 public:
  Soak(const Place& target, const std::string& link, milliseconds min) : LinkGate("soak", target, link), min_(min) {}
  void judge(const Sample& sample, Decision& decision) override {
    decision.limit = core::format_duration(min_);
    decision.value = sample.soaked ? core::format_duration(*sample.soaked) : "no sample";
    decision.pass = sample.soaked && *sample.soaked >= min_;
    decision.reason = decision.pass ? side() + " has been in step long enough"
                                    : side() + " has not been in step for gates.soak_min yet";
  }

 private:
  milliseconds min_;
};

}  // namespace

std::unique_ptr<Gate> make_live_gate(const Place& target, const std::string& link) {
  return std::make_unique<Live>(target, link);
}
std::unique_ptr<Gate> make_lag_gate(const Place& target, const std::string& link, int64_t bytes_max,
                                    milliseconds ms_max) {
  return std::make_unique<Lag>(target, link, bytes_max, ms_max);
}
std::unique_ptr<Gate> make_drain_gate(const Place& target, const std::string& link, milliseconds ms_max) {
  return std::make_unique<Drain>(target, link, ms_max);
}
std::unique_ptr<Gate> make_quarantine_gate(const Place& target, const std::string& link) {
  return std::make_unique<Quarantine>(target, link);
}
std::unique_ptr<Gate> make_soak_gate(const Place& target, const std::string& link, milliseconds min) {
  return std::make_unique<Soak>(target, link, min);
}

}  // namespace bgdb::gate
