// Sizes and durations with their units, as people write them in bgdb.yml and as we print them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bgdb::core {

using std::chrono::milliseconds;

// "64MiB", "1kB", "512B", "1GiB" -> bytes. A number without a unit is an error (except 0).
Result<int64_t> parse_size(std::string_view text);
// "300ms", "2s", "5m", "2h", "2d" -> milliseconds. A number without a unit is an error (except 0).
Result<milliseconds> parse_duration(std::string_view text);

std::string format_bytes(int64_t bytes);                        // 1.5 MiB
std::string format_duration(milliseconds duration);             // 850 ms, 12.3 s, 4m10s, 2h05m
std::string format_count(int64_t count);                        // 1,234,567
std::string format_count(int64_t count, std::string_view one);  // of "row": 1 row, 1,234 rows

}  // namespace bgdb::core
