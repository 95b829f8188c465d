#include <catch2/catch.hpp>

#include <algorithm>

#include "migration/migration.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using namespace bgdb::migration;

namespace {

std::vector<std::string> paths_of(const std::vector<File>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.path);
  return paths;
}

Set ordered(const std::vector<std::string>& paths, const std::string& text = "select 1;\n") {
  std::vector<Text> texts;
  for (const auto& path : paths) texts.push_back({path, text});
  return order(texts);
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("flyway versions compare as numbers, repeatables run last") {
  const auto set = ordered({"R__views.sql", "V1_10__b.sql", "V1.9__a.sql", "V2__c.sql", "U2__c.sql", "V1_9_1__x.sql"});
  CHECK(set.framework == Framework::flyway);
  CHECK(paths_of(set.files) == Paths{"V1.9__a.sql", "V1_9_1__x.sql", "V1_10__b.sql", "V2__c.sql", "R__views.sql"});
  CHECK(paths_of(set.down_files) == Paths{"U2__c.sql"});
  CHECK(set.files[2].version == "1.10");
  CHECK(set.files[2].description == "b");
}

TEST_CASE("a flyway baseline runs only when the versions up to it are gone") {
  CHECK(paths_of(ordered({"V1__a.sql", "B2__all.sql", "V2__b.sql", "V3__c.sql"}).files) ==
        Paths{"V1__a.sql", "V2__b.sql", "V3__c.sql"});
  CHECK(paths_of(ordered({"B2__all.sql", "V3__c.sql"}).files) == Paths{"B2__all.sql", "V3__c.sql"});
}

TEST_CASE("golang-migrate sorts by integer prefix and keeps down files apart") {
  const auto set = ordered({"10_c.up.sql", "2_b.up.sql", "1_a.up.sql", "2_b.down.sql"});
  CHECK(set.framework == Framework::golang_migrate);
  CHECK(paths_of(set.files) == Paths{"1_a.up.sql", "2_b.up.sql", "10_c.up.sql"});
  CHECK(paths_of(set.down_files) == Paths{"2_b.down.sql"});
}

TEST_CASE("a migration for another database is no file of ours") {
  test::TempDir dir;
  dir.write("1_a.up.sql", "select 1");
  dir.write("1_a.mysql.up.sql", "select 1");
  CHECK(REQUIRE_OK(discover({dir.path()})).files.size() == 1);
}

TEST_CASE("prisma sorts folders as strings") {
  const auto set =
      ordered({"m/20250625_x/migration.sql", "m/20250101000000_a/migration.sql", "m/20251231000000_b/migration.sql"});
  CHECK(set.framework == Framework::prisma);
  CHECK(paths_of(set.files) ==
        Paths{"m/20250101000000_a/migration.sql", "m/20250625_x/migration.sql", "m/20251231000000_b/migration.sql"});
  CHECK(set.files[1].version == "20250625");
  CHECK(set.files[1].stem() == "20250625_x");
}

TEST_CASE("diesel drops the dashes of a version") {
  const auto set = ordered({"m/20140924113530_b/up.sql", "m/2017-08-31-230457_c/up.sql", "m/00000000000000_a/up.sql",
                            "m/20140924113530_b/down.sql"});
  CHECK(set.framework == Framework::diesel);
  CHECK(paths_of(set.files) ==
        Paths{"m/00000000000000_a/up.sql", "m/20140924113530_b/up.sql", "m/2017-08-31-230457_c/up.sql"});
  CHECK(set.files[2].version == "20170831230457");
  CHECK(set.down_files.size() == 1);
}

TEST_CASE("folders with up.sql whose names Diesel would not give count as numbers") {
  const auto set = ordered({"m/10-c/up.sql", "m/0-a/up.sql", "m/2-b/up.sql", "m/2-b/down.sql"});
  CHECK(paths_of(set.files) == Paths{"m/0-a/up.sql", "m/2-b/up.sql", "m/10-c/up.sql"});
  CHECK(set.files[2].version == "10");
}

TEST_CASE("numbers that begin anew in each version's folder are no Flyway history") {
  const auto set = ordered({"m/0.9/00__a.sql", "m/0.10/00__c.sql", "m/0.10/01__d.sql", "m/0.9/01__b.sql"});
  CHECK(set.framework == Framework::plain);
  CHECK(paths_of(set.files) == Paths{"m/0.9/00__a.sql", "m/0.9/01__b.sql", "m/0.10/00__c.sql", "m/0.10/01__d.sql"});
}

TEST_CASE("section markers tell goose, sql-migrate and dbmate apart") {
  CHECK(ordered({"1_a.sql"}, "-- +goose Up\nselect 1;").framework == Framework::goose);
  CHECK(ordered({"1_a.sql"}, "-- +GOOSE up\nselect 1;").framework == Framework::goose);
  CHECK(ordered({"1_a.sql"}, "-- +migrate Up\nselect 1;").framework == Framework::sql_migrate);
  CHECK(ordered({"1_a.sql"}, "-- migrate:up\nselect 1;").framework == Framework::dbmate);
  CHECK(ordered({"1_a.sql"}, "-- no-transaction\nselect 1;").framework == Framework::sqlx);
  CHECK(ordered({"1_a.sql"}, "-- Migrate: mark polls\nselect 1;").framework == Framework::plain);
}

TEST_CASE("plain folders: short numbers count, long ones are text, versions in folders count") {
  CHECK(paths_of(ordered({"00010-b.sql", "0002-a.sql", "0100-c.sql"}).files) ==
        Paths{"0002-a.sql", "00010-b.sql", "0100-c.sql"});
  CHECK(paths_of(ordered({"v1.10/001.sql", "v1.9/002.sql"}).files) == Paths{"v1.9/002.sql", "v1.10/001.sql"});
  CHECK(
      paths_of(
          ordered({"20250625_b.sql", "20250101000000_a.sql", "202601016134308_c.sql", "20270101000000_d.sql"}).files) ==
      Paths{"20250101000000_a.sql", "20250625_b.sql", "202601016134308_c.sql", "20270101000000_d.sql"});
  CHECK(paths_of(ordered({"b.sql", "a.sql", "1_x.sql"}).files) == Paths{"1_x.sql", "a.sql", "b.sql"});
}

TEST_CASE("the baseline counts files up to a version") {
  const auto flyway = ordered({"V1__a.sql", "V1.1__b.sql", "V2.0__c.sql", "R__v.sql"});
  CHECK(REQUIRE_OK(count_up_to(flyway, "V1.1.0")) == 2);
  CHECK(REQUIRE_OK(count_up_to(flyway, "1.5")) == 2);
  CHECK(REQUIRE_OK(count_up_to(flyway, "V2")) == 3);
  CHECK(REQUIRE_OK(count_up_to(flyway, "V9")) == 3);
  CHECK(REQUIRE_OK(count_up_to(flyway, "V0.1")) == 0);
  CHECK(REQUIRE_OK(count_up_to(flyway, "V1__a")) == 1);
  CHECK_FALSE(count_up_to(flyway, "nothing"));
}

TEST_CASE("versions are found in every way people write them") {
  const auto flyway = ordered({"db/V1__a.sql", "db/V2.3.0__b.sql", "db/V2_4__c.sql"});
  for (const auto* text :
       {"V2.3.0", "v2.3", "2.3.0", "2_3", "2.3.0.0", "V2.3.0__b", "V2.3.0__b.sql", "db/V2.3.0__b.sql"}) {
    INFO(text);
    CHECK(behind_version(flyway, text) == std::optional<size_t>(2));
  }
  CHECK_FALSE(behind_version(flyway, "2.3.1"));
  const auto numbered = ordered({"000001_a.up.sql", "000012_b.up.sql"});
  for (const auto* text : {"12", "000012", "000012_b", "000012_b.up.sql", "v12"}) {
    INFO(text);
    CHECK(behind_version(numbered, text) == std::optional<size_t>(2));
  }
  const auto diesel = ordered({"m/2020-01-01-000000_a/up.sql", "m/2020-01-02-000000_b/up.sql"});
  for (const auto* text : {"2020-01-01-000000", "20200101000000", "2020-01-01-000000_a", "m/2020-01-01-000000_a/"}) {
    INFO(text);
    CHECK(behind_version(diesel, text) == std::optional<size_t>(1));
  }
  const auto folders = ordered({"v1.9/1.sql", "v1.9/2.sql", "v1.10/1.sql"});
  CHECK(behind_version(folders, "1.9") == std::optional<size_t>(2));
  CHECK(behind_version(folders, "v1.10") == std::optional<size_t>(3));
  const std::vector<Text> plan = {{"sqitch.plan", "a 2024\n@v1 2024\nb 2024\na 2024\n"},
                                  {"deploy/a@v1.sql", ""},
                                  {"deploy/b.sql", ""},
                                  {"deploy/a.sql", ""}};
  const auto sqitch = order(plan, Framework::sqitch);
  CHECK(paths_of(sqitch.files) == Paths{"deploy/a@v1.sql", "deploy/b.sql", "deploy/a.sql"});
  CHECK(behind_version(sqitch, "@v1") == std::optional<size_t>(1));
  CHECK(behind_version(sqitch, "b") == std::optional<size_t>(2));
  CHECK(behind_version(sqitch, "a") == std::optional<size_t>(3));
}

TEST_CASE("several histories below one folder are told apart, and refused where one is meant") {
  test::TempDir dir;
  dir.write("a/V1__x.sql", "select 1;");
  dir.write("b/1_x.up.sql", "select 1;");
  dir.write("b/1_x.up.rewrite/2_x_expand.up.sql", "select 1;");
  CHECK(REQUIRE_OK(discover_all({dir.path().string()})).histories.size() == 2);
  const auto both = discover({dir.path().string()});
  REQUIRE_FALSE(both);
  CHECK(both.error().message.find("flyway") != std::string::npos);
  CHECK(both.error().message.find("golang-migrate") != std::string::npos);
  CHECK(REQUIRE_OK(discover({(dir.path() / "b").string()})).files.size() == 1);
  CHECK(REQUIRE_OK(discover({(dir.path() / "b/1_x.up.rewrite").string()})).files.size() == 1);
}

TEST_CASE("files of a whole history are asked for one by one, and their way back is named") {
  test::TempDir dir;
  dir.write("1_a.up.sql", "select 1;");
  const auto second = dir.write("2_b.up.sql", "select 1;");
  const auto down = dir.write("2_b.down.sql", "select 1;");
  const auto third = dir.write("3_c.up.sql", "select 1;");
  const auto seed = dir.write("seed.sql", "select 1;");
  const auto mistyped = dir.write("3_c_down.sql", "select 1;");
  const auto tree = REQUIRE_OK(discover_all({third, second, down, seed, mistyped}));
  REQUIRE(tree.histories.size() == 2);
  std::vector<bool> wanted;
  for (const auto& file : tree.histories[0].files) wanted.push_back(file.wanted);
  CHECK(wanted == std::vector<bool>{false, true, true});
  CHECK(tree.way_back == std::vector<std::string>{down, mistyped});
  CHECK(paths_of(tree.histories[1].files) == Paths{seed});
}

TEST_CASE("discover walks folders, skips hidden ones, and names a missing path") {
  test::TempDir dir;
  dir.write("sub/2_b.sql", "-- bgdb: phase=contract\ndrop table x;");
  dir.write("sub/.git/3_c.sql", "select 1");
  dir.write("sub/README.md", "no");
  const auto set = REQUIRE_OK(discover({dir.path()}));
  REQUIRE(set.files.size() == 1);
  CHECK(REQUIRE_OK(load(set.files[0])).file.declared_contract);
  CHECK(REQUIRE_OK(load(set.files[0])).file.declared_phase == "contract");
  const auto missing = discover({dir.path() / "none"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::not_found);
}

TEST_CASE("a file given by name is kept though the framework would pass it over") {
  test::TempDir dir;
  dir.write("V1__a.sql", "select 1");
  const auto odd = dir.write("seed.sql", "select 1");
  CHECK(REQUIRE_OK(discover({dir.path()})).files.size() == 1);
  CHECK(REQUIRE_OK(discover({dir.path() / "V1__a.sql", odd}, Framework::flyway)).files.size() == 2);
}

TEST_CASE("files of a rewrite sort behind the original and before the next version") {
  const auto check = [](std::vector<std::string> around, size_t base) {
    auto set = ordered(around);
    std::vector<std::string> expected(around.begin(), around.begin() + static_cast<std::ptrdiff_t>(base) + 1);
    std::vector<std::string> all = around;
    int ordinal = 0;
    for (const auto* phase : {"expand", "backfill", "contract"}) {
      const auto name = name_for_phase(set.files[base], phase, ++ordinal);
      expected.push_back(name.up_path);
      all.push_back(name.up_path);
    }
    expected.insert(expected.end(), around.begin() + static_cast<std::ptrdiff_t>(base) + 1, around.end());
    const auto again = ordered(all);
    CHECK(again.framework == set.framework);
    CHECK(paths_of(again.files) == expected);
  };
  check({"d/V1__a.sql", "d/V2.4.0__x.sql", "d/V2.4.1__y.sql"}, 1);
  check({"d/V1_1__a.sql", "d/V1_2__x.sql", "d/V1_3__y.sql"}, 1);
  check({"20240131120000_x.up.sql", "20240131130000_y.up.sql"}, 0);
  check({"m/20240131235959_x/migration.sql", "m/20240201120000_y/migration.sql"}, 0);
  check({"m/2024-01-31-120000_x/up.sql", "m/2024-01-31-120100_y/up.sql"}, 0);
  check({"0001_a.sql", "0002_b.sql"}, 0);
}

TEST_CASE("files of a rewrite are unique and in order, whatever stands behind the original") {
  const auto names_of = [](const Set& set, size_t base) {
    std::vector<std::string> names;
    int ordinal = 0;
    for (const auto* phase : {"expand", "expand", "backfill", "contract"})
      names.push_back(name_for_phase(set.files[base], phase, ++ordinal).up_path);
    return names;
  };
  const auto check = [&](Framework framework, const std::vector<std::string>& around, size_t base, bool between) {
    INFO(around[base] << " of " << to_string(framework));
    std::vector<Text> texts;
    for (const auto& path : around) texts.push_back({path, "select 1;"});
    const auto set = order(texts, framework);
    REQUIRE(set.files.size() == around.size());
    const auto names = names_of(set, base);
    // They replace the original.
    texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(base));
    for (const auto& name : names) texts.push_back({name, "select 1;"});
    const auto again = order(texts, framework);
    REQUIRE(again.files.size() == around.size() + names.size() - 1);
    const auto all = paths_of(again.files);
    std::vector<std::string> found;
    for (const auto& path : all) {
      if (std::find(names.begin(), names.end(), path) != names.end()) found.push_back(path);
    }
    CHECK(found == names);
    for (const auto& file : again.files) CHECK(file.complaint.empty());
    if (between) CHECK(std::equal(names.begin(), names.end(), all.begin() + static_cast<std::ptrdiff_t>(base)));
  };
  check(Framework::flyway, {"V1__a.sql", "V2__b.sql", "V2.1__c.sql"}, 1, true);
  check(Framework::flyway, {"V1__a.sql", "V1.0.0.1__b.sql"}, 0, true);
  check(Framework::flyway, {"V1_2__a.sql", "V1_2_1__b.sql"}, 0, true);
  check(Framework::golang_migrate, {"000001_a.up.sql", "000002_b.up.sql", "000003_c.up.sql"}, 1, false);
  check(Framework::golang_migrate, {"000001_a.up.sql", "000002_b.up.sql"}, 1, true);
  check(Framework::goose, {"1_a.sql", "2_b.sql"}, 0, false);
  check(Framework::goose, {"1_a.sql", "100_b.sql"}, 0, true);
  check(Framework::sqlx, {"20240101000000_a.sql", "20240101000001_b.sql"}, 0, false);
  check(Framework::dbmate, {"20240101000000_a.sql", "20240101000001_b.sql"}, 0, true);
  check(Framework::dbmate, {"0001_a.sql", "0002_b.sql"}, 0, true);
  check(Framework::prisma, {"m/20240101000000_a/migration.sql", "m/20240101000001_b/migration.sql"}, 0, true);
  check(Framework::prisma, {"m/0_init/migration.sql", "m/1_b/migration.sql"}, 0, true);
  check(Framework::diesel, {"m/2025-08-01-000039_a/up.sql", "m/2025-08-01-000040_b/up.sql"}, 0, true);
  check(Framework::diesel, {"m/00000000000000_a/up.sql", "m/00000000000001_b/up.sql"}, 0, true);
  check(Framework::sql_migrate, {"1_a.sql", "2_b.sql"}, 0, true);
  check(Framework::plain, {"0001_a.sql", "0002_b.sql"}, 0, true);
  check(Framework::plain, {"v1.9/a.sql", "v1.9/b.sql", "v1.10/c.sql"}, 0, true);
  check(Framework::supabase, {"20240101000000_a.sql", "20240101000001_b.sql"}, 0, true);
  check(Framework::postgres_migrations, {"0001-a.sql", "0002-b.sql"}, 0, false);
  check(Framework::pop, {"20240101000000000001_a.up.sql", "20240101000000000002_b.up.sql"}, 0, true);
}

TEST_CASE("phase names follow the framework") {
  File flyway;
  flyway.path = "db/V2.4.0__rename_email.sql";
  flyway.framework = Framework::flyway;
  flyway.version = "2.4.0";
  flyway.description = "rename_email";
  const auto name = name_for_phase(flyway, "expand", 1);
  CHECK(name.up_path == "db/V2.4.0.1__rename_email_expand.sql");
  CHECK(name.down_path == "db/U2.4.0.1__rename_email_expand.sql");
  auto diesel = ordered({"m/2024-01-31-120059_x/up.sql"}).files.front();
  CHECK(name_for_phase(diesel, "contract", 1).up_path == "m/2024-01-31-120100_x_contract/up.sql");
  CHECK(name_for_phase(diesel, "contract", 1).down_path == "m/2024-01-31-120100_x_contract/down.sql");
}

TEST_CASE("framework names are read back and unknown ones list the known") {
  for (int i = 0; i <= static_cast<int>(Framework::tern); ++i) {
    const auto framework = static_cast<Framework>(i);
    CHECK(REQUIRE_OK(framework_from_string(to_string(framework))) == framework);
  }
  CHECK(REQUIRE_OK(framework_from_string("Golang_Migrate")) == Framework::golang_migrate);
  const auto unknown = framework_from_string("ecto");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().hint.find("flyway") != std::string::npos);
}
