#include "prove/compare.h"

#include <fmt/format.h>

namespace bgdb::prove {

namespace {

using lint::LockMode;

std::string mode_text(const Locks& locks, const QualifiedName& name) {
  const auto found = locks.find(name);
  return found == locks.end() ? "none" : std::string(lint::to_string(found->second));
}

// What must be held behind the statement: what was held before it, and what it takes.
Locks expected_locks(const lint::EffectSet& predicted, const Observation& observed) {
  auto out = observed.held_before;
  for (const auto& lock : predicted.locks) {
    if (observed.existed.count(lock.relation) == 0 || lock.mode == LockMode::access_share) continue;
    const auto [at, fresh] = out.emplace(lock.relation, lock.mode);
    if (!fresh) at->second = std::max(at->second, lock.mode);
  }
  return out;
}

bool weaker(const Locks& one, const Locks& other, const QualifiedName& name) {
  const auto left = one.find(name), right = other.find(name);
  return left == one.end() || (right != other.end() && left->second < right->second);
}

bool of_queries(const std::string& mode) {
  return mode == "none" || mode == "RowShareLock" || mode == "RowExclusiveLock";
}

void compare_locks(const lint::EffectSet& predicted, const Observation& observed, const CompareOptions& options,
                   std::vector<Difference>& out) {
  const auto expected = expected_locks(predicted, observed);
  Relations names;
  for (const auto& [name, mode] : expected) names.insert(name);
  for (const auto& [name, mode] : observed.locks) names.insert(name);
  for (const auto& name : names) {
    if (observed.covered.count(name) > 0) continue;
    const auto left = mode_text(expected, name), right = mode_text(observed.locks, name);
    if (options.touched_maybe.count(name) > 0 && weaker(observed.locks, expected, name)) continue;
    if (left == right || (options.rows && of_queries(left) && of_queries(right))) continue;
    out.push_back({"lock", name.display(), left, right});
  }
}

// `maybe`: may have been seen or not.
void compare_sets(std::string_view what, const std::vector<lint::RelationEffect>& predicted, const Relations& observed,
                  const Relations& existed, const Relations& maybe, std::vector<Difference>& out) {
  Relations expected;
  for (const auto& effect : predicted) {
    if (existed.count(effect.relation) > 0) expected.insert(effect.relation);
  }
  for (const auto& name : expected) {
    if (observed.count(name) == 0 && maybe.count(name) == 0)
      out.push_back({std::string(what), name.display(), "yes", "no"});
  }
  for (const auto& name : observed) {
    if (expected.count(name) == 0 && maybe.count(name) == 0)
      out.push_back({std::string(what), name.display(), "no", "yes"});
  }
}

}  // namespace

std::string to_string(const Difference& difference) {
  return fmt::format("{} {}: predicted {}, observed {}", difference.what, difference.object, difference.predicted,
                     difference.observed);
}

bool must_be_predicted(const Error& failure) {
  if (failure.sqlstate == "42804") return failure.message.find("cannot be cast automatically") != std::string::npos;
  return failure.sqlstate == "2BP01" || failure.sqlstate == "25001" || failure.sqlstate == "55P04";
}

bool about_rows(const Error& failure) {
  return failure.sqlstate.starts_with("22") || failure.sqlstate.starts_with("23");
}

std::vector<Difference> compare(const lint::EffectSet& predicted, const Observation& observed,
                                const CompareOptions& options) {
  std::vector<Difference> out;
  if (observed.failure || !predicted.fails.empty()) {
    if (observed.failure && (!predicted.fails.empty() || !must_be_predicted(*observed.failure))) return out;
    const auto text =
        observed.failure ? fmt::format("{} {}", observed.failure->sqlstate, observed.failure->message) : "success";
    out.push_back({"failure", predicted.fails.empty() ? "" : predicted.fails.front().object,
                   predicted.fails.empty() ? "success" : predicted.fails.front().kind, text});
    return out;
  }
  compare_locks(predicted, observed, options, out);
  compare_sets("rewrite", predicted.rewrites, observed.rewrites, observed.existed, options.touched_maybe, out);
  if (!options.rows)
    compare_sets("scan", predicted.scans, observed.scans, observed.existed, options.scanned_maybe, out);
  // A rewrite builds the indexes, too: that of a key which is dropped and added again cannot be told from it.
  auto built_maybe = observed.rewrites;
  built_maybe.insert(options.touched_maybe.begin(), options.touched_maybe.end());
  compare_sets("index build", predicted.index_builds, observed.index_builds, observed.existed, built_maybe, out);
  return out;
}

}  // namespace bgdb::prove
