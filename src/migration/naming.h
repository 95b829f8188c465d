// File names as the frameworks read them, and the small text tools for it. Internal to migration/.
#pragma once

#include "core/text.h"
#include "migration/convention.h"

namespace bgdb::migration {

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool all_digits(std::string_view text);
// `text` without `end` when it ends so.
std::string_view without(std::string_view text, std::string_view end);

// Path pieces, '/' separated.
std::vector<std::string> path_components(std::string_view path);
std::string_view base_name(std::string_view path);
std::string_view parent_of(std::string_view path);  // without the slash; empty when there is none
// The piece that carries the name: the folder for diesel and prisma, else the file.
std::string named_piece(Framework framework, std::string_view path);
// Starts with digits, or v and digits.
bool is_versioned(std::string_view name);

// Numbers as text that compares like the numbers.
std::string numeric(std::string_view digits);
// Digit runs compare as numbers; long ones, which are time stamps, as text.
std::string natural_key(std::string_view name);

// Fills version, description, direction and order_key. `below`: the path inside the history's folder. False when the
// framework would not run a file of this name.
bool read_name(File& file, std::string_view below);
// A version as a comparable key by the framework's own rule.
std::vector<std::string> version_key(Framework framework, std::string_view version);

}  // namespace bgdb::migration
