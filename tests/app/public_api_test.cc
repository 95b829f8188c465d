#include "bgdb/lint.h"
#include "bgdb/rewrite.h"
#include "support/check.h"

namespace {
constexpr const char* kSchema = "create table users (id bigint primary key, email text not null);";
}

TEST_CASE("a program lints a text through the public header alone") {
  const auto breaking = bgdb::lint_text("V2__x.sql", "alter table users rename column email to mail;",
                                        {.server_version = 15, .framework = "", .schema_sql = kSchema});
  CHECK(breaking.error.empty());
  CHECK(breaking.verdict == "rollback-breaking");
  CHECK(breaking.errors > 0);
  CHECK(breaking.json.find("\"rename-column\"") != std::string::npos);

  const auto safe = bgdb::lint_text("V2__x.sql", "alter table users add column note text;",
                                    {.server_version = 15, .framework = "", .schema_sql = kSchema});
  CHECK(safe.verdict == "expand-safe");
  CHECK(safe.errors == 0);

  CHECK_FALSE(bgdb::lint_text("x.sql", "select 1;", {.server_version = 15, .framework = "rails5", .schema_sql = ""})
                  .error.empty());
}

TEST_CASE("a program rewrites a text through the public header alone") {
  const auto rewritten = bgdb::rewrite_text("V2__x.sql", "alter table users rename column email to mail;", kSchema);
  CHECK(rewritten.error.empty());
  CHECK(rewritten.refused.empty());
  bool expand = false, contract = false;
  for (const auto& file : rewritten.files) {
    expand = expand || file.phase == "expand";
    contract = contract || file.phase == "contract";
  }
  CHECK(expand);
  CHECK(contract);

  CHECK(bgdb::rewrite_text("V2__x.sql", "create table t (id int);", kSchema).files.empty());
  const auto refused = bgdb::rewrite_text("V2__x.sql", "truncate users;", kSchema);
  REQUIRE_FALSE(refused.refused.empty());
  CHECK_FALSE(refused.refused[0].cure.empty());
  CHECK_FALSE(bgdb::rewrite_text("V2__x.sql", "alter table users rename colum;", kSchema).error.empty());
}
