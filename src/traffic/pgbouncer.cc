#include "traffic/pgbouncer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/clock.h"
#include "core/ident.h"
#include "pg/deadline.h"
#include "traffic/databases_file.h"

namespace bgdb::traffic {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAnswer{1'000};

class Deadline {
 public:
  explicit Deadline(milliseconds timeout) : end_(core::system_clock().now() + timeout) {}
  milliseconds rest() const {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(end_ - core::system_clock().now()));
  }
  bool passed() const { return core::system_clock().now() >= end_; }

 private:
  core::SteadyTime end_;
};

// One admin console. The session is kept open, so that nothing connects while clients wait.
class Console {
 public:
  explicit Console(std::string dsn) : dsn_(std::move(dsn)) {}

  Result<pg::Rows> run(const std::string& statement, milliseconds timeout) {
    const Deadline deadline(timeout);
    const bool reused = session_.has_value();
    BGDB_CHECK(connect(deadline.rest()));
    auto rows = pg::script_within(*session_, statement, deadline.rest());
    if (rows) return rows;
    const bool lost = !session_->alive();
    if (lost || rows.error().code == ErrorCode::timeout) session_.reset();
    // The pooler was restarted since the last call: once more on a new session.
    if (lost && reused && !deadline.passed()) return run(statement, deadline.rest());
    return rows.error().with_context("PgBouncer " + statement);
  }

 private:
  Result<void> connect(milliseconds timeout) {
    if (session_ && session_->alive()) return {};
    session_.reset();
    auto session = pg::Session::open({.dsn = dsn_, .connect_timeout = timeout, .plain = true});
    if (!session) {
      return session.error()
          .with_context("PgBouncer's admin console")
          .with_hint("traffic.admin_dsn must reach dbname=pgbouncer as a user of admin_users.");
    }
    session_.emplace(*std::move(session));
    return {};
  }

  std::string dsn_;
  std::optional<pg::Session> session_;
};

class PgBouncerDriver : public Driver {
 public:
  explicit PgBouncerDriver(DriverSpec spec) : spec_(std::move(spec)) {
    for (const auto& dsn : spec_.admin_dsns) consoles_.emplace_back(dsn);
  }

  std::string name() const override { return "pgbouncer"; }
  bool can_pause() const override { return true; }
  std::string front_door_dsn() const override { return spec_.front_door_dsn; }

  // A pool in session mode gives its server back when the client leaves, which may be never: it cannot be paused.
  Result<void> check() override {
    BGDB_CHECK(check_databases_file(spec_.databases_file, spec_.database));
    for (size_t i = 0; i < consoles_.size(); ++i) {
      const auto mode = BGDB_TRY(pool_mode(consoles_[i], milliseconds(5'000)));
      if (mode != "session") continue;
      return fail(ErrorCode::refused,
                  fmt::format("pool {} is in session mode on PgBouncer {} of {}: PAUSE would wait for every client to "
                              "disconnect",
                              spec_.database, i + 1, consoles_.size()),
                  "Set pool_mode=transaction for it, in the [databases] entry or for all.");
    }
    return {};
  }

  Result<void> pause(milliseconds timeout) override {
    const Deadline deadline(timeout);
    for (auto& console : consoles_) {
      auto answer = console.run("PAUSE " + pool(), deadline.rest());
      // Left paused by a run that died: whether it had drained is not known, so it is paused anew.
      if (!answer && says(answer.error(), "already")) {
        BGDB_CHECK(resume_one(console, deadline.rest()));
        answer = console.run("PAUSE " + pool(), deadline.rest());
      }
      if (!answer && answer.error().code != ErrorCode::timeout) return answer.error();
      if (!answer) {
        return answer.error().with_hint(
            "A client's transaction did not end in time, or the pool is in session mode. See SHOW CLIENTS.");
      }
    }
    return {};
  }

  Result<void> resume(milliseconds timeout) override {
    const Deadline deadline(timeout);
    std::optional<Error> first;
    for (auto& console : consoles_) {
      auto done = resume_one(console, deadline.rest());
      if (!done && !first) first = done.error();
    }
    if (first) return *first;
    return {};
  }

  Result<void> point_to(const Target& target, milliseconds timeout) override {
    const Deadline deadline(timeout);
    const auto endpoint = BGDB_TRY(pg::endpoint_of(target.dsn));
    BGDB_CHECK(rewrite_databases_file(spec_.databases_file, spec_.database, endpoint));
    for (auto& console : consoles_) {
      BGDB_TRY(console.run("RELOAD", deadline.rest()));
      while (true) {
        // The last look gets time to be answered, too: what it shows says more than that time ran out.
        const auto now = BGDB_TRY(shown(console, std::max(deadline.rest(), kAnswer)));
        if (now == endpoint) break;
        if (deadline.passed()) {
          return fail(ErrorCode::timeout,
                      fmt::format("PgBouncer still leads {} to {}:{}/{} after RELOAD", spec_.database, now.host,
                                  now.port, now.database),
                      fmt::format("Does pgbouncer.ini include {}?", spec_.databases_file));
        }
        core::system_clock().sleep_for(milliseconds(5));
      }
    }
    return {};
  }

  // Empty when the bouncers disagree or lead elsewhere.
  Result<std::string> current(milliseconds timeout) override {
    const Deadline deadline(timeout);
    std::optional<pg::Endpoint> all;
    for (auto& console : consoles_) {
      auto now = BGDB_TRY(shown(console, deadline.rest()));
      if (all && !(*all == now)) return std::string();
      all = std::move(now);
    }
    for (const auto& target : spec_.targets) {
      if (BGDB_TRY(pg::endpoint_of(target.dsn)) == all) return target.name;
    }
    return std::string();
  }

  std::vector<std::string> describe(const Target& target) const override {
    const auto endpoint = pg::endpoint_of(target.dsn);
    const std::string where =
        endpoint ? fmt::format("host={} port={} dbname={}", endpoint->host, endpoint->port, endpoint->database)
                 : target.name;
    return {fmt::format("PAUSE {} (on {} PgBouncer)", pool(), consoles_.size()),
            fmt::format("rewrite {}: {} = {}", spec_.databases_file, spec_.database, where), "RELOAD", "SHOW DATABASES",
            "RESUME " + pool()};
  }

 private:
  // The console takes names as they stand; quotes are needed only for odd ones.
  std::string pool() const { return quote_ident(spec_.database); }

  static bool says(const Error& error, std::string_view word) { return error.message.find(word) != std::string::npos; }

  Result<void> resume_one(Console& console, milliseconds timeout) {
    auto answer = console.run("RESUME " + pool(), timeout);
    if (!answer && !says(answer.error(), "not paused")) return answer.error();
    return {};
  }

  // Of the entry, else of the whole PgBouncer.
  Result<std::string> pool_mode(Console& console, milliseconds timeout) {
    const auto databases = BGDB_TRY(console.run("SHOW DATABASES", timeout));
    for (size_t i = 0; i < databases.size(); ++i) {
      if (databases.at(i, "name").value_or("") != spec_.database) continue;
      if (const auto own = databases.at(i, "pool_mode").value_or(""); !own.empty()) return own;
    }
    const auto settings = BGDB_TRY(console.run("SHOW CONFIG", timeout));
    for (size_t i = 0; i < settings.size(); ++i) {
      if (settings.at(i, "key").value_or("") == "pool_mode") return settings.at(i, "value").value_or("");
    }
    return std::string();
  }

  Result<pg::Endpoint> shown(Console& console, milliseconds timeout) {
    const auto rows = BGDB_TRY(console.run("SHOW DATABASES", timeout));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows.at(i, "name").value_or("") != spec_.database) continue;
      return pg::Endpoint{rows.at(i, "host").value_or(""), rows.at(i, "port").value_or(""),
                          rows.at(i, "database").value_or("")};
    }
    return fail(ErrorCode::config, "PgBouncer has no database " + spec_.database,
                "Set traffic.database to the pool's name.");
  }

  DriverSpec spec_;
  std::vector<Console> consoles_;
};

}  // namespace

Result<std::unique_ptr<Driver>> make_pgbouncer(const DriverSpec& spec) {
  const auto missing = [](const char* key, const char* cure) {
    return fail(ErrorCode::config, fmt::format("traffic.driver is pgbouncer, but traffic.{} is missing", key), cure);
  };
  if (spec.admin_dsns.empty())
    return missing("admin_dsn", "For example: host=/run/pgbouncer port=6432 dbname=pgbouncer");
  if (spec.database.empty()) return missing("database", "The name of the pool that clients connect to.");
  if (spec.databases_file.empty())
    return missing("databases_file", "The file that pgbouncer.ini includes with %include.");
  return std::unique_ptr<Driver>(std::make_unique<PgBouncerDriver>(spec));
}

}  // namespace bgdb::traffic
