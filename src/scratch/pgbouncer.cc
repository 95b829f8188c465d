#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/clock.h"
#include "core/interrupt.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace bgdb::scratch {
namespace {

void write_for(const std::string& user, const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc) << text;
  if (user.empty()) return;
  if (const passwd* entry = ::getpwnam(user.c_str()); entry != nullptr) {
    [[maybe_unused]] const int ignored = ::chown(file.c_str(), entry->pw_uid, entry->pw_gid);
  }
}

}  // namespace

Result<std::unique_ptr<PgBouncer>> PgBouncer::start(Workspace& workspace,
                                                    std::vector<std::pair<std::string, std::string>> targets,
                                                    PgBouncerOptions options) {
  std::unique_ptr<PgBouncer> bouncer(new PgBouncer());
  bouncer->user_ = workspace.user();
  bouncer->folder_ = workspace.path() + "/" + options.name;
  std::filesystem::create_directories(bouncer->folder_);
  if (!bouncer->user_.empty()) {
    const passwd* entry = ::getpwnam(bouncer->user_.c_str());
    if (entry == nullptr || ::chown(bouncer->folder_.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
      return fail(ErrorCode::io, "cannot give " + bouncer->folder_ + " to user " + bouncer->user_);
    }
  }
  bouncer->config_file_ = bouncer->folder_ + "/pgbouncer.ini";
  bouncer->databases_file_ = bouncer->folder_ + "/databases.ini";
  const std::string users_file = bouncer->folder_ + "/users.txt";
  std::string databases = "[databases]\n";
  for (const auto& [name, target] : targets) databases += name + " = " + target + "\n";
  write_for(bouncer->user_, bouncer->databases_file_, databases);
  write_for(bouncer->user_, users_file, "\"postgres\" \"\"\n");
  bouncer->port_ = core::free_port();
  write_for(
      bouncer->user_, bouncer->config_file_,
      fmt::format(
          "%include {}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\nauth_type = any\n"
          "auth_file = {}\nadmin_users = postgres\npool_mode = {}\ndefault_pool_size = {}\nmax_client_conn = {}\n"
          "ignore_startup_parameters = extra_float_digits,options\nserver_reset_query_always = 0\n"
          "pidfile = {}/pgbouncer.pid\nlogfile = {}/pgbouncer.log\nserver_login_retry = 1\n",
          bouncer->databases_file_, bouncer->port_, users_file, options.pool_mode, options.default_pool_size,
          options.max_client_conn, bouncer->folder_, bouncer->folder_));
  BGDB_CHECK(bouncer->start_again());
  return bouncer;
}

Result<void> PgBouncer::start_again() {
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/pgbouncer.pid", ignored);
  core::ProcessOptions process{.argv = {"pgbouncer", "-q", config_file_}};
  process.environment = {
      {"PATH", std::string(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "") + ":/usr/sbin"}};
  if (::access("/usr/sbin/pgbouncer", X_OK) == 0) process.argv[0] = "/usr/sbin/pgbouncer";
  if (!user_.empty()) process.run_as_user = user_;
  process.working_directory = folder_;
  process_ = BGDB_TRY(core::ChildProcess::start(process));
  for (int i = 0; i < 250; ++i) {
    if (auto admin = pg::Session::open({.dsn = admin_dsn(), .plain = true}); admin) return {};
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (!process_.running()) break;
    core::system_clock().sleep_for(std::chrono::milliseconds(20));
  }
  std::ifstream log(folder_ + "/pgbouncer.log");
  return fail(ErrorCode::io, "PgBouncer did not start: " + std::string((std::istreambuf_iterator<char>(log)), {}));
}

PgBouncer::~PgBouncer() {
  process_.stop();
}

void PgBouncer::kill9() {
  process_.signal(SIGKILL);
  process_.wait(std::chrono::seconds(5));
}

std::string PgBouncer::dsn(std::string_view database) const {
  return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port_, database);
}

std::string PgBouncer::admin_dsn() const {
  return dsn("pgbouncer");
}

}  // namespace bgdb::scratch
