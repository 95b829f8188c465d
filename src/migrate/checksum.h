// The checksum of bgdb.schema_versions. It finds changes, not forgery.
#pragma once

#include <string>
#include <string_view>

namespace bgdb::migrate {

// FNV-1a of the text without carriage returns: a checkout with other line ends is the same file. "fnv1a:<16 digits>"
std::string checksum(std::string_view text);

}  // namespace bgdb::migrate
