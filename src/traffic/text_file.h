// A configuration file of somebody else's program: read whole, replaced whole, so that a reader sees one or the other.
#pragma once

#include <string>

#include "core/result.h"

namespace bgdb::traffic {

Result<std::string> read_text_file(const std::string& path);
// Temporary file beside it, synced, renamed over it; owner and mode are kept. Nothing is written when it is right
// already. `keep_old`: the former content stays as <path>.bgdb-old.
Result<void> replace_text_file(const std::string& path, const std::string& text, bool keep_old = false);
// The file can be read and its folder takes a new file: asked before the switch, when it still matters little.
Result<std::string> check_text_file(const std::string& path);

}  // namespace bgdb::traffic
