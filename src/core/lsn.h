// A WAL position (pg_lsn): 64 bits, printed as two hexadecimal halves.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bgdb::core {

struct Lsn {
  uint64_t value = 0;  // 0 = invalid ("0/0")

  static Result<Lsn> parse(std::string_view text);
  std::string to_string() const;
  bool valid() const { return value != 0; }
  auto operator<=>(const Lsn&) const = default;
};

}  // namespace bgdb::core

namespace bgdb {
using core::Lsn;
}
