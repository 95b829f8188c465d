// Colours of verdicts, and the words for a verdict's axes, for reports that people read. Internal to lint/.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "lint/verdict.h"

namespace bgdb::lint {

struct Paint {
  bool on;
  std::string operator()(std::string_view code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

inline std::string_view colour_of(Safety safety) {
  if (safety == Safety::rollback_breaking) return "31";
  if (safety == Safety::expand_safe) return "32";
  return safety == Safety::contract_safe ? "36" : "33";
}

// "old version breaks, rollback lossy, replication stops, lock brief, phase contract".
std::string axes_text(const Verdict& verdict);

}  // namespace bgdb::lint
