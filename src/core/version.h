#pragma once

#include <string_view>

namespace bgdb::core {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace bgdb::core
