// "Did you mean ...": the known name that is closest to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb::core {

// Empty when none is near (more than a third of the letters differ, at least two are allowed).
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace bgdb::core
