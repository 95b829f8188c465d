#include "parse/parser.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::parse;

TEST_CASE("a text becomes statements") {
  const ParsedText text = parse_sql("ALTER TABLE a ADD COLUMN b int DEFAULT 5 NOT NULL;\nselect 1");
  REQUIRE(text.statements.size() == 2);
  CHECK(std::get<AlterTable>(text.statements[0].node).commands.at(0).column->default_value->sql == "5");
}
