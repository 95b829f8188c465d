#include "lint/verdict.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace bgdb::lint {

namespace {

constexpr std::string_view kSafe = "the old version works during and after it, and going back loses nothing";

// kind -> sentence about the object; {} is the object.
const std::map<std::string_view, std::string_view>& sentences() {
  static const std::map<std::string_view, std::string_view> kSentences = {
      {"column-dropped", "the old version still reads and writes {}, which is gone with its data"},
      {"column-renamed", "the old version still uses {} under its old name"},
      {"column-retyped", "the old version still treats {} as its old type"},
      {"table-dropped", "the old version still uses {}, which is gone with its rows"},
      {"table-renamed", "the old version still uses {} under its old name"},
      {"view-dropped", "the old version may still read {}, which is gone"},
      {"view-renamed", "the old version may still read {} under its old name"},
      {"materialized-view-dropped", "the old version may still read {}, which is gone"},
      {"schema-changed", "the old version looks for {} in its old schema"},
      {"schema-renamed", "every qualified name in {} of the old version is wrong now"},
      {"schema-dropped", "the old version still uses what was in the schema {}"},
      {"database-dropped", "the database {} is gone"},
      {"default-dropped", "INSERTs of the old version rely on the default of {}"},
      {"expression-dropped", "{} is no longer computed, and the old version does not write it"},
      {"expression-changed", "{} is computed in another way than the old version expects"},
      {"trigger-disabled", "the old version relies on the triggers of {}"},
      {"trigger-dropped", "the old version may rely on what the trigger {} did"},
      {"setting-changed",
       "sessions of the old version begin with another {}, so the same statements mean something else"},
      {"read-only", "sessions of the old version are read-only by default in {}, so its writes fail"},
      {"statements-end", "sessions of the old version begin with {}, which may end statements that worked"},
      {"function-strict", "calls of {} with a NULL argument yield NULL from now on"},
      {"view-invoker", "who reads {} needs rights of their own on what it reads from now on"},
      {"function-invoker", "callers of {} need rights of their own from now on"},
      {"rule-dropped", "the old version may rely on what the rule {} did"},
      {"rule-added", "writes of the old version now do what the rule {} says"},
      {"policy-dropped", "rows that the policy {} let through are hidden now, or hidden rows are shown"},
      {"policy-changed", "the policy {} lets other rows through than before"},
      {"policy-restricts", "the policy {} hides rows from the old version"},
      {"row-security", "without a policy for it the old version sees no row of {}"},
      {"rows-left-parent", "rows that the old version finds through {} are no longer there"},
      {"owner-changed", "the old owner of {} loses its rights"},
      {"privilege-revoked", "the old version may lose its right on {}"},
      {"primary-key-dropped", "ON CONFLICT of the old version finds no key on {}, and duplicates become possible"},
      {"conflict-target-lost",
       "ON CONFLICT of the old version finds no unique index on {}, and duplicates become possible"},
      {"concurrent-refresh-lost", "REFRESH ... CONCURRENTLY of the old version finds no unique index on {}, and fails"},
      {"object-dropped", "the old version may still use {}, which is gone"},
      {"function-dropped", "the old version may still call {}, which is gone"},
      {"function-renamed", "the old version may still call {} under its old name"},
      {"type-dropped", "the old version may still cast to {}, which is gone"},
      {"type-renamed", "the old version may still cast to {} under its old name"},
      {"type-changed", "the old version still expects {} as it was"},
      {"domain-dropped", "the old version may still cast to {}, which is gone"},
      {"sequence-renamed", "the old version may still call nextval on {} under its old name"},
      {"sequence-narrowed", "the sequence {} runs out earlier, and INSERTs of the old version fail then"},
      {"sequence-restarted", "{} may give out numbers again that are taken"},
      {"exclusion-dropped", "rows may overlap without {}, and then they block the way back"},
      {"call-ambiguous", "calls of {} are ambiguous now and fail"},
      {"trigger-raises", "the function of the trigger {} may raise an error for writes of the old version"},
      {"trigger-skips", "the trigger {} makes writes of the old version do nothing"},
      {"trigger-passes-null", "the trigger {} inserts what is NULL in rows of the old version where NULL is refused"},
      {"case-ignored", "comparisons of {} no longer tell upper from lower case"},
      {"sequence-dropped", "the old version may still call nextval on {}, which is gone"},
      {"extension-dropped", "the old version may still use what the extension {} brought"},
      {"role-dropped", "the old version may log in as {}, which is gone"},
      {"login-lost", "the old version can no longer log in as {} as it does now"},
      {"role-weakened", "{} may no longer do what it could when the old version was made"},
      {"enum-value-renamed", "the old version still writes {}, which is no valid value any more"},
      {"not-null", "the old version may still write NULL into {}"},
      {"required-column", "INSERTs of the old version do not name {}, and NULL is refused"},
      {"generated-not-null", "{} refuses NULL, which its expression yields for rows that the old version may write"},
      {"identity-dropped", "INSERTs of the old version rely on the numbers that {} gave out"},
      {"identity-always", "INSERTs of the old version that name {} are refused"},
      {"identity-lost", "UPDATE and DELETE on {} fail while it is published"},
      {"published-without-key", "UPDATE and DELETE on {} fail, because it has no replica identity"},
      {"type-narrowed", "values that the old version may write no longer fit into {}"},
      {"check", "rows that the old version may write violate the new check on {}"},
      {"unique", "rows that the old version may write collide in {}"},
      {"foreign-key", "rows that the old version may write point to nothing in {}"},
      {"referenced-delete", "rows that {} refers to can no longer be deleted, which the old version may do"},
      {"referenced-update", "keys that {} refers to can no longer be changed, which the old version may do"},
      {"reference-immediate", "{} is checked at once, and the old version may write the rows in another order"},
      {"exclude", "rows that the old version may write overlap in {}"},
      {"domain-check", "values that the old version may write violate the new check of {}"},
      {"domain-not-null", "the old version may still write NULL into columns of {}"},
      {"rows-deleted", "rows of {} are deleted and do not come back"},
      {"values-overwritten", "values of {} are overwritten and do not come back"},
      {"changed-on-the-way", "a WITH clause updates or deletes rows of {}, and they do not come back"},
      {"values-converted", "values of {} are converted, and the originals are gone"},
      {"crash-safety", "{} is emptied by a crash of the server and absent from replicas"},
      {"exclude-not-valid", "an exclusion constraint on {} cannot be NOT VALID"},
      {"index-backs-constraint", "the index {} belongs to a constraint"},
      {"view-columns-changed", "OR REPLACE cannot drop or rename the column {}"},
      {"no-unique-index", "CONCURRENTLY needs a unique index on {}"},
      {"return-type-changed", "OR REPLACE cannot change what {} returns"},
      {"argument-renamed", "OR REPLACE cannot rename the argument {}"},
      {"argument-default-dropped", "OR REPLACE cannot take a default from an argument of {}"},
      {"not-movable", "nothing can be moved into or out of {}"},
      {"parent-column-missing", "{} is missing or of another type"},
      {"does-not-exist", "{} does not exist"},
      {"already-exists", "{} exists already"},
      {"wrong-kind", "{} is something else"},
      {"no-key-to-reference", "{} has no unique key over the referenced columns"},
      {"no-table", "{} is no table"},
      {"column-of-partition", "{} is a partition and has the columns of its parent"},
      {"inherited-column", "{} is inherited"},
      {"identity-of-nullable", "{} must be NOT NULL first"},
      {"identity-beside-default", "{} has a default"},
      {"enum-value-added",
       "the old version does not know the value {}: nobody may write it before the old version is retired"},
      {"nullable",
       "readers of the old version do not expect NULL in {}: nobody may write it before the old version is retired"},
      {"reference-cascades",
       "rows of {} that outlived what they refer to are deleted with it by the old version's deletes"},
      {"type-widened",
       "the old version may not hold the larger values of {}: nobody may write them before it is retired"},
  };
  return kSentences;
}

struct Summary {
  const Effect* effect = nullptr;
  std::string_view family;
};

Summary worst_effect(const EffectSet& effects) {
  if (!effects.breaks.empty()) return {&effects.breaks.front(), "breaks"};
  if (!effects.narrows.empty()) return {&effects.narrows.front(), "narrows"};
  if (!effects.loses.empty()) return {&effects.loses.front(), "loses"};
  return {};
}

void judge_locks(const Effects& effects, Verdict& verdict) {
  for (const auto& lock : effects.locks) {
    // The planner opens every index of a table: one that is held shuts readers out as well.
    const bool counts =
        lock.kind == LockedKind::relation || (lock.kind == LockedKind::index && blocks_reads(lock.mode));
    if (lock.released && counts) verdict.lock_mode = std::max(verdict.lock_mode, lock.mode);
  }
  if (!blocks_writes(verdict.lock_mode)) return;
  verdict.lock = LockCost::brief;
  const auto under_lock = [&](const std::vector<RelationEffect>& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& item) {
      return item.released && std::any_of(effects.locks.begin(), effects.locks.end(), [&](const auto& lock) {
               return lock.relation == item.relation && blocks_writes(lock.mode);
             });
    });
  };
  if (under_lock(effects.scans) || under_lock(effects.index_builds)) verdict.lock = LockCost::scan;
  if (under_lock(effects.rewrites)) verdict.lock = LockCost::rewrite;
  for (const auto& lock : effects.locks) {
    if (lock.released && lock.mode == verdict.lock_mode) verdict.lock_relations.push_back(lock.relation.display());
  }
}

Phase phase_of(const Effects& effects, bool breaking) {
  if (breaking) {
    const bool only_data =
        std::all_of(effects.actions.begin(), effects.actions.end(), [](const auto& action) { return action.data; });
    return only_data ? Phase::data : Phase::contract;
  }
  auto phase = Phase::neutral;
  for (const auto& action : effects.actions) {
    if (!action.neutral) phase = std::max(phase, action.data ? Phase::data : Phase::expand);
  }
  return phase;
}

Rollback rollback_of(const Effects& effects) {
  const bool gone = std::any_of(effects.irreversible.begin(), effects.irreversible.end(),
                                [](const auto& effect) { return effect.kind == "enum-value-added"; });
  if (!effects.loses.empty()) return Rollback::lossy;
  if (!effects.breaks.empty() || !effects.narrows.empty()) return Rollback::ok;
  if (gone) return Rollback::ok;  // an unused label harms nobody who goes back
  return effects.dynamic_sql ? Rollback::unknown : Rollback::ok;
}

}  // namespace

std::string_view to_string(Safety value) {
  switch (value) {
    case Safety::expand_safe:
      return "expand-safe";
    case Safety::contract_safe:
      return "contract-safe";
    case Safety::not_analysed:
      return "not-analysed";
    case Safety::rollback_breaking:
      return "rollback-breaking";
  }
  return "not-analysed";
}

std::string_view to_string(OldVersion value) {
  switch (value) {
    case OldVersion::ok:
      return "ok";
    case OldVersion::unknown:
      return "unknown";
    case OldVersion::narrows:
      return "narrows";
    case OldVersion::breaks:
      return "breaks";
  }
  return "unknown";
}

std::string_view to_string(Rollback value) {
  switch (value) {
    case Rollback::ok:
      return "ok";
    case Rollback::unknown:
      return "unknown";
    case Rollback::lossy:
      return "lossy";
    case Rollback::impossible:
      return "impossible";
  }
  return "unknown";
}

std::string_view to_string(LockCost value) {
  switch (value) {
    case LockCost::none:
      return "none";
    case LockCost::brief:
      return "brief";
    case LockCost::scan:
      return "scan";
    case LockCost::rewrite:
      return "rewrite";
  }
  return "none";
}

std::string_view to_string(Phase value) {
  switch (value) {
    case Phase::neutral:
      return "neutral";
    case Phase::expand:
      return "expand";
    case Phase::data:
      return "data";
    case Phase::contract:
      return "contract";
  }
  return "neutral";
}

std::string describe(std::string_view family, const Effect& effect) {
  if (const auto found = sentences().find(effect.kind); found != sentences().end()) {
    return fmt::format(fmt::runtime(found->second), effect.object);
  }
  return fmt::format("{} {}: {}", family, effect.object, effect.kind);
}

std::vector<std::string> described(const std::vector<Effect>& fails) {
  std::vector<std::string> out;
  for (const auto& effect : fails) out.push_back(describe("fails", effect));
  return out;
}

Verdict judge(const Effects& effects, bool declared_contract) {
  Verdict verdict;
  const bool unreadable =
      effects.dynamic_sql || std::any_of(effects.actions.begin(), effects.actions.end(),
                                         [](const auto& action) { return action.kind == "not-parsed"; });
  const auto worst = worst_effect(effects);
  if (!effects.breaks.empty()) {
    verdict.old_version = OldVersion::breaks;
  } else if (!effects.narrows.empty()) {
    verdict.old_version = OldVersion::narrows;
  } else if (unreadable) {
    verdict.old_version = OldVersion::unknown;
  }
  verdict.rollback = unreadable && effects.loses.empty() ? Rollback::unknown : rollback_of(effects);
  // Structure and data are both gone: no SQL brings them back.
  const bool structure_gone = std::any_of(effects.loses.begin(), effects.loses.end(), [](const auto& effect) {
    return effect.kind == "database-dropped" || effect.kind == "schema-dropped";
  });
  if (structure_gone) verdict.rollback = Rollback::impossible;
  for (const auto& effect : effects.replication) {
    if (effect.kind > verdict.replication) {
      verdict.replication = effect.kind;
      verdict.replication_reason = effect.reason;
    }
  }
  if (unreadable && verdict.replication == Replication::ok) verdict.replication = Replication::unknown;
  judge_locks(effects, verdict);
  verdict.phase = phase_of(effects, worst.effect != nullptr);
  if (worst.effect != nullptr) {
    verdict.safety = declared_contract ? Safety::contract_safe : Safety::rollback_breaking;
    verdict.reason = describe(worst.family, *worst.effect);
  } else if (unreadable) {
    verdict.safety = Safety::not_analysed;
    verdict.reason = "it contains something that could not be read: " +
                     (effects.unknown.empty() ? std::string("a statement") : effects.unknown.front());
  } else if (!effects.widens.empty()) {
    verdict.reason = describe("widens", effects.widens.front());
  } else {
    verdict.reason = kSafe;
  }
  return verdict;
}

Verdict safe_verdict() {
  Verdict verdict;
  verdict.reason = kSafe;
  return verdict;
}

void worsen(Verdict& worst, const Verdict& one) {
  if (one.safety > worst.safety) {
    worst.safety = one.safety;
    worst.reason = one.reason;
  }
  worst.old_version = std::max(worst.old_version, one.old_version);
  worst.rollback = std::max(worst.rollback, one.rollback);
  if (one.replication > worst.replication) {
    worst.replication = one.replication;
    worst.replication_reason = one.replication_reason;
  }
  worst.lock = std::max(worst.lock, one.lock);
  worst.lock_mode = std::max(worst.lock_mode, one.lock_mode);
  worst.phase = std::max(worst.phase, one.phase);
}

}  // namespace bgdb::lint
