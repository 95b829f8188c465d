#include "cutover/machine.h"

#include <set>

#include "support/check.h"

using namespace bgdb::cutover;

namespace {

Facts facts(Role source, int64_t source_epoch, Role target, int64_t target_epoch) {
  return {SideFact{source, source_epoch}, SideFact{target, target_epoch}};
}

}  // namespace

TEST_CASE("facts say where a switch stands") {
  CHECK(judge(facts(Role::active, 1, Role::standby, 0)) == Standing::ready);
  CHECK(judge(facts(Role::standby, 2, Role::standby, 1)) == Standing::fenced);
  CHECK(judge(facts(Role::standby, 2, Role::active, 2)) == Standing::switched);
  CHECK(judge(facts(Role::standby, 1, Role::standby, 2)) == Standing::opposite);
  CHECK(judge(facts(Role::standby, 1, Role::standby, 1)) == Standing::unknown);
  CHECK(judge(facts(Role::active, 1, Role::active, 1)) == Standing::broken);
  CHECK(judge(facts(Role::active, 1, Role::retired, 1)) == Standing::retired);
}

TEST_CASE("one active side is enough to know, a standby alone is not") {
  CHECK(judge({SideFact{Role::active, 1}, std::nullopt}) == Standing::ready);
  CHECK(judge({std::nullopt, SideFact{Role::active, 1}}) == Standing::switched);
  CHECK(judge({SideFact{Role::standby, 2}, std::nullopt}) == Standing::unknown);
  CHECK(judge({std::nullopt, std::nullopt}) == Standing::unknown);
}

TEST_CASE("the next epoch is above both") {
  CHECK(next_epoch(facts(Role::active, 4, Role::standby, 7)) == 8);
  CHECK(next_epoch({}) == 1);
}

TEST_CASE("every step has a row of its own name") {
  std::set<std::string_view> names;
  for (const auto& entry : table()) {
    CHECK(&row(entry.step) == &entry);
    CHECK(names.insert(entry.name).second);
    CHECK(step_named(entry.name) == entry.step);
  }
  CHECK_FALSE(step_named("nonsense"));
}

TEST_CASE("success leads through the sequence to the end") {
  Step step = first_step();
  std::vector<Step> way;
  while (true) {
    way.push_back(step);
    const auto following = next(Mode::run, step, {.ok = true, .standing = Standing::ready});
    if (following.end) {
      CHECK(*following.end == End::switched);
      break;
    }
    step = *following.step;
    REQUIRE(way.size() < 50);
  }
  CHECK(way == std::vector<Step>{Step::operator_lock, Step::observe, Step::gates, Step::intent, Step::pause,
                                 Step::fence, Step::drain, Step::sequences, Step::final_facts, Step::commit,
                                 Step::activate, Step::point, Step::resume_traffic, Step::front_door, Step::evict,
                                 Step::top_up, Step::finish});
}

TEST_CASE("a failure inside the window is undone, after it repeated, at the commit looked up") {
  const Event failed{.ok = false};
  for (const auto step : {Step::pause, Step::fence, Step::drain, Step::sequences, Step::final_facts}) {
    CHECK(next(Mode::run, step, failed).step == Step::undo_fence);
  }
  CHECK(next(Mode::run, Step::commit, failed).step == Step::settle);
  for (const auto step : {Step::settle, Step::activate, Step::point, Step::resume_traffic, Step::front_door}) {
    const auto following = next(Mode::run, step, failed);
    CHECK(following.step == step);
    CHECK(following.retry);
  }
  for (const auto step : {Step::operator_lock, Step::observe, Step::gates, Step::intent}) {
    CHECK(next(Mode::run, step, failed).end == End::refused);
  }
}

TEST_CASE("after a lost answer the facts decide, never a guess") {
  CHECK(next(Mode::run, Step::settle, {.ok = true, .standing = Standing::ready}).step == Step::undo_fence);
  CHECK(next(Mode::run, Step::settle, {.ok = true, .standing = Standing::fenced}).step == Step::activate);
  CHECK(next(Mode::run, Step::settle, {.ok = true, .standing = Standing::unknown}).retry);
}

TEST_CASE("no way leads from behind the point of no return back to the source") {
  for (const auto step :
       {Step::activate, Step::point, Step::resume_traffic, Step::front_door, Step::evict, Step::top_up, Step::finish}) {
    for (const bool ok : {true, false}) {
      for (const auto mode : {Mode::run, Mode::resume, Mode::abort}) {
        const auto following = next(mode, step, {.ok = ok, .standing = Standing::ready});
        if (following.step) CHECK(*following.step < Step::undo_fence);
        if (following.end) CHECK(*following.end != End::back);
      }
    }
  }
}

TEST_CASE("resume and abort begin where the facts are") {
  const auto begin = [](Mode mode, Standing standing) {
    return next(mode, Step::observe, {.ok = true, .standing = standing});
  };
  CHECK(begin(Mode::resume, Standing::fenced).step == Step::activate);
  CHECK(begin(Mode::resume, Standing::switched).step == Step::point);
  CHECK(begin(Mode::resume, Standing::ready).step == Step::undo_traffic);
  CHECK(begin(Mode::abort, Standing::ready).step == Step::undo_traffic);
  CHECK(begin(Mode::abort, Standing::fenced).end == End::refused);
  CHECK(begin(Mode::abort, Standing::switched).end == End::refused);
  for (const auto standing : {Standing::fenced, Standing::switched, Standing::opposite, Standing::retired,
                              Standing::broken, Standing::unknown}) {
    CHECK(begin(Mode::run, standing).end == End::refused);
  }
}
