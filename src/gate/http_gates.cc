// Health checks by HTTP: a status, a number that Prometheus computes, alerts that Alertmanager knows.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/units.h"
#include "gate/http_client.h"
#include "gate/standard.h"

namespace bgdb::gate {
namespace {

using nlohmann::json;

// What an API answers with status 200, as JSON.
Result<json> ask_api(std::string base, const std::string& path, milliseconds timeout) {
  while (base.ends_with('/')) base.pop_back();
  const auto answer = BGDB_TRY(http_get(base + path, timeout));
  auto parsed = json::parse(answer.body, nullptr, false);
  if (answer.status == 200 && !parsed.is_discarded()) return parsed;
  const std::string said = parsed.is_object() ? parsed.value("error", "") : "";
  return fail(ErrorCode::connection,
              fmt::format("{} answers with status {}{}", base, answer.status, said.empty() ? "" : ": " + said));
}

class HttpGate : public Gate {
 public:
  explicit HttpGate(std::string name, Health health) : name_(std::move(name)), health_(std::move(health)) {}
  std::string name() const override { return name_; }
  Decision evaluate(milliseconds) override {
    Decision decision{.gate = name_};
    if (auto asked = ask(decision); !asked) {
      decision.pass = false;
      decision.value = "unknown";
      decision.reason = asked.error().to_string();
    }
    return decision;
  }

 protected:
  virtual Result<void> ask(Decision& decision) = 0;
  const Health& health() const { return health_; }

  Result<json> get_json(const std::string& path) const { return ask_api(health_.url, path, health_.timeout); }

 private:
  std::string name_;
  Health health_;
};

class Status : public HttpGate {
 public:
  explicit Status(const Health& health) : HttpGate("health: " + health.url, health) {}

 protected:
  Result<void> ask(Decision& decision) override {
    decision.limit = fmt::format("{} within {}", health().expect_status, core::format_duration(health().timeout));
    const auto answer = BGDB_TRY(http_get(health().url, health().timeout));
    decision.value = std::to_string(answer.status);
    decision.pass = answer.status == health().expect_status;
    decision.reason = decision.pass ? "healthy" : "another status than expected";
    return {};
  }
};

// Every series of the answer must be within the limit. No series is no sample, and holds.
class Prometheus : public HttpGate {
 public:
  explicit Prometheus(const Health& health) : HttpGate("prometheus: " + health.query, health) {}

 protected:
  Result<void> ask(Decision& decision) override {
    if (health().below) decision.limit = fmt::format("below {:g}", *health().below);
    if (health().above) {
      decision.limit += fmt::format("{}above {:g}", decision.limit.empty() ? "" : ", ", *health().above);
    }
    const auto values = BGDB_TRY(prometheus_values(health().url, health().query, health().timeout));
    if (values.empty()) {
      decision.value = "no sample";
      decision.reason = "the query finds no series";
      return {};
    }
    double worst = values.front();
    bool pass = true;
    for (const double value : values) {
      const bool good = !std::isnan(value) && (!health().below || value < *health().below) &&
                        (!health().above || value > *health().above);
      if (!good && pass) worst = value;
      pass = pass && good;
    }
    decision.pass = pass;
    decision.value = values.size() == 1 ? fmt::format("{:g}", worst) : fmt::format("{:g} of {}", worst, values.size());
    decision.reason = pass ? "within its limit" : "outside of its limit";
    return {};
  }
};

// No alert that fires, is not silenced and matches.
class Alertmanager : public HttpGate {
 public:
  explicit Alertmanager(const Health& health) : HttpGate("alerts: " + matchers(health), health) {}

 protected:
  Result<void> ask(Decision& decision) override {
    decision.limit = "none";
    std::string path = "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false";
    for (const auto& matcher : health().match) path += "&filter=" + url_encoded(matcher);
    const auto answer = BGDB_TRY(get_json(path));
    if (!answer.is_array()) return fail(ErrorCode::connection, "this is no answer of Alertmanager");
    std::string names;
    for (const auto& alert : answer) {
      const auto labels = alert.is_object() ? alert.value("labels", json::object()) : json::object();
      names += (names.empty() ? "" : ", ") + labels.value("alertname", "an alert without a name");
    }
    decision.pass = answer.empty();
    decision.value = std::to_string(answer.size());
    decision.reason = decision.pass ? "no alert fires" : "alerts fire: " + names;
    return {};
  }

 private:
  static std::string matchers(const Health& health) {
    std::string text;
    for (const auto& matcher : health.match) text += (text.empty() ? "" : ", ") + matcher;
    return text.empty() ? "all" : text;
  }
};

}  // namespace

Result<std::vector<double>> prometheus_values(const std::string& url, const std::string& query, milliseconds timeout) {
  const auto answer = BGDB_TRY(ask_api(url, "/api/v1/query?query=" + url_encoded(query), timeout));
  const auto unexpected = [] { return fail(ErrorCode::connection, "this is no answer of Prometheus"); };
  if (!answer.is_object() || answer.value("status", "") != "success" || !answer.contains("data")) return unexpected();
  const auto& data = answer["data"];
  const auto number = [](const json& sample) {
    return sample.is_array() && sample.size() == 2 && sample[1].is_string()
               ? std::strtod(sample[1].get<std::string>().c_str(), nullptr)
               : std::nan("");
  };
  std::vector<double> values;
  const std::string type = data.is_object() ? data.value("resultType", "") : "";
  if (type == "scalar") {
    values.push_back(number(data["result"]));
  } else if (type == "vector") {
    for (const auto& series : data["result"]) values.push_back(number(series.value("value", json())));
  } else {
    return unexpected();
  }
  return values;
}

std::unique_ptr<Gate> make_http_health_gate(const Health& health) {
  return std::make_unique<Status>(health);
}
std::unique_ptr<Gate> make_prometheus_gate(const Health& health) {
  return std::make_unique<Prometheus>(health);
}
std::unique_ptr<Gate> make_alertmanager_gate(const Health& health) {
  return std::make_unique<Alertmanager>(health);
}

}  // namespace bgdb::gate
