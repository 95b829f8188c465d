// What a finding shows instead: the user's own names, quoted, or the rule's example as a whole.
#include "lint/lint_support.h"

namespace bgdb::lint {

namespace {

std::string advice_on(std::string_view rule, const std::string& migration) {
  const auto report =
      lint_sql("create table \"User\" (id int primary key, \"Email\" text, \"odd.name\" int);", migration);
  for (const auto& finding : report.findings) {
    if (finding.rule == rule) return finding.instead;
  }
  FAIL("no finding of " << rule);
  return {};
}

}  // namespace

TEST_CASE("what to do instead is said in the user's own names, quoted") {
  const auto unique = advice_on("add-unique-constraint",
                                "alter table \"User\" add constraint \"U_Email\" unique (\"odd.name\", \"Email\");");
  CHECK(unique.find("CREATE UNIQUE INDEX CONCURRENTLY \"U_Email\" ON public.\"User\" (\"odd.name\", \"Email\");") !=
        std::string::npos);
  CHECK(unique.find("ALTER TABLE public.\"User\" ADD CONSTRAINT \"U_Email\" UNIQUE USING INDEX \"U_Email\";") !=
        std::string::npos);
  CHECK(advice_on("set-not-null", "alter table \"User\" alter column \"Email\" set not null;")
            .find("ALTER TABLE public.\"User\" ALTER COLUMN \"Email\" SET NOT NULL;") != std::string::npos);
}

TEST_CASE("advice with a name that is not known is the rule's example, not a mixture") {
  const auto unique = advice_on("add-unique-constraint", "alter table \"User\" add unique (\"Email\");");
  CHECK(unique.find("User") == std::string::npos);
  CHECK(unique.find("UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);") != std::string::npos);
  CHECK(advice_on("add-unique", "create unique index u on \"User\" (lower(\"Email\"));").find("User") ==
        std::string::npos);
}

TEST_CASE("advice: braces of SQL stay, and a fact that does not exist is named") {
  std::string unknown;
  const auto advice = Advice::parse("select '{}', '{1,2}'; drop table {table|orders};", unknown);
  CHECK(unknown.empty());
  CHECK(advice.example() == "select '{}', '{1,2}'; drop table orders;");
  Facts facts;
  facts["table"] = std::string("Shop.Order");
  CHECK(advice.in(FactView(facts)) == "select '{}', '{1,2}'; drop table \"Shop\".\"Order\";");
  CHECK(Advice::parse("drop table {tabel|orders};", unknown).empty());
  CHECK(unknown == "tabel");
}

}  // namespace bgdb::lint
