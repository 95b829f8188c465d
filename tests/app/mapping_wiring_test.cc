#include "app/mapping_wiring.h"

#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

app::Config config_in(const test::TempDir& folder, const std::string& baseline) {
  app::Config config;
  config.path = (folder.path() / "bgdb.yml").string();
  config.folder = folder.path().string();
  config.tables_exclude = {"public.cache"};
  config.migrations.baseline = baseline;
  return config;
}

constexpr const char* kOld = "create table t (id int primary key, email text); create table cache (x int)";
constexpr const char* kNew = "alter table t rename email to mail;\nalter table t add note text;\n";

}  // namespace

TEST_CASE("a mapping comes from both live schemas, the migrations after the baseline, and mapping.yml") {
  const test::TempDir folder;
  folder.write("migrations/V1__old.sql", kOld);
  folder.write("migrations/V2__new.sql", kNew);
  folder.write("mapping.yml",
               "tables: { public.t: { forward: { note: \"'from ' || email\" }, reverse: { email: mail } } }");
  auto blue = test::connect(test::fresh_database());
  auto green = test::connect(test::fresh_database());
  CHECK_OK(blue.script(kOld));
  CHECK_OK(green.script(kOld));
  const auto config = config_in(folder, "V1");

  const auto early = app::derive_mapping(config, blue, green);
  REQUIRE_FALSE(early);
  CHECK(early.error().hint.find("bgdb migrate") != std::string::npos);

  CHECK_OK(green.script(kNew));
  const auto pair = REQUIRE_OK(app::derive_mapping(config, blue, green));
  REQUIRE(pair.forward.tables.size() == 1);  // cache is left out, so its missing key is nobody's problem
  CHECK(pair.forward.tables[0].columns.size() == 3);
  CHECK(pair.reverse.tables[0].columns[1].expression == "mail");
}

TEST_CASE("a baseline that no migration has, and a statement that cannot be read, are errors with their place") {
  const test::TempDir folder;
  folder.write("migrations/V1__old.sql", kOld);
  folder.write("migrations/V2__new.sql", "alter table t rename email to mail;\nalter tabel t add note text;\n");
  const auto unknown = app::pending_statements(config_in(folder, "V3"));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().exit_status() == 2);
  const auto broken = app::pending_statements(config_in(folder, "1"));
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.find("V2__new.sql:2") != std::string::npos);
  CHECK(REQUIRE_OK(app::pending_statements(config_in(folder, "V2"))).empty());
}
