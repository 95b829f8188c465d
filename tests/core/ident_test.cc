#include "core/ident.h"

#include "core/lsn.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::core;

TEST_CASE("identifiers are quoted when they must be") {
  CHECK(quote_ident("orders") == "orders");
  CHECK(quote_ident("Order") == "\"Order\"");
  CHECK(quote_ident("user") == "\"user\"");
  CHECK(quote_ident("a\"b") == "\"a\"\"b\"");
  CHECK(quote_ident("") == "\"\"");
  CHECK(quote_ident("1st") == "\"1st\"");
  CHECK(quote_ident("naïve") == "\"naïve\"");
}

TEST_CASE("literals are quoted") {
  CHECK(quote_literal("O'Brien") == "'O''Brien'");
  CHECK(quote_literal("a\\b") == "E'a\\\\b'");
}

TEST_CASE("qualified names fold and keep quotes") {
  CHECK(parse_qualified_name("Public.Orders") == QualifiedName{"public", "orders"});
  CHECK(parse_qualified_name("\"Odd\".\"na.\"\"me\"") == QualifiedName{"Odd", "na.\"me"});
  CHECK(parse_qualified_name("orders").schema.empty());
}

TEST_CASE("a WAL position survives text") {
  CHECK(REQUIRE_OK(Lsn::parse("16/B374D848")).to_string() == "16/B374D848");
  for (const char* bad : {"", "16", "16/", "/1", "x/1", "1/2/3", "1/100000000"}) {
    INFO(bad);
    CHECK_FALSE(Lsn::parse(bad).has_value());
  }
}

TEST_CASE("names are ordered as their parts are, and equal ones have one hash") {
  std::vector<std::string> texts = {"", "a", "ab", "abc", "abcd", "abce", "abcdefgh", "abcdefgi", "abcdefghi"};
  texts.insert(texts.end(), {"public", "pg_temp", "abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq"});
  texts.insert(texts.end(), {"\xC3\xA4", "\x7F", std::string("a\0b", 3), "abcdefgh\xFF", "abcdefgh\x01"});
  for (const auto& schema : texts) {
    for (const auto& name : texts) {
      for (const auto& other : texts) {
        const QualifiedName one{schema, name}, two{other, schema};
        const auto expected = std::pair(schema, name) <=> std::pair(other, schema);
        CHECK((one <=> two) == expected);
        CHECK((one == two) == (expected == 0));
        if (one == two) CHECK(bgdb::core::quick_hash(one) == bgdb::core::quick_hash(two));
      }
    }
  }
}
