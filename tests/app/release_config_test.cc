// release, watch and notify in bgdb.yml, and the pure part of an alert.
#include "app/config.h"
#include "app/release/alerts.h"
#include "app/release/standing.h"
#include "support/check.h"

using namespace bgdb;
using namespace std::chrono_literals;
using app::AlertTurn;

namespace {

const std::string kSides = "blue: { dsn: \"service=b\" }\ngreen: { dsn: \"service=g\" }\n";

void refuses(const std::string& yaml, const std::string& part) {
  INFO(yaml);
  const auto config = app::parse_config(kSides + yaml, "bgdb.yml");
  REQUIRE_FALSE(config);
  INFO(config.error().message);
  CHECK(config.error().message.find(part) != std::string::npos);
}

app::AlertState alert(std::chrono::milliseconds lasting) {
  app::ReleaseAlert alert;
  alert.metric = "error_rate";
  alert.above = 0.01;
  alert.lasting = lasting;
  return app::AlertState(alert);
}

const core::SteadyTime kBegin{};
app::Sample of(double value) {
  return {value, ""};
}
const app::Sample kNone{std::nullopt, "no answer"};

}  // namespace

TEST_CASE("hooks, alerts and notifications arrive where they belong") {
  const auto config = REQUIRE_OK(app::parse_config(kSides + R"yml(
release:
  gates_within: 5m
  hooks:
    after_clone: ["./warm.sh", "green"]
    before_cutover:
      - { run: ["./deploy.sh"], timeout: 30s }
      - { run: ["./load-test.sh"] }
watch:
  window: 24h
  every: 5s
  alerts:
    - { metric: lag_ms, above: 500, for: 2m, action: rollback }
    - { metric: prometheus, url: "http://p:9090", query: "up", below: 1 }
notify:
  - { kind: webhook, url_env: RELEASE_WEBHOOK }
  - { kind: command, run: ["./tell.sh"], timeout: 3s }
)yml",
                                                   "bgdb.yml"));
  const auto& release = config.release;
  CHECK(release.gates_within == 5min);
  REQUIRE(release.hooks.size() == 2);
  CHECK(release.hooks.at("after_clone").at(0).run == std::vector<std::string>{"./warm.sh", "green"});
  REQUIRE(release.hooks.at("before_cutover").size() == 2);
  CHECK(release.hooks.at("before_cutover").at(0).timeout == 30s);
  REQUIRE(release.alerts.size() == 2);
  CHECK(release.alerts[0].action == "rollback");
  CHECK(release.alerts[0].lasting == 2min);
  CHECK(release.alerts[1].name() == "prometheus up below 1");
  REQUIRE(release.notify.size() == 2);
  CHECK(release.notify[0].url_env == "RELEASE_WEBHOOK");
  CHECK(release.notify[1].timeout == 3s);
  CHECK(config.watch_window == 24h);
}

TEST_CASE("what cannot work is refused with its place and a cure") {
  refuses("release: { hooks: { after_cluone: [a] } }\n", "after_clone");
  refuses("release: { hooks: { after_clone: [{ timeout: 3s }] } }\n", "names no command");
  refuses("release: { lint: maybe }\n", "is not one of: stop, show");
  refuses("watch: { alerts: [{ metric: lag_ms }] }\n", "needs a limit");
  refuses("watch: { alerts: [{ metric: lagms, above: 1 }] }\n", "did you mean 'lag_ms'");
  refuses("watch: { alerts: [{ metric: p95_ms, above: 1 }] }\n", "gates.performance");
  refuses("watch: { alerts: [{ metric: prometheus, above: 1 }] }\n", "url");
  refuses("watch: { every: 1ms }\n", "at least 100ms");
  refuses("strategy: shared\nwatch: { alerts: [{ metric: health_failures, above: 0, action: rollback }] }\n",
          "no switch to roll back");
  refuses("notify: [{ kind: webhook }]\n", "url_env");
  refuses("notify: [{ kind: webhook, url_env: \"https://hooks.example/secret\" }]\n", "names an environment variable");
  refuses("notify: [{ kind: mail }]\n", "is not one of: webhook, command");
  refuses("notify: { kind: command }\n", "must be a list");
}

TEST_CASE("an alert fires once its figure was out of its limit for that long, and clears when it is back") {
  auto state = alert(2min);
  CHECK(state.take(of(0.5), kBegin) == AlertTurn::none);
  CHECK(state.take(of(0.5), kBegin + 1min) == AlertTurn::none);
  CHECK(state.take(of(0.0), kBegin + 90s) == AlertTurn::none);  // back inside: the time begins anew
  CHECK(state.take(of(0.5), kBegin + 2min) == AlertTurn::none);
  CHECK(state.take(of(0.5), kBegin + 4min) == AlertTurn::fires);
  CHECK(state.take(of(0.5), kBegin + 5min) == AlertTurn::still_fires);
  CHECK(state.firing());
  CHECK(state.take(of(0.01), kBegin + 6min) == AlertTurn::clears);  // the limit itself is inside
  CHECK_FALSE(state.firing());
}

TEST_CASE("an alert without a duration fires at the first look") {
  auto state = alert(0ms);
  CHECK(state.take(of(0.02), kBegin) == AlertTurn::fires);
}

TEST_CASE("no sample neither fires nor clears an alert, and is told once") {
  auto state = alert(0ms);
  CHECK(state.take(of(0.5), kBegin) == AlertTurn::fires);
  CHECK(state.take(kNone, kBegin + 10s) == AlertTurn::still_fires);
  CHECK(state.take(kNone, kBegin + 80s) == AlertTurn::blind);
  CHECK(state.take(kNone, kBegin + 90s) == AlertTurn::still_fires);
  CHECK(state.take(of(0.0), kBegin + 100s) == AlertTurn::clears);
  auto quiet = alert(2min);
  CHECK(quiet.take(kNone, kBegin) == AlertTurn::none);
  CHECK(quiet.take(kNone, kBegin + 70s) == AlertTurn::none);
  CHECK(quiet.take(kNone, kBegin + 2min) == AlertTurn::blind);
  CHECK(quiet.take(of(0.0), kBegin + 3min) == AlertTurn::sees);
}

TEST_CASE("an after-hook waits when it was wanted, or when somebody did the newest stage by hand") {
  using Is = app::StageState::Is;
  app::Standing standing;
  standing.hook_side = "green";
  standing.stages = {{"lint", Is::done, "", {}}, {"clone", Is::done, "", {}}, {"migrate", Is::due, "", {}}};
  CHECK(standing.hook_pending("clone"));
  CHECK_FALSE(standing.hook_pending("lint"));
  CHECK_FALSE(standing.hook_pending("migrate"));
  standing.hooks["after_clone"] = "ran";
  standing.hooks["after_lint"] = "wanted";
  CHECK_FALSE(standing.hook_pending("clone"));
  CHECK(standing.hook_pending("lint"));
  standing.hook_side.clear();
  CHECK_FALSE(standing.hook_pending("lint"));
}
