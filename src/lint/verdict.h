// The axes on which a statement and a file are judged, each with its reason. Pure functions of the effects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/effects.h"

namespace bgdb::lint {

// From harmless to harmful; a file takes the worst of its statements.
enum class Safety { expand_safe, contract_safe, not_analysed, rollback_breaking };
enum class OldVersion { ok, unknown, narrows, breaks };
enum class Rollback { ok, unknown, lossy, impossible };
enum class LockCost { none, brief, scan, rewrite };
enum class Phase { neutral, expand, data, contract };

std::string_view to_string(Safety value);  // "rollback-breaking"
std::string_view to_string(OldVersion value);
std::string_view to_string(Rollback value);
std::string_view to_string(LockCost value);
std::string_view to_string(Phase value);

struct Verdict {
  Safety safety = Safety::expand_safe;
  OldVersion old_version = OldVersion::ok;
  Rollback rollback = Rollback::ok;
  Replication replication = Replication::ok;
  LockCost lock = LockCost::none;
  LockMode lock_mode = LockMode::access_share;  // the strongest on a released relation
  std::vector<std::string> lock_relations;      // under it
  Phase phase = Phase::neutral;
  std::string reason;  // one sentence for `safety`
  std::string replication_reason;
};

// `declared_contract`: the file says that it runs after the old version is retired.
Verdict judge(const Effects& effects, bool declared_contract);
// What a file without statements has.
Verdict safe_verdict();
// `worst` takes over what is worse in `one`.
void worsen(Verdict& worst, const Verdict& one);

// "column-renamed", "public.customers.email" -> "the old version still uses column public.customers.email under its old
// name".
std::string describe(std::string_view family, const Effect& effect);
std::vector<std::string> described(const std::vector<Effect>& fails);

}  // namespace bgdb::lint
