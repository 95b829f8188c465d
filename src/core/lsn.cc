#include "core/lsn.h"

#include <charconv>
#include <cstdio>

namespace bgdb::core {

Result<Lsn> Lsn::parse(std::string_view text) {
  const size_t slash = text.find('/');
  uint32_t high = 0;
  uint32_t low = 0;
  const auto hex = [](std::string_view part, uint32_t& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    return error == std::errc() && end == part.data() + part.size() && !part.empty();
  };
  if (slash == std::string_view::npos || !hex(text.substr(0, slash), high) || !hex(text.substr(slash + 1), low)) {
    return fail(ErrorCode::input, "not a WAL position: '" + std::string(text) + "'", "write it as 16/B374D848");
  }
  return Lsn{(static_cast<uint64_t>(high) << 32) | low};
}

std::string Lsn::to_string() const {
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, "%X/%X", static_cast<unsigned>(value >> 32), static_cast<unsigned>(value));
  return buffer;
}

}  // namespace bgdb::core
