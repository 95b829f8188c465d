// Gates that ask the world outside of the databases: a real Prometheus, a real Alertmanager, a web server; and what a
// person or the application's own queries say.
#include <fmt/format.h>
#include <httplib.h>

#include <cstdlib>
#include <thread>

#include "core/process.h"
#include "core/sql_file.h"
#include "gate/http_client.h"
#include "gate/standard.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

gate::Decision ask(const std::unique_ptr<gate::Gate>& gate) {
  return gate->evaluate(10s);
}
void passes(const gate::Decision& decision) {
  INFO(decision.gate << ": " << decision.value << ": " << decision.reason);
  CHECK(decision.pass);
  CHECK_FALSE(decision.limit.empty());
}
void holds(const gate::Decision& decision, const std::string& reason) {
  INFO(decision.gate << ": " << decision.value << ": " << decision.reason);
  CHECK_FALSE(decision.pass);
  CHECK(decision.reason.find(reason) != std::string::npos);
}

// A server from Debian with an address that says when it is ready.
struct Daemon {
  test::TempDir folder;
  int port = core::free_port();
  core::ChildProcess process;
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port); }
  void start(std::vector<std::string> argv) {
    core::ProcessOptions options{.argv = std::move(argv)};
    options.output_file = (folder.path() / "log").string();
    options.die_with_parent = true;
    process = REQUIRE_OK(core::ChildProcess::start(options));
    for (int i = 0; i < 300; ++i) {
      const auto answer = gate::http_get(url() + "/-/ready", 1s);
      if (answer && answer->status == 200) return;
      std::this_thread::sleep_for(50ms);
    }
    FAIL("did not start: " << test::read_file(folder.path() / "log"));
  }
};

struct Databases {
  std::string blue = test::fresh_database("one");
  std::string green = test::fresh_database("two");
  gate::Place source{"blue", blue};
  gate::Place target{"green", green};
};

}  // namespace

TEST_CASE("prometheus: every series within its limit passes, no series and an error hold") {
  Daemon prometheus;
  prometheus.folder.write("prometheus.yml", "global: { scrape_interval: 15s }\n");
  prometheus.start({"prometheus", "--config.file=" + (prometheus.folder.path() / "prometheus.yml").string(),
                    "--storage.tsdb.path=" + (prometheus.folder.path() / "data").string(),
                    fmt::format("--web.listen-address=127.0.0.1:{}", prometheus.port)});
  const auto check = [&](const std::string& query, std::optional<double> below, std::optional<double> above = {}) {
    gate::Health health{.kind = "prometheus", .on = {}, .query = query, .url = prometheus.url() + "/", .run = {}};
    health.below = below;
    health.above = above;
    return ask(gate::make_prometheus_gate(health));
  };
  passes(check("vector(0.005)", 0.01));
  passes(check("scalar(vector(3))", 4, 2));
  holds(check("vector(0.01)", 0.01), "outside");
  holds(check("vector(1)", {}, 1), "outside");
  const auto two = R"(label_replace(vector(1), "a", "x", "", "") or label_replace(vector(9), "a", "y", "", ""))";
  passes(check(two, 10));
  holds(check(two, 5), "outside");
  holds(check("vector(0) / vector(0)", 1), "outside");
  holds(check("up{job=\"nobody\"}", 1), "no series");
  holds(check("rate(", 1), "parse error");
}

TEST_CASE("alertmanager: a firing alert that matches holds, others do not") {
  Daemon alertmanager;
  alertmanager.folder.write("a.yml", "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
  alertmanager.start({"prometheus-alertmanager", "--config.file=" + (alertmanager.folder.path() / "a.yml").string(),
                      "--storage.path=" + (alertmanager.folder.path() / "data").string(), "--cluster.listen-address=",
                      fmt::format("--web.listen-address=127.0.0.1:{}", alertmanager.port)});
  const auto check = [&](std::vector<std::string> match) {
    gate::Health health{.kind = "alertmanager", .on = {}, .query = {}, .url = alertmanager.url(), .run = {}};
    health.match = std::move(match);
    return ask(gate::make_alertmanager_gate(health));
  };
  passes(check({}));
  httplib::Client client(alertmanager.url());
  const auto posted = client.Post(
      "/api/v2/alerts", R"([{"labels": {"alertname": "TooManyErrors", "service": "shop"}}])", "application/json");
  REQUIRE(posted);
  REQUIRE(posted->status == 200);
  gate::Decision held;
  for (int i = 0; i < 100 && (held.gate.empty() || held.pass); ++i) {
    held = check({R"(service="shop")"});
    std::this_thread::sleep_for(50ms);
  }
  holds(held, "TooManyErrors");
  passes(check({R"(service="other")"}));
  holds(check({"not a matcher"}), "status 400");
}

TEST_CASE("http: nobody there, a wrong address and a slow answer hold") {
  httplib::Server server;
  server.Get("/slow", [](const httplib::Request&, httplib::Response& response) {
    std::this_thread::sleep_for(600ms);
    response.status = 200;
  });
  server.Get("/ready", [](const httplib::Request&, httplib::Response& response) { response.status = 204; });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  const auto check = [&](const std::string& url, int expect) {
    gate::Health health{.kind = "http", .on = {}, .query = {}, .url = url, .run = {}, .timeout = 200ms};
    health.expect_status = expect;
    return ask(gate::make_http_health_gate(health));
  };
  const auto base = fmt::format("http://127.0.0.1:{}", port);
  passes(check(base + "/ready", 204));
  holds(check(base + "/ready", 200), "another status");
  holds(check(base + "/nothing", 200), "another status");
  holds(check(base + "/slow", 200), "does not answer");
  holds(check("ftp://127.0.0.1/", 200), "not an http");
  holds(check("https" + base.substr(4) + "/ready", 204), "does not answer");  // no TLS there
  server.stop();
  thread.join();
  holds(check(base + "/ready", 204), "does not answer");
}

TEST_CASE("performance: errors, slow answers and a side that became slower hold") {
  const Databases databases;
  for (const auto& dsn : {databases.blue, databases.green}) {
    REQUIRE_OK(test::connect(dsn).script("create table t as select g as id from generate_series(1, 100) g"));
  }
  const auto check = [&](std::vector<std::string> queries, auto change) {
    gate::PerformanceLimits limits{.queries = std::move(queries), .source_queries = {}, .duration = 300ms};
    change(limits);
    return ask(gate::make_performance_gate(databases.source, databases.target, limits));
  };
  passes(check({"select count(*) from t", "select 1"}, [](auto& limits) { limits.p95_max = 5s; }));
  holds(check({"select count(*) from t", "select * from missing"}, [](auto&) {}), "missing");
  passes(check({"select count(*) from t", "select * from missing"}, [](auto& limits) { limits.error_rate_max = 0.7; }));
  holds(check({"select pg_sleep(0.05)"}, [](auto& limits) { limits.p95_max = 20ms; }), "too long");
  holds(check({"select pg_sleep(0.05)"}, [](auto& limits) { limits.p50_max = 20ms; }), "too long");
  holds(check({"select pg_sleep(0.1)"},
              [](auto& limits) {
                limits.source_queries = {"select pg_sleep(0.01)"};
                limits.slower_max = 1.5;
              }),
        "slower");
  holds(check({"delete from t"}, [](auto&) {}), "read-only");
}

TEST_CASE("approval: of this switch, fresh, and by another when two persons are asked for") {
  const Databases databases;
  auto session = test::connect(databases.blue);
  REQUIRE_OK(session.script(core::sql_text("state/create.sql")));
  REQUIRE_OK(session.script("insert into bgdb.side (role, epoch, by) values ('active', 3, 'test')"));
  const auto check = [&](bool two_person) {
    return ask(gate::make_approval_gate(databases.source,
                                        {.needed = true, .two_person = two_person, .operator_name = "anna"}));
  };
  const auto approve = [&](const std::string& by, int epoch) {
    REQUIRE_OK(session.query(core::sql_text("state/write_fact.sql"),
                             {"approval", fmt::format(R"({{"by": "{}", "epoch": {}}})", by, epoch)}));
  };
  holds(check(false), "nobody approved");
  approve("anna", 3);
  passes(check(false));
  holds(check(true), "two persons");
  approve("ben", 3);
  passes(check(true));
  approve("ben", 2);
  holds(check(true), "earlier switch");
  approve("ben", 3);
  REQUIRE_OK(session.script("update bgdb.fact set at = clock_timestamp() - interval '25 hours'"));
  holds(check(true), "too old");
}
