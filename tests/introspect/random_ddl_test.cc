// Random histories: every statement that the server takes must leave the same schema in the replay. A failure prints
// its seed; run it again, longer or with more seeds, by BGDB_SEED, BGDB_SEEDS, BGDB_STEPS.
#include <cstdlib>

#include "introspect/ddl_generator.h"
#include "support/replay_world.h"

using namespace bgdb;

namespace {

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Counts {
  size_t tried = 0;
  size_t taken = 0;
};

// False when model and server differ.
bool history(uint64_t seed, size_t steps, Counts& counts) {
  INFO("seed " << seed);
  test::ReplayWorld world;
  test::DdlGenerator generator(seed);
  std::string log;
  for (size_t step = 0; step < steps; ++step) {
    const auto sql = generator.next(world.model());
    const auto parsed = parse::parse_sql(sql);
    REQUIRE(parsed.statements.size() == 1);
    ++counts.tried;
    // Without a transaction they do nothing on a server; the replay of a file keeps them until its end.
    const bool local = sql.find("set local") == 0 || sql.find(", true)") != std::string::npos;
    if (local && !world.session().in_transaction()) continue;
    INFO("step " << step << ": " << sql);
    const bool taken = world.run(parsed.statements.front());
    auto differences = test::lines_of(world.foretold_refusals());
    if (taken != differences.empty()) {
      const bool dependents = world.sqlstate() == "2BP01";  // dependent objects still exist
      differences = taken ? "foretold as refused: " + differences : dependents ? "not foretold: " + world.error() : "";
    } else {
      differences.clear();
    }
    if (taken) {
      ++counts.taken;
      log += sql + ";\n";
      differences += test::lines_of(world.differences());
    }
    if (differences.empty()) continue;
    const bool tell = std::getenv("BGDB_LOG") != nullptr;
    INFO("history:\n" << (tell ? log : std::string("(BGDB_LOG=1 prints it)")));
    CHECK(differences == "");
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("random histories leave the same schema in the replay as on a server") {
  const auto first = setting("BGDB_SEED", 1);
  const auto seeds = setting("BGDB_SEEDS", 3);
  Counts counts;
  size_t same = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) same += history(seed, setting("BGDB_STEPS", 150), counts);
  WARN(seeds << " seeds, " << same << " the same, " << counts.tried << " statements, " << counts.taken
             << " taken by the server");
}
