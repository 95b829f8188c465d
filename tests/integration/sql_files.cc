// Every text under sql/: says what it needs in its head comment, and is understood by a real server.
#include <regex>

#include "embedded/sql.h"
#include "journal/state.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;

TEST_CASE("every SQL file says its parameters, result, privilege and lock") {
  REQUIRE_FALSE(embedded::sql_files().empty());
  for (const auto& [path, text] : embedded::sql_files()) {
    if (path.starts_with("demo/")) continue;
    INFO(path);
    CHECK(text.starts_with("--"));
    for (const char* word : {"Parameters:", "Result", "Privilege", "Lock"}) {
      INFO(word);
      CHECK(text.find(word) != std::string_view::npos);
    }
  }
}

TEST_CASE("every single statement of sql/ prepares on a server with bgdb's state") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(journal::install_state(session));
  CHECK_OK(session.script("create extension pg_stat_statements"));
  int prepared = 0;
  for (const auto& [path, text] : embedded::sql_files()) {
    // Texts with {{parts}} are completed by code; scripts of several statements are run by the tests of their
    // subsystem.
    if (text.find("{{") != std::string_view::npos || path.starts_with("demo/")) continue;
    const std::string body = std::regex_replace(std::string(text), std::regex("--[^\n]*\n"), "");
    std::smatch first;
    if (!std::regex_search(body, first,
                           std::regex("^\\s*(select|insert|update|delete|with|values)\\b", std::regex::icase)))
      continue;
    INFO(path);
    const auto result = session.script("prepare p" + std::to_string(++prepared) + " as " + std::string(text));
    if (!result) FAIL_CHECK(path << ": " << result.error().to_string());
  }
  CHECK(prepared > 0);
}
