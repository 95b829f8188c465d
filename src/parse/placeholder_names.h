// What stands in the trees for the placeholders of a text, beside what was written there: messages show the latter.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bgdb::parse {

// "__schema_" -> "${schema}"; each once.
using PlaceholderNames = std::vector<std::pair<std::string, std::string>>;
PlaceholderNames placeholder_names(std::string_view text);
// The text with the placeholders as they were written.
std::string as_written(std::string text, const PlaceholderNames& names);

}  // namespace bgdb::parse
