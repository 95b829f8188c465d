#include "support/night.h"

#include <fmt/format.h>

#include "support/check.h"
#include "support/servers.h"

namespace bgdb::test {
namespace {

using namespace std::chrono_literals;

constexpr int kAccounts = 100;

const char* const kSchema = R"sql(
create table accounts (id int primary key, balance bigint not null);
create table transfers (id bigserial primary key, run int not null, client int not null, number int not null);
create table parts (id int, day date, primary key (id, day)) partition by range (day);
create table parts_old partition of parts for values from ('2000-01-01') to ('2020-01-01');
create table parts_new partition of parts default;
insert into accounts select i, 1000 from generate_series(1, 100) i;
)sql";

}  // namespace

Night::Night(const std::string& extra, const std::function<std::string(const std::string&)>& wire,
             const std::string& gates, const std::map<std::string, std::string>& files, bool begun)
    : blue_(fresh_database("blue")), green_(fresh_database("green")) {
  static int count = 0;
  const std::string name = fmt::format("night{}", ++count);
  REQUIRE_OK(connect(blue_).script(kSchema));
  bouncer_ = REQUIRE_OK(scratch::PgBouncer::start(workspace(), {{"shop", blue_}}, {.name = name}));
  config_ = folder_.write("bgdb.yml", fmt::format(R"yml(name: {}
blue: {{ dsn: "{}" }}
green: {{ dsn: "{}" }}
gates: {{ {}stable_for: 300ms, lag_ms_max: 2000, drain_ms_max: 5000 }}
switch: {{ pause_max: 5s }}
traffic:
  driver: pgbouncer
  admin_dsn: "{}"
  database: shop
  databases_file: {}
  front_door_dsn: "{}"
{})yml",
                                                  name, blue_, wire(green_), gates, bouncer_->admin_dsn(),
                                                  bouncer_->databases_file(), bouncer_->dsn("shop"), extra));
  for (const auto& [name, text] : files) {
    const auto path = folder_.write(name, text);
    if (text.starts_with("#!")) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  if (!begun) return;
  const auto cloned = bgdb({"clone", "--yes"});
  if (cloned.exit_status != 0) FAIL("bgdb clone: " << cloned.stderr_text);
  start_sync();
}

Night::~Night() {
  stop_ = true;
  for (auto& client : clients_) client.join();
  sync_.reset();
  bouncer_.reset();
}

core::ProcessResult Night::bgdb(std::vector<std::string> arguments,
                                std::map<std::string, std::string> environment) const {
  core::ProcessOptions options{.argv = {BGDB_BINARY, "--config", config_}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment = std::move(environment);
  options.timeout = 120s;
  return REQUIRE_OK(core::run_process(options));
}

core::ChildProcess Night::start_bgdb(std::vector<std::string> arguments,
                                     std::map<std::string, std::string> environment) const {
  core::ProcessOptions options{.argv = {BGDB_BINARY, "--config", config_}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment = std::move(environment);
  options.output_file = folder_.path() / "started.log";
  options.die_with_parent = true;
  return REQUIRE_OK(core::ChildProcess::start(options));
}

bool Night::wait_stopped(core::ChildProcess& process) const {
  for (int i = 0; i < 600 && process.running(); ++i) {
    const std::string stat = read_file(fmt::format("/proc/{}/stat", process.pid()));
    const auto state = stat.rfind(") ");
    if (state != std::string::npos && stat.substr(state + 2, 1) == "T") return true;
    std::this_thread::sleep_for(50ms);
  }
  WARN(read_file(folder_.path() / "started.log"));
  return false;
}

std::string Night::kept_journal(const std::string& side) const {
  return read_file(folder_.path() / ("bgdb-journal-" + side + ".jsonl"));
}

void Night::start_sync() {
  core::ProcessOptions options{.argv = {BGDB_BINARY, "--config", config_, "sync"}};
  options.output_file = folder_.path() / "sync.log";
  options.die_with_parent = true;
  sync_ = std::make_unique<core::ChildProcess>(REQUIRE_OK(core::ChildProcess::start(options)));
}

void Night::stop_sync() {
  sync_.reset();
}

void Night::wait_ready(bool rollback) const {
  core::ProcessResult last;
  for (int i = 0; i < 120; ++i) {
    last = bgdb(rollback ? std::vector<std::string>{"gate", "--rollback"} : std::vector<std::string>{"gate"});
    if (last.exit_status == 0) return;
    std::this_thread::sleep_for(500ms);
  }
  FAIL("the gates do not open:\n" << last.stdout_text << last.stderr_text << read_file(folder_.path() / "sync.log"));
}

void Night::client(int number) {
  std::optional<pg::Session> session;
  unsigned dice = static_cast<unsigned>(number) * 7919u + static_cast<unsigned>(runs_);
  for (int i = 1; !stop_; ++i) {
    if (!session || !session->alive()) {
      session.reset();
      auto opened = pg::Session::open({.dsn = bouncer_->dsn("shop"), .application_name = "shop", .plain = true});
      if (!opened) {
        ++failed_;
        std::this_thread::sleep_for(50ms);
        continue;
      }
      session.emplace(*std::move(opened));
    }
    const auto roll = [&dice] { return (dice = dice * 1103515245u + 12345u) >> 8; };
    const auto from = roll() % kAccounts + 1;
    const auto to = roll() % kAccounts + 1;
    const auto done =
        session->script(fmt::format("begin; update accounts set balance = balance - 1 where id = {}; update accounts "
                                    "set balance = balance + 1 where "
                                    "id = {}; insert into transfers (run, client, number) values ({}, {}, {}); commit",
                                    std::min(from, to), std::max(from, to), runs_, number, i));
    if (done) {
      acknowledged_by_client_[static_cast<size_t>(number)].push_back(i);
      ++acknowledged_;
    } else {
      ++failed_;
      if (session->alive() && session->in_transaction()) (void)session->rollback();
      std::this_thread::sleep_for(20ms);
    }
    std::this_thread::sleep_for(2ms);
  }
}

void Night::start_load(int clients) {
  ++runs_;
  stop_ = false;
  failed_ = 0;
  acknowledged_by_client_.assign(static_cast<size_t>(clients), {});
  for (int i = 0; i < clients; ++i) clients_.emplace_back([this, i] { client(i); });
}

void Night::stop_load() {
  stop_ = true;
  for (auto& client : clients_) client.join();
  clients_.clear();
}

std::string Night::on_blue(const std::string& sql) const {
  return REQUIRE_OK(connect(blue_).scalar(sql));
}
std::string Night::on_green(const std::string& sql) const {
  return REQUIRE_OK(connect(green_).scalar(sql));
}

bool Night::front_door_writes(std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    auto session = pg::Session::open({.dsn = bouncer_->dsn("shop"), .application_name = "shop", .plain = true});
    if (session && session->script("update accounts set balance = balance where id = 1")) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

std::string Night::active() const {
  const char* sql = "select role from bgdb.side";
  const bool blue = on_blue(sql) == "active";
  const bool green = on_green(sql) == "active";
  if (blue && green) FAIL("single_writer: both sides are active");
  return blue ? "blue" : green ? "green" : "nobody";
}

void Night::check_invariants(bool links_stand) const {
  const std::string side = active();
  REQUIRE(side != "nobody");
  const auto on_active = [&](const std::string& sql) { return side == "blue" ? on_blue(sql) : on_green(sql); };
  const auto on_other = [&](const std::string& sql) { return side == "blue" ? on_green(sql) : on_blue(sql); };
  // balance
  CHECK(on_active("select sum(balance) from accounts") == std::to_string(kAccounts * 1000));
  // no_duplicate
  CHECK(on_active("select count(*) from (select from transfers group by run, client, number having count(*) > 1) d") ==
        "0");
  // no_loss: an acknowledged commit is there (one whose answer was lost may be there as well)
  for (size_t i = 0; i < acknowledged_by_client_.size(); ++i) {
    std::string values;
    for (const int number : acknowledged_by_client_[i]) values += (values.empty() ? "" : ",") + std::to_string(number);
    const auto missing =
        on_active(fmt::format("select count(*) from unnest('{{{}}}'::int[]) n where not exists (select from transfers "
                              "where run = {} and client "
                              "= {} and number = n)",
                              values, runs_, i));
    CHECK(missing == "0");
  }
  // single_writer: the other side refuses, superusers too, roots and leaves
  for (const char* sql : {"delete from accounts", "insert into parts values (1, '2010-01-01')",
                          "insert into parts_old values (1, '2010-01-01')", "truncate transfers"}) {
    const auto refused = connect(side == "blue" ? green_ : blue_).script(sql);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sqlstate == "25006");
  }
  if (!links_stand) return;
  // converged
  const std::string digest =
      "select (select md5(string_agg(a::text, '|' order by id)) from accounts a) || (select count(*) || "
      "coalesce(md5(string_agg(t::text, '|' order by id)), '') from transfers t)";
  bool same = false;
  for (int i = 0; i < 300 && !same; ++i) {
    same = on_active(digest) == on_other(digest);
    if (!same) std::this_thread::sleep_for(100ms);
  }
  CHECK(same);
}

}  // namespace bgdb::test
