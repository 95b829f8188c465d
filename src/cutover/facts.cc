#include "cutover/facts.h"

#include <fmt/format.h>

#include <algorithm>

namespace bgdb::cutover {

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::ready:
      return "ready";
    case Standing::fenced:
      return "fenced";
    case Standing::switched:
      return "switched";
    case Standing::opposite:
      return "half done the other way";
    case Standing::retired:
      return "retired";
    case Standing::broken:
      return "both sides active";
    case Standing::unknown:
      return "unknown";
  }
  return "unknown";
}

Standing judge(const Facts& facts) {
  const auto& [source, target] = facts;
  if ((source && source->role == Role::retired) || (target && target->role == Role::retired)) return Standing::retired;
  if (source && target && source->role == Role::active && target->role == Role::active) return Standing::broken;
  // One active side is enough to know: the other cannot be active as well.
  if (source && source->role == Role::active) return Standing::ready;
  if (target && target->role == Role::active) return Standing::switched;
  if (!source || !target) return Standing::unknown;
  // Both standby: the side that was fenced carries the newer epoch.
  if (source->epoch > target->epoch) return Standing::fenced;
  if (source->epoch < target->epoch) return Standing::opposite;
  return Standing::unknown;
}

int64_t next_epoch(const Facts& facts) {
  int64_t epoch = 0;
  if (facts.source) epoch = std::max(epoch, facts.source->epoch);
  if (facts.target) epoch = std::max(epoch, facts.target->epoch);
  return epoch + 1;
}

std::string describe(const Facts& facts, std::string_view source, std::string_view target) {
  const auto one = [](std::string_view name, const std::optional<SideFact>& side) {
    if (!side) return fmt::format("{}: not reachable", name);
    return fmt::format("{}: {}, epoch {}", name, to_string(side->role), side->epoch);
  };
  return one(source, facts.source) + "; " + one(target, facts.target);
}

}  // namespace bgdb::cutover
