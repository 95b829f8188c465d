// Throwaway servers on this machine, in a temporary folder, on free ports of 127.0.0.1: for `bgdb demo`, `bgdb prove`
// and the tests. PostgreSQL refuses to run as root, so as root everything runs as an unprivileged user. Destructors
// stop what was started; a watchdog process stops it too when we are killed with -9.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/process.h"
#include "core/result.h"

namespace bgdb::scratch {

// A temporary folder owned by the user the servers run as; removed by the destructor with all it holds.
class Workspace {
 public:
  static Result<std::unique_ptr<Workspace>> create(std::string_view prefix = "bgdb");
  ~Workspace();
  const std::string& path() const { return path_; }
  // Empty when we are not root.
  const std::string& user() const { return user_; }
  void keep() { keep_ = true; }

 private:
  Workspace() = default;
  std::string path_;
  std::string user_;
  bool keep_ = false;
  core::ChildProcess watchdog_;
};

struct PostgresOptions {
  std::string name = "pg";  // folder name inside the workspace
  std::vector<std::pair<std::string, std::string>>
      settings{};         // postgresql.conf; wal_level=logical and small buffers are set
  std::string bin_dir{};  // default: the newest /usr/lib/postgresql/*/bin, or PATH
  std::string host = "127.0.0.1";
};

// A running PostgreSQL. Superuser "postgres" without a password on loopback (trust).
class Postgres {
 public:
  static Result<std::unique_ptr<Postgres>> start(Workspace& workspace, PostgresOptions options = {});
  ~Postgres();
  // "host=127.0.0.1 port=N user=postgres dbname=<database>"
  std::string dsn(std::string_view database = "postgres") const;
  int port() const { return port_; }
  const std::string& data_dir() const { return data_dir_; }
  pid_t postmaster_pid() const;
  Result<void> create_database(std::string_view name);
  // fast shutdown; kill9: the whole server dies at once, as in a crash; start_again: same folder and port.
  Result<void> stop();
  void kill9();
  Result<void> start_again();

 private:
  Postgres() = default;
  PostgresOptions options_;
  std::string data_dir_;
  std::string log_file_;
  std::string socket_dir_;
  std::string user_;
  int port_ = 0;
};

// The first folder that holds postgres, initdb and pg_ctl.
Result<std::string> find_postgres_bin_dir();

struct PgBouncerOptions {
  std::string name = "pgbouncer";
  std::string pool_mode = "transaction";
  int default_pool_size = 20;
  int max_client_conn = 200;
};

// A running PgBouncer whose databases stand in an included file (databases.ini), so that a switch can rewrite it.
class PgBouncer {
 public:
  // `targets`: pool database name -> connect string of the server, e.g. {"shop", "host=127.0.0.1 port=5433
  // dbname=shop"}.
  static Result<std::unique_ptr<PgBouncer>> start(Workspace& workspace,
                                                  std::vector<std::pair<std::string, std::string>> targets,
                                                  PgBouncerOptions options = {});
  ~PgBouncer();
  std::string dsn(std::string_view database) const;  // through the pooler, user postgres
  std::string admin_dsn() const;                     // dbname=pgbouncer
  const std::string& databases_file() const { return databases_file_; }
  const std::string& config_file() const { return config_file_; }
  int port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  void kill9();
  Result<void> start_again();

 private:
  PgBouncer() = default;
  core::ChildProcess process_;
  std::string config_file_;
  std::string databases_file_;
  std::string user_;
  std::string folder_;
  int port_ = 0;
};

}  // namespace bgdb::scratch
