#include "core/nearest.h"

#include <catch2/catch.hpp>

using bgdb::core::nearest;

TEST_CASE("a misspelt name finds its neighbour") {
  CHECK(nearest("foward", {"forward", "reverse", "lossy"}) == "forward");
  CHECK(nearest("Reverse", {"forward", "reverse"}) == "reverse");
}

TEST_CASE("a name that is like nothing known finds nothing") {
  CHECK(nearest("colour_scheme", {"forward", "reverse"}).empty());
  CHECK(nearest("x", {"a"}).empty());
  CHECK(nearest("forward", {}).empty());
}
