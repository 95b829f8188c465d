// The mapping that bgdb derives between the two sides of a world, with the words of a mapping.yml.
#pragma once

#include <string>
#include <vector>

#include "introspect/introspect.h"
#include "link_world.h"

namespace bgdb::test {

inline translate::MappingPair derived_pair(World& world, const std::string& yaml, std::vector<QualifiedName> tables) {
  const auto there = REQUIRE_OK(introspect::read_catalog(world.blue, {.sizes = false}));
  const auto here = REQUIRE_OK(introspect::read_catalog(world.green, {.sizes = false}));
  translate::DeriveInput input;
  input.blue = &there;
  input.green = &here;
  input.overrides = REQUIRE_OK(translate::parse_overrides(yaml, "mapping.yml"));
  input.tables = std::move(tables);
  return REQUIRE_OK(translate::derive(input));
}

}  // namespace bgdb::test
