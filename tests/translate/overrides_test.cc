#include "support/check.h"
#include "translate/mapping.h"

using namespace bgdb;
using translate::parse_overrides;

namespace {

std::string error_of(std::string_view yaml) {
  const auto result = parse_overrides(yaml, "mapping.yml");
  if (result) FAIL("not refused");
  CHECK(result.error().exit_status() == 2);
  return result.error().to_string();
}

}  // namespace

TEST_CASE("mapping.yml: everything the design shows is read") {
  const auto overrides = REQUIRE_OK(parse_overrides(R"yaml(
tables:
  public.customers:
    to: public.clients
    columns:
      email_address: { forward: "email", reverse: "email_address as email" }
    forward:
      first_name: "split_part(name, ' ', 1)"
    reverse:
      name: "first_name || ' ' || last_name"
    renames: { "Odd": odd }
    lossy: {
  name:
    "rows without a space come back with a trailing one" }
  "\"Weird Schema\".T":
    to: elsewhere
)yaml",
                                                    "mapping.yml"));
  REQUIRE(overrides.tables.size() == 2);
  const auto& table = overrides.tables[0];
  CHECK(table.green == QualifiedName{"public", "clients"});
  CHECK(table.forward.at("email_address") == "email");
  CHECK(table.reverse.at("email") == "email_address");
  CHECK(table.reverse.at("name") == "first_name || ' ' || last_name");
  CHECK(table.renames.at("Odd") == "odd");
  CHECK(table.lossy.count("name") == 1);
  CHECK(overrides.tables[1].blue == QualifiedName{"Weird Schema", "t"});
  CHECK(overrides.tables[1].green == QualifiedName{"public", "elsewhere"});
}

TEST_CASE("mapping.yml: an empty file is an empty mapping") {
  CHECK(REQUIRE_OK(parse_overrides("", "m")).tables.empty());
  CHECK(REQUIRE_OK(parse_overrides("# only a comment\n", "m")).tables.empty());
  CHECK(REQUIRE_OK(parse_overrides("tables:\n", "m")).tables.empty());
}

TEST_CASE("mapping.yml: mistakes say where they are and what was meant") {
  const std::string unknown = error_of("tables:\n  public.t:\n    foward: { a: b }\n");
  CHECK(unknown.find("mapping.yml:3:5") != std::string::npos);
  CHECK(unknown.find("did you mean \"forward\"") != std::string::npos);
  CHECK(error_of("tables:\n  t:\n    forward: { a: \"split_part(\" }\n").find("mapping.yml:3:19") != std::string::npos);
  CHECK(error_of("tables: { t: { forward: { a: b, a: c } } }").find("twice") != std::string::npos);
  CHECK(error_of("tables: { t: { to: x }, public.t: { to: y } }").find("described twice") != std::string::npos);
  CHECK(error_of("tables: { t: { columns: { a: { reverse: \"lower(a)\" } } } }").find("which column of blue") !=
        std::string::npos);
  CHECK(error_of("tables: [1, 2]").find("must be a map") != std::string::npos);
  CHECK(error_of("tables: { t: { forward: { a: } } }").find("needs a text") != std::string::npos);
  CHECK(error_of("tables:\n  t: {\n").find("mapping.yml:") != std::string::npos);
}
