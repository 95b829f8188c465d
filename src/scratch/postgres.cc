#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/ident.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace bgdb::scratch {
namespace {

namespace fs = std::filesystem;
using core::ProcessOptions;
using core::run_process;

Result<void> run_as(const std::string& user, std::vector<std::string> argv, const std::string& folder) {
  ProcessOptions options{.argv = std::move(argv)};
  options.environment = {{"LC_ALL", "C.UTF-8"}};
  options.working_directory = folder;
  if (!user.empty()) options.run_as_user = user;
  const std::string program = options.argv[0];
  const auto result = BGDB_TRY(run_process(options));
  if (result.exit_status != 0) {
    return fail(ErrorCode::io, fmt::format("{} failed with status {}: {}", program, result.exit_status,
                                           result.stderr_text.empty() ? result.stdout_text : result.stderr_text));
  }
  return {};
}

std::string last_lines(const std::string& file, size_t bytes) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  return text.size() > bytes ? text.substr(text.size() - bytes) : text;
}

// Small, quick to start, ready for logical replication. fsync is off: these servers survive kill -9 of a process, not a
// loss of power, and nobody keeps data here.
std::string configuration(const PostgresOptions& options, int port, const std::string& socket_dir) {
  std::string text = fmt::format(
      "listen_addresses = '{}'\nport = {}\nunix_socket_directories = '{}'\nwal_level = logical\nmax_wal_senders = 20\n"
      "max_replication_slots = 20\nmax_connections = 120\nshared_buffers = 64MB\nfsync = off\nmax_wal_size = 4GB\n"
      "checkpoint_timeout = 30min\nlogging_collector = off\nlog_line_prefix = '%m [%p] %a '\ntimezone = 'UTC'\n",
      options.host, port, socket_dir);
  for (const auto& [name, value] : options.settings) text += fmt::format("{} = {}\n", name, quote_literal(value));
  return text;
}

}  // namespace

Result<std::string> find_postgres_bin_dir() {
  std::vector<fs::path> candidates;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    candidates.push_back(entry.path() / "bin");
  std::sort(candidates.begin(), candidates.end(), [](const fs::path& a, const fs::path& b) {
    return std::atoi(a.parent_path().filename().c_str()) > std::atoi(b.parent_path().filename().c_str());
  });
  if (const char* path = std::getenv("PATH"); path != nullptr) {
    std::string_view rest(path);
    while (!rest.empty()) {
      candidates.emplace_back(rest.substr(0, rest.find(':')));
      rest = rest.find(':') == std::string_view::npos ? std::string_view() : rest.substr(rest.find(':') + 1);
    }
  }
  for (const auto& folder : candidates) {
    const auto has = [&](const char* program) { return ::access((folder / program).c_str(), X_OK) == 0; };
    if (has("postgres") && has("initdb") && has("pg_ctl")) return folder.string();
  }
  return fail(ErrorCode::not_found, "no PostgreSQL server programs found (postgres, initdb, pg_ctl)",
              "install postgresql-15, or put its bin folder into PATH");
}

Result<std::unique_ptr<Postgres>> Postgres::start(Workspace& workspace, PostgresOptions options) {
  std::unique_ptr<Postgres> server(new Postgres());
  if (options.bin_dir.empty()) options.bin_dir = BGDB_TRY(find_postgres_bin_dir());
  server->user_ = workspace.user();
  const std::string folder = workspace.path() + "/" + options.name;
  BGDB_CHECK(run_as(server->user_, {"/bin/mkdir", "-p", folder}, workspace.path()));
  server->data_dir_ = folder + "/data";
  server->log_file_ = folder + "/server.log";
  server->socket_dir_ = folder;
  server->options_ = std::move(options);
  BGDB_CHECK(run_as(server->user_,
                    {server->options_.bin_dir + "/initdb", "-D", server->data_dir_, "-U", "postgres", "-A", "trust",
                     "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                    folder));
  // A free port may be taken by somebody else before the server binds it: try again with another one.
  Result<void> started;
  for (int attempt = 0; attempt < 5; ++attempt) {
    server->port_ = core::free_port();
    std::ofstream(server->data_dir_ + "/postgresql.auto.conf", std::ios::trunc)
        << configuration(server->options_, server->port_, server->socket_dir_);
    started = server->start_again();
    if (started || started.error().message.find("in use") == std::string::npos) break;
  }
  if (!started) return std::move(started).error();
  return server;
}

Result<void> Postgres::start_again() {
  auto started =
      run_as(user_, {options_.bin_dir + "/pg_ctl", "-D", data_dir_, "-l", log_file_, "-w", "-t", "60", "-s", "start"},
             socket_dir_);
  if (!started) {
    if (started.error().code == ErrorCode::interrupted) return std::move(started).error();
    return fail(ErrorCode::io, fmt::format("PostgreSQL did not start on port {}: {}\n{}", port_,
                                           started.error().message, last_lines(log_file_, 1500)));
  }
  return {};
}

Postgres::~Postgres() {
  if (postmaster_pid() <= 0) return;
  if (const auto stopped = run_as(
          user_, {options_.bin_dir + "/pg_ctl", "-D", data_dir_, "-m", "immediate", "-w", "-s", "stop"}, socket_dir_);
      !stopped) {
    kill9();
  }
}

Result<void> Postgres::stop() {
  return run_as(user_, {options_.bin_dir + "/pg_ctl", "-D", data_dir_, "-m", "fast", "-w", "-s", "stop"}, socket_dir_);
}

pid_t Postgres::postmaster_pid() const {
  std::ifstream in(data_dir_ + "/postmaster.pid");
  pid_t pid = 0;
  in >> pid;
  return in && pid > 0 && ::kill(pid, 0) == 0 ? pid : 0;
}

void Postgres::kill9() {
  const pid_t pid = postmaster_pid();
  if (pid <= 0) return;
  // The postmaster's children notice its death by themselves; all are gone when nobody holds the shared memory any
  // more, which start_again() waits for (it fails while they live).
  ::kill(pid, SIGKILL);
  for (int i = 0; i < 500 && ::kill(pid, 0) == 0; ++i) ::usleep(10'000);
  ::usleep(200'000);
}

std::string Postgres::dsn(std::string_view database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", options_.host, port_, database);
}

Result<void> Postgres::create_database(std::string_view name) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = dsn()}));
  return session.execute("create database " + quote_ident(name));
}

}  // namespace bgdb::scratch
