// bgdb release as a real process on two real servers: the whole way, killed at every seam, hooks, alerts,
// notifications.
#include <fmt/format.h>
#include <httplib.h>
#include <signal.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "support/check.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Night;

namespace {

const std::map<std::string, std::string> kFiles = {
    {"migrations/001_note.sql", "alter table accounts add column note text not null default 'new';\n"},
    // Every hook writes down that it ran.
    {"ran.sh", "#!/bin/sh\necho \"$BGDB_HOOK\" >> ran.txt\n"},
    // Dies with the release the first time, does its work the second.
    {"die.sh",
     "#!/bin/sh\nif [ ! -e \"died.$BGDB_HOOK\" ]; then : > \"died.$BGDB_HOOK\"; kill -9 $PPID; exit 1; fi\n"
     "echo \"$BGDB_HOOK\" >> ran.txt\n"},
    {"fail.sh", "#!/bin/sh\necho out of cake >&2\n[ -e mended ]\n"},
    {"tell.sh", "#!/bin/sh\ncat >> told.jsonl\n"},
    {"healthy.sh", "#!/bin/sh\n[ ! -e broken ]\n"},
    {"break.sh", "#!/bin/sh\n: > broken\n"},
};

const auto kSame = [](const std::string& dsn) { return dsn; };

// A night that is left to `bgdb release`; the sync that a release leaves behind is ended with it.
class ReleaseNight : public Night {
 public:
  explicit ReleaseNight(const std::string& extra, const std::string& gates = "")
      : Night("migrations: { dir: migrations, framework: plain }\n" + extra, kSame, gates, kFiles, false) {}
  ~ReleaseNight() {
    const std::string log = text("bgdb-release.log");
    const std::string mark = "(process ";
    for (auto at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) {
      const pid_t pid = std::atoi(log.c_str() + at + mark.size());
      std::ifstream in(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);  // empty: it has ended already
      const std::string program((std::istreambuf_iterator<char>(in)), {});
      if (program.find("bgdb") != std::string::npos && program.find("sync") != std::string::npos) ::kill(pid, SIGTERM);
    }
  }
  std::string text(const std::string& file) const {
    return std::filesystem::exists(folder() / file) ? test::read_file(folder() / file) : "";
  }
  int count(const std::string& file, const std::string& line) const {
    std::istringstream in(text(file));
    int found = 0;
    for (std::string one; std::getline(in, one);) found += one == line;
    return found;
  }
  std::string state_of(const std::string& stage) const {
    const auto plan = nlohmann::json::parse(bgdb({"release", "plan", "--json"}).stdout_text);
    for (const auto& one : plan["stages"]) {
      if (one["stage"] == stage) return one["state"];
    }
    return "no such stage";
  }
};

void ends(const core::ProcessResult& result, int status, const std::string& part = "") {
  INFO(result.stdout_text << result.stderr_text);
  REQUIRE(result.exit_status == status);
  CHECK((result.stdout_text + result.stderr_text).find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a whole release under load: every stage once, hooks and notifications, and nothing left to do") {
  ReleaseNight night(R"yml(
release: { hooks: { after_clone: ["./ran.sh"], before_cutover: ["./ran.sh"], after_cutover: ["./ran.sh"] } }
watch: { window: 3s, every: 200ms }
notify: [{ kind: command, run: ["./tell.sh"] }, { kind: command, run: ["./not-there.sh"] }]
)yml",
                     "soak_min: 2s, ");  // it has a beginning although nothing but the release ever asked
  night.start_load(2);
  const auto plan = night.bgdb({"release", "plan"});
  ends(plan, 0, "Next: lint");
  CHECK(night.state_of("clone") == "due");
  const auto result = night.bgdb({"release", "run", "--yes"});
  ends(result, 0, "the release is complete");
  CHECK(result.stderr_text.find("not told: command ./not-there.sh") != std::string::npos);
  std::this_thread::sleep_for(300ms);
  night.stop_load();
  CHECK(night.failed() == 0);
  CHECK(night.active() == "green");
  CHECK(night.on_blue("select role from bgdb.side") == "retired");
  CHECK(night.on_green("select note from accounts limit 1") == "new");
  for (const char* hook : {"after_clone", "before_cutover", "after_cutover"}) CHECK(night.count("ran.txt", hook) == 1);
  std::istringstream told(night.text("told.jsonl"));
  std::string events;
  for (std::string line; std::getline(told, line);) {
    const auto json = nlohmann::json::parse(line);
    events += json["stage"].get<std::string>() + " " + json["event"].get<std::string>() + "\n";
  }
  for (const char* stage : {"lint", "clone", "migrate", "sync", "verify", "gates", "cutover", "watch", "finalize"}) {
    INFO(events);
    CHECK(events.find(std::string(stage) + " begin\n") != std::string::npos);
    CHECK(events.find(std::string(stage) + " end\n") != std::string::npos);
  }
  CHECK(night.on_green("select count(*) from bgdb.journal where command = 'release' and step = 'begin finalize'") ==
        "1");
  ends(night.bgdb({"release", "run", "--yes"}), 0, "the release is complete");
  CHECK(night.bgdb({"release", "plan"}).stdout_text.find("Nothing is left to do") != std::string::npos);
}

TEST_CASE("a release that is killed before and after every stage goes on from the facts") {
  std::string hooks;
  int seams = 0;
  for (const std::string stage : {"lint", "clone", "migrate", "sync", "verify", "gates", "cutover", "watch"}) {
    for (const std::string when : {"before_", "after_"}) {
      hooks += fmt::format("    {}{}: [\"./die.sh\"]\n", when, stage);
      ++seams;
    }
  }
  ReleaseNight night("release:\n  hooks:\n" + hooks + "watch: { window: 25s, every: 200ms }\n");
  night.start_load(2);
  core::ProcessResult last;
  int runs = 0;
  do {
    last = night.bgdb({"release", "run", "--yes"});
    ++runs;
  } while (last.exit_status == 137 && runs < 30);
  ends(last, 0, "the release is complete");
  std::this_thread::sleep_for(300ms);
  night.stop_load();
  CHECK(runs == seams + 1);
  CHECK(night.active() == "green");
  // What was to run after a stage has run, although the run that did the stage died first.
  for (const char* stage : {"clone", "migrate", "sync", "verify", "cutover"}) {
    INFO(night.text("ran.txt"));
    CHECK(night.count("ran.txt", fmt::format("after_{}", stage)) == 1);
  }
  CHECK(night.on_green("select count(*) from bgdb.journal where step = 'point_of_no_return'") == "0");
  CHECK(night.on_blue("select count(*) from bgdb.journal where step = 'point_of_no_return'") == "1");
}

TEST_CASE("a hook that fails stops the release by its name, and the next run tries it again") {
  ReleaseNight night(R"yml(release: { hooks: { before_clone: [{ run: ["./fail.sh"], timeout: 5s }] } })yml"
                     "\n");
  const auto failed = night.bgdb({"release", "run", "--yes"});
  ends(failed, 1, "hook before_clone (./fail.sh) failed: ended with status 1: out of cake");
  CHECK(night.state_of("clone") == "due");
  std::ofstream(night.folder() / "mended") << "";
  ends(night.bgdb({"release", "run", "--until", "migrate"}), 0, "next: sync");
  CHECK(night.state_of("migrate") == "done");
  // Nobody confirms the switch: it stops there, and nothing has moved.
  ends(night.bgdb({"release", "run"}), 2, "cutover was not confirmed");
  CHECK(night.active() == "blue");
  ends(night.bgdb({"release", "run", "--until", "nowhere"}), 2, "there is no such stage");
}

TEST_CASE("an alert rolls back by itself, and the release does not begin again unasked") {
  ReleaseNight night(R"yml(
release: { hooks: { after_cutover: ["./break.sh"] } }
watch: { window: 1h, every: 200ms, alerts: [{ metric: health_failures, above: 0, for: 1s, action: rollback }] }
)yml",
                     "health: [{ kind: command, run: [\"./healthy.sh\"] }], ");
  night.start_load(2);
  ends(night.bgdb({"release", "run", "--yes"}), 1, "rolled back by an alert: health_failures above 0");
  std::this_thread::sleep_for(300ms);
  night.stop_load();
  CHECK(night.active() == "blue");
  CHECK(night.failed() == 0);
  ends(night.bgdb({"release", "run", "--yes"}), 3, "was rolled back");
  ends(night.bgdb({"release", "plan"}), 0, "rolled back: blue serves again");
  std::filesystem::remove(night.folder() / "broken");
  ends(night.bgdb({"release", "run", "--yes", "--again", "--until", "gates"}), 0, "next: cutover");
}

TEST_CASE("the time that an alert asks for goes on through a run that dies") {
  ReleaseNight night(R"yml(
release: { hooks: { after_cutover: ["./break.sh"] } }
watch: { window: 1h, every: 200ms, alerts: [{ metric: health_failures, above: 0, for: 30s, action: rollback }] }
)yml",
                     "health: [{ kind: command, run: [\"./healthy.sh\"] }], ");
  const auto out = [&] {
    const std::string sql =
        "select coalesce(max((value->'out_ms'->>'health_failures above 0')::int), 0) from bgdb.fact where key = "
        "'release.alerts'";
    return std::stoi(night.on_green(sql));
  };
  auto running = night.start_bgdb({"release", "run", "--yes"}, {});
  for (int i = 0; i < 300 && night.state_of("cutover") != "done"; ++i) std::this_thread::sleep_for(200ms);
  for (int i = 0; i < 300 && out() < 15'000; ++i) std::this_thread::sleep_for(100ms);
  running.signal(SIGKILL);
  (void)running.wait(20s);
  REQUIRE(out() >= 15'000);
  const auto begun = std::chrono::steady_clock::now();
  ends(night.bgdb({"release", "run", "--yes"}), 1, "rolled back by an alert: health_failures above 0");
  CHECK(std::chrono::steady_clock::now() - begun < 29s);
  CHECK(night.active() == "blue");
}

TEST_CASE("an alert that holds keeps finalize closed until somebody lifts it, and webhooks stay secret") {
  httplib::Server server;
  std::mutex mutex;
  std::string posted;
  server.Post("/secret-token", [&](const httplib::Request& request, httplib::Response&) {
    const std::lock_guard lock(mutex);
    posted += request.body + "\n";
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  const std::map<std::string, std::string> environment = {
      {"RELEASE_WEBHOOK", fmt::format("http://127.0.0.1:{}/secret-token", port)}};
  {
    ReleaseNight night(R"yml(
release: { hooks: { after_cutover: ["./break.sh"] } }
watch: { window: 6s, every: 200ms, alerts: [{ metric: health_failures, above: 0, action: hold }] }
notify: [{ kind: webhook, url_env: RELEASE_WEBHOOK }]
)yml",
                       "health: [{ kind: command, run: [\"./healthy.sh\"] }], ");
    auto first = night.bgdb({"release", "run", "--yes"}, environment);
    ends(first, 1, "an alert fires");
    ends(night.bgdb({"release", "run", "--yes"}, environment), 1, "held by an alert");
    CHECK(night.active() == "green");
    {
      const std::lock_guard lock(mutex);
      INFO(posted);
      CHECK(posted.find("\"event\":\"alert\"") != std::string::npos);
      CHECK(posted.find("\"event\":\"failure\"") != std::string::npos);
    }
    const auto journal = night.bgdb({"journal"}).stdout_text;
    for (const auto& text : {first.stdout_text + first.stderr_text, night.text("bgdb-release.log"), journal}) {
      CHECK(text.find("secret-token") == std::string::npos);
    }
    ends(night.bgdb({"release", "run", "--yes", "--lift-hold"}, environment), 0, "the release is complete");
  }
  server.stop();
  thread.join();
}

TEST_CASE("one release run at a time, and Ctrl-C ends it in order") {
  ReleaseNight night("watch: { window: 1h, every: 200ms }\n");
  auto running = night.start_bgdb({"release", "run", "--yes"}, {});
  for (int i = 0; i < 300 && night.state_of("cutover") != "done"; ++i) std::this_thread::sleep_for(200ms);
  REQUIRE(night.active() == "green");
  ends(night.bgdb({"release", "run", "--yes"}), 3, "another release run is at work");
  // Towards the end of the window it reminds.
  night.on_green("update bgdb.side set since = clock_timestamp() - interval '55 minutes' returning 1");
  const auto reminded = [&] {
    return night.text("bgdb-release.log").find("the way back stays open for") != std::string::npos;
  };
  for (int i = 0; i < 200 && !reminded(); ++i) std::this_thread::sleep_for(100ms);
  CHECK(reminded());
  running.signal(SIGINT);
  CHECK(running.wait(20s) == 130);
  // The way back outlives the run: the links stream on.
  night.wait_ready(true);
  ends(night.bgdb({"rollback", "--yes"}), 0);
  CHECK(night.active() == "blue");
}
