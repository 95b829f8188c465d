// The difference of two texts as a patch that `git apply` and `patch -p0` read.
#pragma once

#include <string>

namespace bgdb::app {

// Empty when they are equal. An empty `old_path` or `new_path` is a file that is not there (/dev/null).
std::string unified_diff(const std::string& old_path, const std::string& old_text, const std::string& new_path,
                         const std::string& new_text);

}  // namespace bgdb::app
