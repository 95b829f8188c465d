// Whole histories of migrations on a real server and in the replay: after each file both must be the same schema.
// BGDB_HISTORIES=folder[:folder...] adds trees of your own, e.g. checkouts of real projects.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "migration/migration.h"
#include "support/check.h"
#include "support/replay_world.h"

using namespace bgdb;
namespace fs = std::filesystem;

namespace {

bool computes_sql(const parse::Statement& statement) {
  const auto* block = std::get_if<parse::DoBlock>(&statement.node);
  return block != nullptr && !parse::parse_plpgsql(block->body).dynamic.empty();
}

// Runs what a framework would run. What the server refuses is not replayed (test data breaks on purpose) and told.
void replay_history(const std::string& folder, bool must_run) {
  INFO(folder);
  const auto set = REQUIRE_OK(migration::discover({folder}));
  REQUIRE(!set.files.empty());
  test::ReplayWorld world;
  size_t statements = 0;
  size_t refusals = 0;
  size_t computed = 0;
  for (const auto& file : set.files) {
    const auto loaded = REQUIRE_OK(migration::load(file));
    std::string refused;
    bool dynamic = false;
    for (const auto& statement : loaded.up.statements) {
      ++statements;
      dynamic = dynamic || computes_sql(statement);
      if (world.run(statement)) continue;
      ++refusals;
      refused += statement.text.substr(0, 200) + "\n  " + world.error() + "\n";
    }
    world.end_of_file();
    INFO(file.path);
    if (must_run) CHECK(refused == "");
    const auto differences = test::lines_of(world.differences());
    if (dynamic) {  // SQL that only a server can put together
      ++computed;
      world.adopt_server();
      continue;
    }
    CHECK(differences == "");
    if (!differences.empty()) world.adopt_server();  // what follows would only repeat it
  }
  WARN(folder << ": " << set.files.size() << " files, " << statements << " statements, " << refusals << " refused, "
              << computed << " files with computed SQL");
}

}  // namespace

TEST_CASE("histories of the test data leave the same schema in the replay as on a server") {
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/migrations")) {
    replay_history(entry.path() / "migrations", false);
  }
}

TEST_CASE("histories given by BGDB_HISTORIES leave the same schema in the replay as on a server") {
  const char* folders = std::getenv("BGDB_HISTORIES");
  if (folders == nullptr) return;
  std::istringstream list(folders);
  for (std::string folder; std::getline(list, folder, ':');) replay_history(folder, true);
}
