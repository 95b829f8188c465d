#include "support/shared_night.h"

#include <fmt/format.h>

#include <random>

#include "support/check.h"

namespace bgdb::test {

// Sessions of one version: insert, update, delete and read through its own column.
class SharedNight::Fleet {
 public:
  Fleet(SharedNight& night, std::string name, std::string column, int sessions)
      : night_(night), name_(std::move(name)), column_(std::move(column)) {
    for (int i = 0; i < sessions; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  ~Fleet() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }

 private:
  void run(int number) {
    auto session = pg::Session::open({.dsn = night_.dsn_, .application_name = name_});
    std::mt19937 random(static_cast<unsigned>(number) + std::random_device{}());
    for (int i = 0; session && !stop_; ++i) {
      const auto pick = random() % static_cast<unsigned>(night_.rows_) + 1;
      const auto value = fmt::format("{}-{}-{}@x", name_, number, i);
      std::string sql;
      switch (i % 5) {
        case 0:
          sql = fmt::format("insert into users ({}) values ('{}')", column_, value);
          break;
        case 1:
          sql = fmt::format("update users set {} = '{}' where id = {}", column_, value, pick);
          break;
        case 2:
          sql = fmt::format("select {} from users where id = {}", column_, pick);
          break;
        case 3:
          sql = fmt::format("update users set visits = visits + 1 where id = {}", pick);
          break;
        default:
          sql = fmt::format("delete from users where id = {}", random() % 50 == 0 ? pick : 0);
      }
      if (const auto ran = session->script(sql); !ran) {
        const std::lock_guard lock(night_.mutex_);
        if (night_.failures_.size() < 20) night_.failures_.push_back(name_ + ": " + sql + ": " + ran.error().message);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  SharedNight& night_;
  std::string name_;
  std::string column_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

SharedNight::SharedNight(int rows, const std::string& extra_config) : rows_(rows) {
  workspace_ = REQUIRE_OK(scratch::Workspace::create("shared"));
  postgres_ = REQUIRE_OK(scratch::Postgres::start(*workspace_));
  CHECK_OK(postgres_->create_database("shop"));
  dsn_ = postgres_->dsn("shop");
  const std::string schema =
      "create table users (id bigserial primary key, email text not null, visits int not null default 0);\n"
      "create index users_email on users (email);\n";
  auto session = REQUIRE_OK(pg::Session::open({.dsn = dsn_}));
  CHECK_OK(session.script(schema));
  CHECK_OK(
      session.script(fmt::format("insert into users (email) select i || '@old' from generate_series(1, {}) i", rows)));
  CHECK_OK(session.script("analyze users"));
  folder_.write("bgdb.yml",
                fmt::format("name: shop\nstrategy: shared\nblue: {{ dsn: \"{}\" }}\nmigrations: {{ dir: migrations, "
                            "framework: flyway, baseline: V1, old_version: \"shop-1*\" }}\n{}",
                            dsn_, extra_config));
  folder_.write("migrations/V1__users.sql", schema);
  folder_.write("source/V1__users.sql", schema);
  const auto source =
      folder_.write("source/V2__rename.sql", "alter table users rename column email to email_address;\n");
  const auto written = bgdb({"rewrite", source, "-o", (folder_.path() / "migrations").string()});
  if (written.exit_status != 0) FAIL(written.stdout_text << written.stderr_text);
}

SharedNight::~SharedNight() = default;

core::ProcessResult SharedNight::bgdb(std::vector<std::string> arguments) const {
  core::ProcessOptions options;
  options.argv = {BGDB_BINARY};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_directory = folder_.path().string();
  options.timeout = std::chrono::seconds(120);
  return REQUIRE_OK(core::run_process(options));
}

core::ChildProcess SharedNight::start_bgdb(std::vector<std::string> arguments) const {
  core::ProcessOptions options;
  options.argv = {BGDB_BINARY};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_directory = folder_.path().string();
  options.output_file = (folder_.path() / "out").string();
  return REQUIRE_OK(core::ChildProcess::start(options));
}

std::string SharedNight::output() const {
  return read_file(folder_.path() / "out");
}

std::string SharedNight::scalar(const std::string& sql) const {
  auto session = REQUIRE_OK(pg::Session::open({.dsn = dsn_, .application_name = "bgdb test"}));
  return REQUIRE_OK(session.scalar(sql));
}

void SharedNight::start_old(int sessions) {
  old_ = std::make_unique<Fleet>(*this, "shop-1.9", "email", sessions);
}
void SharedNight::start_new(int sessions) {
  new_ = std::make_unique<Fleet>(*this, "shop-2.0", "email_address", sessions);
}

void SharedNight::stop_old() {
  old_.reset();
}
void SharedNight::stop_new() {
  new_.reset();
}

std::vector<std::string> SharedNight::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace bgdb::test
