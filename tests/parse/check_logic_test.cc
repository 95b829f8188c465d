#include "parse/check_logic.h"

#include "support/check.h"

using namespace bgdb::parse;

namespace {

bool may_refuse(std::string_view sql, const std::vector<KnownColumn>& known) {
  INFO(sql);
  return simplify_check(sql, known).may_refuse;
}

bool weaker(std::string_view now, std::string_view old, const std::vector<KnownColumn>& known = {}) {
  INFO(now << " against " << old);
  return accepts_all_of(simplify_check(now, known), simplify_check(old, {}));
}

}  // namespace

TEST_CASE("a check over columns that are NULL refuses only what is false in three-valued logic") {
  const std::vector<KnownColumn> nulls{{"a", {}}, {"b", {}}};
  for (const auto* sql : {"a > 0",
                          "a = b",
                          "NOT (a = 1)",
                          "a > 0 AND b > 0",
                          "a IS NULL",
                          "a IS NULL OR b > c",
                          "a > c",
                          "a > 1 OR c = 2",
                          "(a IS NULL) = (b IS NULL)",
                          "num_nonnulls(a, b) = 0",
                          "num_nulls(a, b) IN (0, 2)",
                          "length(a) < 5",
                          "a BETWEEN 1 AND 5",
                          "a IN ('x', 'y')",
                          "a LIKE 'x%'",
                          "coalesce(a, 1) > 0",
                          "a IS NOT DISTINCT FROM b",
                          "CASE WHEN a = 1 THEN c > 0 ELSE true END",
                          "a IS NULL OR c IS NULL",
                          "NOT (a IS NOT NULL AND c IS NOT NULL)",
                          "(a > 0) IS NOT FALSE",
                          "a = ANY (ARRAY['x', 'y'])",
                          "-a < 0",
                          "a + 1 > c"})
    CHECK_FALSE(may_refuse(sql, nulls));
  for (const auto* sql : {"a IS NOT NULL", "coalesce(a, 0) > 0", "num_nonnulls(a, b) = 1", "a IS NOT NULL OR c IS NULL",
                          "c > 0", "a IS NULL AND c > 0", "(a > 0) IS TRUE", "a IS DISTINCT FROM NULL", "own(a) > 0",
                          "CASE WHEN a = 1 THEN true ELSE false END", "concat(a, b) <> ''", "not sql at all ("})
    CHECK(may_refuse(sql, nulls));
}

TEST_CASE("a check over constants is computed") {
  const std::vector<KnownColumn> known{{"n", "0"}, {"t", "'x'::text"}, {"b", "false"}, {"m", "-5"}};
  for (const auto* sql :
       {"n >= 0", "n = 0", "t IN ('x', 'y')", "t = 'x'", "NOT b", "b IS FALSE", "n > m", "n + c > 0 OR t = 'x'",
        "t::varchar = ANY (ARRAY['x'::varchar, 'z'::varchar]::text[])", "n < 5 AND m < 0"})
    CHECK_FALSE(may_refuse(sql, known));
  for (const auto* sql : {"n > 0", "t IN ('y', 'z')", "b", "n <> 0", "m >= n", "t <> 'x'"})
    CHECK(may_refuse(sql, known));
}

TEST_CASE("a column with a default that is never NULL refuses no question for NULL") {
  const std::vector<KnownColumn> known{{"id", "gen_random_uuid()"}, {"n", "nextval('s')"}, {"own", "own()"}};
  for (const auto* sql : {"id IS NOT NULL", "n IS NOT NULL AND id IS NOT NULL", "id IS NOT NULL OR own > 0"})
    CHECK_FALSE(may_refuse(sql, known));
  for (const auto* sql : {"n > 0", "own IS NOT NULL", "id IS NULL"}) CHECK(may_refuse(sql, known));
}

TEST_CASE("a check that lets everything pass that another one did") {
  CHECK(weaker("x IN ('a', 'b', 'c')", "x IN ('a', 'b')"));
  CHECK(weaker("x = ANY (ARRAY['a'::text, 'b'::text])", "x = 'a'"));
  CHECK(weaker("x >= -1", "x >= 0"));
  CHECK(weaker("char_length(x) <= 255", "char_length(x) <= 100"));
  CHECK(weaker("x >= 0", "x > 0"));
  CHECK(weaker("0 <= x", "x > 0"));
  CHECK(weaker("x > 0", "x > 0 AND y > 0"));
  CHECK(weaker("x > 0 OR y > 0", "x > 0"));
  CHECK(weaker("x BETWEEN 0 AND 10", "x BETWEEN 1 AND 5"));
  CHECK(weaker("num_nonnulls(a, b, n) = 1", "num_nonnulls(a, b) = 1", {{"n", {}}}));
  CHECK(weaker("(k = 'a' AND n IS NULL) OR k = 'b'", "k = 'a' OR k = 'b'", {{"n", {}}}));
  CHECK_FALSE(weaker("x IN ('a')", "x IN ('a', 'b')"));
  CHECK_FALSE(weaker("x > 0", "x >= 0"));
  CHECK_FALSE(weaker("x >= 1", "x >= 0"));
  CHECK_FALSE(weaker("x <= 5", "x >= 5"));
  CHECK_FALSE(weaker("x > 0 AND y > 0", "x > 0"));
  CHECK_FALSE(weaker("num_nonnulls(a, b, n) = 1", "num_nonnulls(a, b) = 1"));
  CHECK_FALSE(weaker("y > 0", "x > 0"));
  CHECK_FALSE(weaker("x NOT IN ('a', 'b')", "x NOT IN ('a')"));
}
