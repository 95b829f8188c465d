// bgdb prove as people call it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

struct Ran {
  int status = 0;
  nlohmann::json json;
  std::string errors;
};

Ran prove(std::vector<std::string> arguments) {
  std::vector<std::string> argv{BGDB_BINARY, "--json", "prove"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto result = REQUIRE_OK(core::run_process({.argv = argv}));
  INFO(result.stdout_text << result.stderr_text);
  return {result.exit_status, nlohmann::json::parse(result.stdout_text, nullptr, false), result.stderr_text};
}

}  // namespace

TEST_CASE("prove runs a file behind the earlier ones and names the statement that breaks an old query") {
  const test::TempDir folder;
  folder.write("V1__users.sql", "create table users (id int primary key, email text not null);");
  folder.write("V2__rename.sql",
               "alter table users add column phone text;\nalter table users rename column email to mail;");
  const auto ran = prove({"--old-queries", "auto", (folder.path() / "V2__rename.sql").string()});
  CHECK(ran.status == 1);
  CHECK(ran.json.at("differences") == 0);
  REQUIRE(ran.json.at("files").size() == 1);
  const auto& file = ran.json.at("files").at(0);
  CHECK(file.at("statements").size() == 2);
  CHECK(file.at("statements").at(0).at("locks").at(0).at("mode") == "AccessExclusiveLock");
  const auto& broken = file.at("old_queries").at("broken");
  REQUIRE_FALSE(broken.empty());
  for (const auto& query : broken) CHECK(query.at("statement") == 1);
}

TEST_CASE("prove on a file that harms nobody ends with 0") {
  const test::TempDir folder;
  folder.write("V1__users.sql", "create table users (id int primary key, email text not null);");
  folder.write("V2__phone.sql",
               "alter table users add column phone text;\ncreate table notes (user_id int references users);");
  const auto ran = prove({"--old-queries", "auto", (folder.path() / "V2__phone.sql").string()});
  CHECK(ran.status == 0);
  CHECK(ran.json.at("files").at(0).at("old_queries").at("tried").get<int>() > 5);
}

TEST_CASE("prove runs SET TRANSACTION before it asks anything") {
  const test::TempDir folder;
  folder.write("V1__users.sql", "create table users (id int primary key);");
  folder.write(
      "V2__phone.sql",
      "begin;\nset transaction isolation level repeatable read;\nalter table users add column phone text;\ncommit;");
  const auto ran = prove({"--old-queries", "auto", (folder.path() / "V2__phone.sql").string()});
  CHECK(ran.status == 0);
  CHECK(ran.json.at("differences") == 0);
}

TEST_CASE("prove takes old queries with parameters from a file") {
  const test::TempDir folder;
  folder.write("V1__users.sql", "create table users (id int primary key, email text not null);");
  folder.write("V2__drop.sql", "alter table users drop column email;");
  folder.write(
      "old.txt",
      "select id from users where id = $1;\nselect email from users where id = $1;\ninsert into users (id, email) "
      "values ($1, $2);\nselect nothing from nowhere;");
  const auto ran =
      prove({"--old-queries", (folder.path() / "old.txt").string(), (folder.path() / "V2__drop.sql").string()});
  CHECK(ran.status == 1);
  const auto& queries = ran.json.at("files").at(0).at("old_queries");
  CHECK(queries.at("tried") == 3);
  CHECK(queries.at("broken").size() == 2);
  CHECK(queries.at("not_tried").size() == 1);
}

TEST_CASE("prove makes the roles that migrations expect, and says so") {
  const test::TempDir folder;
  folder.write("V1__users.sql", "create table users (id int primary key);\ngrant select on users to shop_app;");
  folder.write("V2__owner.sql", "create role shop_owner;\nalter table users owner to shop_owner;");
  const auto ran = prove({folder.path().string()});
  REQUIRE(ran.json.at("files").size() == 2);
  CHECK(ran.json.at("differences") == 0);
  const auto notes = ran.json.at("files").at(0).at("notes").dump();
  CHECK(notes.find("shop_app") != std::string::npos);
  CHECK(ran.json.at("files").at(1).at("notes").dump().find("shop_owner") == std::string::npos);
}

TEST_CASE("prove touches only a database that is marked as throwaway") {
  const test::TempDir folder;
  folder.write("V1__phone.sql", "alter table users add column phone text;");
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  CHECK_OK(session.script("create table users (id int primary key)"));
  const auto file = (folder.path() / "V1__phone.sql").string();
  CHECK(prove({"--on", dsn, file}).status == 3);
  CHECK_FALSE(session.script("select phone from users"));
  const auto name = REQUIRE_OK(session.scalar("select current_database()"));
  CHECK_OK(session.script(fmt::format("comment on database {} is 'bgdb throwaway'", name)));
  const auto ran = prove({"--on", dsn, file});
  CHECK(ran.status == 0);
  CHECK_OK(session.script("select phone from users"));
}

TEST_CASE("prove says what is missing") {
  const test::TempDir folder;
  CHECK(prove({(folder.path() / "none.sql").string()}).status == 2);
  folder.write("V1__broken.sql", "create table a (id nosuchtype);");
  folder.write("V2__next.sql", "create table b (id int);");
  const auto ran = prove({(folder.path() / "V2__next.sql").string()});
  CHECK(ran.status == 2);
}
