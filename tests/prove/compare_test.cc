// What counts as a difference between predicted and observed.
#include "prove/compare.h"

#include "support/check.h"

using namespace bgdb;
using lint::LockMode;
using prove::Difference;

namespace {

const QualifiedName kTable{"public", "t"}, kOther{"public", "p"}, kPart{"public", "t_id_seq"};

prove::Observation seen() {
  prove::Observation out;
  out.existed = {kTable, kOther, kPart};
  return out;
}

lint::EffectSet locks(const QualifiedName& name, LockMode mode) {
  lint::EffectSet out;
  out.locks.push_back({.relation = name, .mode = mode});
  return out;
}

Error refusal(const std::string& sqlstate, const std::string& message = "refused") {
  Error error;
  error.message = message;
  error.sqlstate = sqlstate;
  return error;
}

}  // namespace

TEST_CASE("a lock is compared by its strongest mode, together with what the transaction held before") {
  auto observed = seen();
  observed.locks[kTable] = LockMode::access_exclusive;
  CHECK(prove::compare(locks(kTable, LockMode::access_exclusive), observed, {}).empty());
  CHECK(prove::compare(locks(kTable, LockMode::share), observed, {}) ==
        std::vector<Difference>{{"lock", "public.t", "ShareLock", "AccessExclusiveLock"}});
  observed.held_before[kTable] = LockMode::access_exclusive;
  CHECK(prove::compare(locks(kTable, LockMode::share), observed, {}).empty());
}

TEST_CASE("a lock on a part under a lock on its table is no difference, predicted or not") {
  auto observed = seen();
  observed.locks[kTable] = LockMode::access_exclusive;
  observed.held_before[kTable] = LockMode::access_exclusive;
  observed.covered.insert(kPart);
  CHECK(prove::compare(locks(kPart, LockMode::access_exclusive), observed, {}).empty());
  observed.covered.clear();
  CHECK(prove::compare(locks(kPart, LockMode::access_exclusive), observed, {}).size() == 1);
}

TEST_CASE("what the statement made itself is not compared") {
  auto observed = seen();
  CHECK(prove::compare(locks({"public", "born"}, LockMode::access_exclusive), observed, {}).empty());
}

TEST_CASE("locks of ordinary queries are compared only where the rows do not decide them") {
  auto observed = seen();
  observed.locks[kOther] = LockMode::row_share;
  CHECK(prove::compare({}, observed, {}).size() == 1);
  CHECK(prove::compare({}, observed, {.rows = true}).empty());
  observed.locks[kOther] = LockMode::share;
  CHECK(prove::compare({}, observed, {.rows = true}).size() == 1);
}

TEST_CASE("scans that the planner decides may be seen or not, others must be") {
  lint::EffectSet predicted;
  predicted.scans.push_back({kOther});
  CHECK(prove::compare(predicted, seen(), {}) == std::vector<Difference>{{"scan", "public.p", "yes", "no"}});
  CHECK(prove::compare(predicted, seen(), {.scanned_maybe = {kOther}}).empty());
  auto observed = seen();
  observed.scans.insert(kTable);
  CHECK(prove::compare({}, observed, {.scanned_maybe = {kOther}}) ==
        std::vector<Difference>{{"scan", "public.t", "no", "yes"}});
}

TEST_CASE("indexes of a rewritten table are built with it") {
  lint::EffectSet predicted;
  predicted.index_builds.push_back({kTable});
  predicted.rewrites.push_back({kTable});
  auto observed = seen();
  observed.rewrites.insert(kTable);
  CHECK(prove::compare(predicted, observed, {}).empty());
  predicted.rewrites.clear();
  observed.rewrites.clear();
  CHECK(prove::compare(predicted, observed, {}).size() == 1);
}

TEST_CASE("a predicted failure must happen, and one that lint claims to know must be predicted") {
  lint::EffectSet predicted;
  predicted.fails.push_back({"other-objects-depend", "public.t.a"});
  CHECK(prove::compare(predicted, seen(), {}) ==
        std::vector<Difference>{{"failure", "public.t.a", "other-objects-depend", "success"}});
  auto observed = seen();
  observed.failure = refusal("2BP01");
  CHECK(prove::compare(predicted, observed, {}).empty());
  CHECK(prove::compare({}, observed, {}).size() == 1);
  observed.failure = refusal("42703");
  CHECK(prove::compare({}, observed, {}).empty());
}

TEST_CASE("refusals that come from the rows are told from those of the schema") {
  CHECK(prove::about_rows(refusal("23502")));
  CHECK(prove::about_rows(refusal("22P02")));
  CHECK_FALSE(prove::about_rows(refusal("2BP01")));
  CHECK_FALSE(prove::about_rows(refusal("42804")));
}

TEST_CASE("a lock that only triggers take may be missing or weaker, and never stronger") {
  auto observed = seen();
  const prove::CompareOptions maybe{.rows = true, .touched_maybe = {kOther}};
  CHECK(prove::compare(locks(kOther, LockMode::exclusive), observed, maybe).empty());
  observed.locks[kOther] = LockMode::row_exclusive;
  CHECK(prove::compare(locks(kOther, LockMode::exclusive), observed, maybe).empty());
  observed.locks[kOther] = LockMode::access_exclusive;
  CHECK(prove::compare(locks(kOther, LockMode::exclusive), observed, maybe) ==
        std::vector<Difference>{{"lock", "public.p", "ExclusiveLock", "AccessExclusiveLock"}});
  CHECK(prove::compare(locks(kTable, LockMode::exclusive), observed, maybe).size() == 2);
}
