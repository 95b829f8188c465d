#include "core/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>

namespace bgdb::core {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kSizes[] = {
    {"B", 1},        {"kB", 1e3},     {"KB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
    {"KiB", 1024.0}, {"kiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
constexpr Unit kDurations[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"min", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};

Result<double> parse_with_unit(std::string_view text, std::span<const Unit> units, std::string_view what,
                               std::string_view example) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (error == std::errc() && number >= 0 && std::isfinite(number)) {
    if (unit.empty() && number == 0) return 0.0;
    for (const auto& candidate : units) {
      if (candidate.name == unit && number * candidate.factor < 9e18) return number * candidate.factor;
    }
  }
  return fail(ErrorCode::config, fmt::format("'{}' is not a {}", text, what),
              fmt::format("write a number and a unit, for example {}", example));
}

}  // namespace

Result<int64_t> parse_size(std::string_view text) {
  return static_cast<int64_t>(BGDB_TRY(parse_with_unit(text, kSizes, "size", "64MiB (B, kB, MB, GB, KiB, MiB, GiB)")));
}

Result<milliseconds> parse_duration(std::string_view text) {
  return milliseconds(
      static_cast<int64_t>(BGDB_TRY(parse_with_unit(text, kDurations, "duration", "300ms (ms, s, m, h, d)"))));
}

std::string format_bytes(int64_t bytes) {
  constexpr const char* kNames[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kNames)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kNames[unit]);
}

std::string format_duration(milliseconds duration) {
  const int64_t ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const int64_t seconds = ms / 1000;
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
}

std::string format_count(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return count < 0 ? "-" + digits : digits;
}

std::string format_count(int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : one.ends_with("ch") ? "es" : "s");
}

}  // namespace bgdb::core
