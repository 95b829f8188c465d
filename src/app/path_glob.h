// Patterns for paths, as in .gitignore: `*` and `?` stay inside a folder, `**` crosses folders, a pattern without a
// slash is a file's or folder's name anywhere, a pattern that matches a folder covers what is below it.
#pragma once

#include <string_view>

namespace bgdb::app {

bool path_matches(std::string_view pattern, std::string_view path);

}  // namespace bgdb::app
