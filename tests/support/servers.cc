#include "support/servers.h"

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
