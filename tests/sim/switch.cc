// The switch machine against model databases in virtual time: crashes before and after every command, lost answers,
// failures, frozen operators, a second operator meanwhile, partitions, slow nodes, locks that are never granted. Every
// history comes from a seed, which is printed when an invariant breaks, and a seed plays the same history each time.
// BGDB_SIM_SEEDS=first-last runs others.
#include <fmt/format.h>

#include <map>
#include <random>
#include <set>

#include "core/retry_jitter.h"
#include "cutover/executor.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::cutover;

namespace {

struct Violation {
  std::string what;
};
struct Crash {};

// Called millions of times: the words are made only when they are needed.
void require(bool condition, const char* what) {
  if (!condition) throw Violation{what};
}

struct Database {
  Role role = Role::standby;
  int64_t epoch = 0;
  bool guarded = true;
  int64_t sequence = 0;
  std::set<int> rows;
  std::vector<int> log;  // what clients wrote here, in commit order
  size_t sent = 0;       // of `log`, applied on the other side
};

struct Fence {
  int owner = 0;  // 0 = none
  int side = 0;
  int64_t dies_at = 0;
  bool commit_sent = false;  // COMMIT is under way: decided when somebody looks, or by time
  int64_t epoch = 0;
};

struct Guardian {
  int owner = 0;  // 0 = not armed
  int64_t acts_at = 0;
  int64_t grace = 0;
};

// What a history has gone through; proves that the faults do happen.
struct Coverage {
  int histories = 0, crashes = 0, crashes_after_commit = 0, lost_committed = 0, lost_rolled_back = 0, frozen = 0,
      second_operators = 0, partitions = 0, never_locked = 0, slow = 0, switched = 0, back = 0, refused = 0,
      incomplete = 0;
};

class World {
 public:
  explicit World(uint64_t seed, Coverage& coverage) : random(seed), coverage(coverage) {
    db[0] = {.role = Role::active, .epoch = 1, .guarded = false, .sequence = 0, .rows = {}, .log = {}, .sent = 0};
  }

  bool chance(int percent) { return static_cast<int>(random() % 100) < percent; }
  int64_t below(int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); }

  // A side that nobody but its own clients reaches: neither bgdb nor the links.
  bool reachable(int side) const { return now >= cut_until[side]; }
  void maybe_partition(int percent) {
    if (!chance(percent)) return;
    ++coverage.partitions;
    cut_until[below(2)] = now + 100 + below(5'000);
  }

  bool locked(int side) const { return fence.owner != 0 && fence.side == side; }
  // A client's write straight to a side; true = acknowledged.
  bool write(int side) {
    auto& d = db[side];
    if (d.guarded || locked(side)) return false;
    const int id = ++last_id;
    d.rows.insert(id);
    d.log.push_back(id);
    acknowledged.insert(id);
    const auto value = ++d.sequence;
    if (!drawn.insert(value).second) throw Violation{fmt::format("sequence value {} was drawn twice", value)};
    const auto [known, added] = writer_of_epoch.emplace(d.epoch, side);
    if (known->second != side) throw Violation{fmt::format("epoch {} has two writers", d.epoch)};
    return true;
  }
  bool write_through_pooler() { return !pooler_paused && write(pooler_to); }

  void replicate(int from, size_t count) {
    if (!reachable(0) || !reachable(1)) return;
    auto& d = db[from];
    for (; count > 0 && d.sent < d.log.size(); --count) db[1 - from].rows.insert(d.log[d.sent++]);
  }

  void decide_commit(bool committed) {
    if (!fence.commit_sent) return;
    if (committed) apply_commit();
    fence = {};
    ++(committed ? coverage.lost_committed : coverage.lost_rolled_back);
  }
  void apply_commit() {
    auto& d = db[fence.side];
    d.role = Role::standby;
    d.epoch = fence.epoch;
    d.guarded = true;
    check();
  }

  void pass(int64_t ms, int64_t at_once = 50) {
    for (int64_t left = ms; left > 0;) {
      const int64_t step = std::min<int64_t>(left, at_once);
      left -= step;
      now += step;
      if (fence.owner != 0 && fence.commit_sent && chance(30)) decide_commit(chance(50));
      if (fence.owner != 0 && now >= fence.dies_at) {
        if (fence.commit_sent) {
          decide_commit(chance(50));
        } else {
          fence = {};
        }
      }
      if (guardian.owner != 0 && now >= guardian.acts_at) {
        guardian = {};
        pooler_paused = false;
      }
      if (chance(60)) write_through_pooler();
      if (chance(10)) write(static_cast<int>(below(2)));
      if (chance(50)) replicate(0, static_cast<size_t>(below(4)));
      if (chance(50)) replicate(1, static_cast<size_t>(below(4)));
      check();
    }
  }

  void owner_died(int owner) {
    if (fence.owner == owner) {
      if (fence.commit_sent) {
        decide_commit(chance(50));
      } else {
        fence = {};
      }
    }
    if (lock_owner == owner) lock_owner = 0;
    if (guardian.owner == owner) guardian.acts_at = std::min(guardian.acts_at, now + guardian.grace);
  }

  void check() const {
    require(db[0].guarded || db[1].guarded, "single_writer: both sides accept writes");
    require(db[0].role != Role::active || db[1].role != Role::active, "single_writer: both sides are active");
    for (const auto& d : db) require(d.role == Role::active || d.guarded, "a side that does not serve has no guard");
  }
  void check_no_loss(int side) const {
    for (const int id : acknowledged) {
      if (db[side].rows.contains(id)) continue;
      throw Violation{fmt::format("no_loss: acknowledged write {} is not on the active side", id)};
    }
  }

  std::mt19937_64 random;
  Coverage& coverage;
  int64_t now = 0;
  int64_t cut_until[2] = {0, 0};
  int64_t held_until = 0;  // somebody holds a lock that the fence needs
  Database db[2];
  bool pooler_paused = false;
  int pooler_to = 0;
  Fence fence;
  Guardian guardian;
  int lock_owner = 0;
  int last_id = 0;
  int owners = 0;
  int64_t commits = 0;
  std::set<int> acknowledged;
  std::set<int64_t> drawn;
  std::map<int64_t, int> writer_of_epoch;
};

class VirtualClock : public core::Clock {
 public:
  explicit VirtualClock(World& world) : world_(world) {}
  core::SteadyTime now() override { return core::SteadyTime(milliseconds(world_.now)); }
  void sleep_for(milliseconds duration) override { world_.pass(duration.count()); }

 private:
  World& world_;
};

constexpr int64_t kPauseMax = 2'000;

Options options_of(int source) {
  return {.source_name = source == 0 ? "blue" : "green",
          .target_name = source == 0 ? "green" : "blue",
          .command = source == 0 ? "cutover" : "rollback",
          .pause_max = milliseconds(kPauseMax),
          .forward_patience = milliseconds(3'000),
          .undo_patience = milliseconds(2'000)};
}

class ModelPorts : public Ports {
 public:
  ModelPorts(World& world, int source, int fault_percent, bool may_nest)
      : world_(world), source_(source), fault_percent_(fault_percent), may_nest_(may_nest), me_(++world.owners) {}
  ~ModelPorts() override { world_.owner_died(me_); }

  Result<void> lock_operator() override {
    return command([&]() -> Result<void> { return lock(); });
  }
  Result<Facts> observe() override {
    Facts facts;
    BGDB_CHECK(command([&]() -> Result<void> {
      BGDB_CHECK(lock());
      facts = read();
      return {};
    }));
    if (!facts.source && !facts.target) return fail(ErrorCode::connection, "neither side can be asked");
    return facts;
  }
  std::vector<GateLine> gates() override {
    world_.pass(world_.below(20));
    return {{.gate = "model", .pass = !world_.chance(fault_percent_), .value = "", .limit = "", .reason = "model"}};
  }
  Result<void> prove_links() override { return plain(); }
  Result<void> prepare() override { return plain(); }
  Result<void> record_on_source(const Note&) override {
    return on(source_, [] { return Result<void>(); });
  }
  Result<void> record_on_target(const Note&) override {
    return on(1 - source_, [] { return Result<void>(); });
  }

  Result<void> pause_traffic(milliseconds) override {
    return command([&]() -> Result<void> {
      world_.guardian = {me_, world_.now + kPauseMax + 1'000, 0};
      world_.pooler_paused = true;
      return {};
    });
  }
  Result<void> lock_tables(milliseconds timeout, milliseconds rest) override {
    return on(source_, [&]() -> Result<void> {
      if (world_.now < world_.held_until) {
        world_.pass(timeout.count());
        return fail(ErrorCode::lock_timeout, "somebody holds the table");
      }
      if (world_.fence.owner != 0 && world_.fence.owner != me_) return fail(ErrorCode::lock_timeout, "locked");
      if (world_.chance(fault_percent_)) return fail(ErrorCode::lock_timeout, "a reader of the model");
      world_.fence = {me_, source_, world_.now + rest.count(), false, 0};
      return {};
    });
  }
  Result<void> drain(milliseconds rest) override {
    return on(source_, [&]() -> Result<void> {
      if (world_.chance(fault_percent_) || !world_.reachable(1 - source_)) {
        world_.pass(rest.count());
        return fail(ErrorCode::timeout, "marker");
      }
      world_.replicate(source_, world_.db[source_].log.size());
      return {};
    });
  }
  Result<void> copy_sequences(milliseconds) override {
    return on(1 - source_, [&]() -> Result<void> { return raise(); });
  }
  Result<std::vector<std::string>> last_objections(milliseconds) override {
    BGDB_CHECK(plain());
    if (world_.chance(fault_percent_ / 2)) return std::vector<std::string>{"quarantine"};
    return std::vector<std::string>{};
  }
  Result<void> commit_fence(int64_t epoch, milliseconds) override {
    fault_before();
    if (world_.fence.owner != me_) return fail(ErrorCode::connection, "the fence session was lost");
    const auto& d = world_.db[source_];
    if (d.role != Role::active || d.epoch >= epoch) return fail(ErrorCode::refused, "not active any more");
    world_.fence.epoch = epoch;
    if (world_.chance(3 * fault_percent_) || !world_.reachable(source_)) {
      // Cut off before it arrived: then the server ends the session in time.
      world_.fence.commit_sent = world_.reachable(source_) || world_.chance(50);
      world_.fence.dies_at = world_.now + 2'000;
      auto error = make_error(ErrorCode::connection, "the answer was lost");
      error.retry = Retry::outcome_unknown;
      fault_after();
      return error;
    }
    world_.apply_commit();
    world_.fence = {};
    if (world_.guardian.owner == me_) world_.guardian.acts_at = world_.now + 60'000, world_.guardian.grace = 15'000;
    fault_after();
    return {};
  }
  Result<Facts> settle() override {
    Facts facts;
    BGDB_CHECK(on(source_, [&]() -> Result<void> {
      if (world_.fence.owner == me_) {
        if (world_.fence.commit_sent) {
          world_.decide_commit(world_.chance(50));
        } else {
          world_.fence = {};
        }
      }
      BGDB_CHECK(lock());
      facts = read();
      return {};
    }));
    return facts;
  }
  Result<void> activate_target(int64_t epoch) override {
    return on(1 - source_, [&]() -> Result<void> {
      BGDB_CHECK(lock());
      auto& d = world_.db[1 - source_];
      if (d.role == Role::active && d.epoch == epoch) return {};
      if (d.role != Role::standby || d.epoch >= epoch) return fail(ErrorCode::refused, "a later switch");
      world_.check_no_loss(1 - source_);
      d.role = Role::active;
      d.epoch = epoch;
      d.guarded = false;
      world_.check();
      return {};
    });
  }
  Result<void> point_traffic() override {
    return command([&]() -> Result<void> {
      world_.pooler_to = 1 - source_;
      return {};
    });
  }
  Result<void> resume_traffic() override {
    return command([&]() -> Result<void> {
      world_.pooler_paused = false;
      if (world_.guardian.owner == me_) world_.guardian = {};
      return {};
    });
  }
  Result<void> check_front_door(int64_t epoch) override {
    return command([&]() -> Result<void> {
      const auto& d = world_.db[world_.pooler_to];
      if (!world_.reachable(world_.pooler_to)) return fail(ErrorCode::connection, "front door");
      if (world_.pooler_paused || d.role != Role::active || d.epoch != epoch)
        return fail(ErrorCode::timeout, "front door");
      return {};
    });
  }
  Result<int> evict_sessions() override {
    BGDB_CHECK(plain());
    return 0;
  }
  Result<void> top_up_sequences() override {
    return on(1 - source_, [&]() -> Result<void> { return raise(); });
  }
  void drop_fence() override {
    fault_before();
    if (world_.fence.owner == me_ && !world_.fence.commit_sent) world_.fence = {};
  }
  Result<void> return_traffic() override {
    return command([&]() -> Result<void> {
      world_.pooler_to = source_;
      world_.pooler_paused = false;
      if (world_.guardian.owner == me_) world_.guardian = {};
      return {};
    });
  }

 private:
  Result<void> lock() {
    if (world_.lock_owner != 0 && world_.lock_owner != me_) return fail(ErrorCode::refused, "another operator");
    world_.lock_owner = me_;
    return {};
  }
  Result<void> raise() {
    auto& ours = world_.db[1 - source_].sequence;
    const auto theirs = world_.db[source_].sequence;
    if (theirs >= ours) ours = theirs + 1'000;
    return {};
  }
  // A reader waits for a COMMIT that is under way.
  Facts read() {
    world_.decide_commit(world_.chance(50));
    const auto fact = [&](int side) -> std::optional<SideFact> {
      if (!world_.reachable(side)) return std::nullopt;
      return SideFact{world_.db[side].role, world_.db[side].epoch};
    };
    return {fact(source_), fact(1 - source_)};
  }

  void fault_before() {
    world_.pass(world_.below(8));
    world_.maybe_partition(fault_percent_ / 3);
    if (world_.chance(fault_percent_)) {
      ++world_.coverage.slow;
      world_.pass(world_.below(800));
    }
    if (world_.chance(fault_percent_)) crash();
    if (world_.chance(fault_percent_)) freeze();
  }
  void fault_after() {
    if (world_.chance(fault_percent_)) crash();
  }
  [[noreturn]] void crash() {
    ++world_.coverage.crashes;
    if (world_.db[source_].role != Role::active) ++world_.coverage.crashes_after_commit;
    throw Crash{};
  }
  void freeze();

  template <class Effect>
  Result<void> command(Effect effect) {
    fault_before();
    if (world_.chance(fault_percent_)) return fail(ErrorCode::connection, "no connection");
    auto result = effect();
    fault_after();
    if (result && world_.chance(fault_percent_)) return fail(ErrorCode::connection, "the answer was lost");
    return result;
  }
  // A command to one side.
  template <class Effect>
  Result<void> on(int side, Effect effect) {
    return command([&]() -> Result<void> {
      if (world_.reachable(side)) return effect();
      world_.pass(world_.below(300));
      return fail(ErrorCode::connection, "cut off");
    });
  }
  Result<void> plain() {
    return command([]() -> Result<void> { return {}; });
  }

  World& world_;
  int source_;
  int fault_percent_;
  bool may_nest_;
  int me_;
};

std::optional<Report> run(World& world, int source, Mode mode, int fault_percent, bool may_nest) {
  VirtualClock clock(world);
  const auto options = options_of(source);
  try {
    ModelPorts ports(world, source, fault_percent, may_nest);
    return run_switch(ports, clock, options, mode);
  } catch (const Crash&) {
    return std::nullopt;
  }
}

// Stopped like a suspended machine; its connections may be cut while it sleeps, and somebody else may take over.
void ModelPorts::freeze() {
  ++world_.coverage.frozen;
  const bool cut = world_.chance(50);
  if (cut && world_.lock_owner == me_) world_.lock_owner = 0;
  world_.pass(world_.below(2 * kPauseMax));
  if (!may_nest_ || !world_.chance(50)) return;
  ++world_.coverage.second_operators;
  for (int64_t i = world_.below(3); i >= 0; --i) {
    const Mode modes[] = {Mode::run, Mode::resume, Mode::abort};
    run(world_, static_cast<int>(world_.below(2)), modes[world_.below(3)], fault_percent_ / 2, false);
  }
}

int active_side(const World& world) {
  for (int side : {0, 1}) {
    if (world.db[side].role == Role::active) return side;
  }
  return -1;
}

// With nobody acting: time passes, then whoever should serve must be reachable, or --resume brings it about.
void must_recover(World& world) {
  world.pass(80'000, 1'000);  // nobody acts: only deadlines pass
  require(!world.pooler_paused, "the pooler stays paused");
  require(world.fence.owner == 0, "a fence stays");
  int active = active_side(world);
  if (active < 0) {
    // Past the point of no return: the newer epoch was fenced.
    const int source = world.db[0].epoch > world.db[1].epoch ? 0 : 1;
    const auto aborted = run(world, source, Mode::abort, 0, false);
    require(aborted && aborted->end == End::refused, "abort after the point of no return was not refused");
    const auto resumed = run(world, source, Mode::resume, 0, false);
    require(resumed && resumed->end == End::switched, "--resume does not finish");
    active = 1 - source;
  }
  require(active_side(world) == active, "the wrong side is active after recovery");
  if (world.pooler_to != active) {
    const auto resumed = run(world, 1 - active, Mode::resume, 0, false);
    require(resumed && resumed->end == End::switched, "--resume does not restore the way in");
  }
  require(world.write_through_pooler(), "stuck: clients cannot write although a side is active");
  world.check_no_loss(active);
}

// What came of it in one line.
std::string history(uint64_t seed, Coverage& coverage) {
  core::seed_backoff_jitter(seed);
  World world(seed, coverage);
  ++coverage.histories;
  world.pass(300);
  const int switches = 1 + static_cast<int>(world.below(4));
  for (int i = 0; i < switches; ++i) {
    const int source = active_side(world);
    const auto before = world.db[source].epoch;
    const int fault_percent = static_cast<int>(world.below(3)) * 3;
    const int alone = coverage.second_operators;
    const bool never_locked = fault_percent > 0 && world.chance(8);
    if (never_locked) {
      ++coverage.never_locked;
      world.held_until = world.now + 60'000;
    }
    const auto report = run(world, source, Mode::run, fault_percent, true);
    if (report) {
      // What the report says is what the databases say.
      if (alone == coverage.second_operators) {
        if (report->end == End::back || report->end == End::refused) {
          require(world.db[source].role == Role::active && world.pooler_to == source,
                  "the report says that the source serves, but it does not");
        }
        if (report->end == End::switched) {
          require(world.db[1 - source].role == Role::active && world.db[1 - source].epoch == report->epoch &&
                      world.pooler_to == 1 - source,
                  "the report says that the target serves, but it does not");
        }
      }
      if (report->end == End::switched) ++coverage.switched;
      if (report->end == End::back) ++coverage.back;
      if (report->end == End::refused) ++coverage.refused;
      if (report->end == End::incomplete) ++coverage.incomplete;
      if (never_locked && alone == coverage.second_operators) {
        require(report->end != End::switched, "it switched without its lock");
      }
      if (fault_percent == 0) require(report->end == End::switched, "a switch without faults did not succeed");
    }
    // Before the point of no return nobody has to act at all.
    if (world.db[source].role == Role::active && world.db[source].epoch == before && world.pooler_to == source) {
      world.pass(kPauseMax + 2'000);
      require(world.write_through_pooler(), "liveness: writers were not given back");
    }
    must_recover(world);
  }
  // The two sides converge when everything has been sent.
  world.replicate(0, 1'000'000);
  world.replicate(1, 1'000'000);
  require(world.db[0].rows == world.db[1].rows, "converged: the sides differ");
  return fmt::format("{} {} {} {} {} {} {}", world.now, world.last_id, world.acknowledged.size(), world.db[0].epoch,
                     world.db[1].epoch, world.db[0].sequence, world.random());
}

std::pair<uint64_t, uint64_t> seeds() {
  if (const char* wanted = std::getenv("BGDB_SIM_SEEDS"); wanted != nullptr) {
    unsigned long long first = 0;
    unsigned long long last = 0;
    if (std::sscanf(wanted, "%llu-%llu", &first, &last) == 2) return {first, last};
  }
  return {1, 10'000};
}

}  // namespace

TEST_CASE("no history of faults breaks an invariant or leaves clients stuck") {
  Coverage coverage;
  const auto [first, last] = seeds();
  int broken = 0;
  for (uint64_t seed = first; seed <= last && broken < 5; ++seed) {
    try {
      history(seed, coverage);
    } catch (const Violation& violation) {
      ++broken;
      FAIL_CHECK("seed " << seed << ": " << violation.what);
    }
  }
  WARN(fmt::format(
      "{} histories, {} crashes ({} after the commit), lost commits {} committed {} rolled back, {} frozen, {} "
      "second operators, {} partitions, {} locks never granted, {} slow answers; runs: {} switched, {} back, {} "
      "refused, {} incomplete",
      coverage.histories, coverage.crashes, coverage.crashes_after_commit, coverage.lost_committed,
      coverage.lost_rolled_back, coverage.frozen, coverage.second_operators, coverage.partitions, coverage.never_locked,
      coverage.slow, coverage.switched, coverage.back, coverage.refused, coverage.incomplete));
  if (last - first >= 1'000) {
    CHECK(coverage.crashes_after_commit > 50);
    CHECK(coverage.lost_committed > 20);
    CHECK(coverage.lost_rolled_back > 20);
    CHECK(coverage.second_operators > 50);
    CHECK(coverage.partitions > 50);
    CHECK(coverage.never_locked > 50);
  }
}

TEST_CASE("a seed plays the same history again") {
  Coverage first;
  Coverage second;
  for (uint64_t seed = 1; seed <= 200; ++seed) CHECK(history(seed, first) == history(seed, second));
  CHECK(first.crashes == second.crashes);
  CHECK(first.partitions == second.partitions);
}
