#include "migrate/checksum.h"

#include <fmt/format.h>

#include <cstdint>

namespace bgdb::migrate {

std::string checksum(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) {
    if (c == '\r') continue;
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("fnv1a:{:016x}", hash);
}

}  // namespace bgdb::migrate
