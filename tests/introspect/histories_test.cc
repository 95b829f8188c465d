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

// Runs what a framework would run; statements that the server refuses are told, since a history must run.
void replay_history(const std::string& folder) {
  INFO(folder);
  const auto set = REQUIRE_OK(migration::discover({folder}));
  REQUIRE(!set.files.empty());
  test::ReplayWorld world;
  size_t statements = 0;
  size_t unread = 0;
  for (const auto& file : set.files) {
    const auto loaded = REQUIRE_OK(migration::load(file));
    std::string refused;
    for (const auto& statement : loaded.up.statements) {
      ++statements;
      if (!statement.parsed) ++unread;
      if (!world.run(statement)) refused += statement.text.substr(0, 200) + "\n  " + world.error() + "\n";
    }
    world.end_of_file();
    INFO(file.path);
    CHECK(refused == "");
    const auto differences = test::lines_of(world.differences());
    CHECK(differences == "");
    if (!differences.empty()) break;  // what follows would only repeat it
  }
  WARN(folder << ": " << set.files.size() << " files, " << statements << " statements, " << unread << " not parsed");
}

}  // namespace

TEST_CASE("histories of the test data leave the same schema in the replay as on a server") {
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/migrations")) {
    replay_history(entry.path() / "migrations");
  }
}

TEST_CASE("histories given by BGDB_HISTORIES leave the same schema in the replay as on a server") {
  const char* folders = std::getenv("BGDB_HISTORIES");
  if (folders == nullptr) return;
  std::istringstream list(folders);
  for (std::string folder; std::getline(list, folder, ':');) replay_history(folder);
}
