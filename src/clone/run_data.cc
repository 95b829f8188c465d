// From the empty schema to the complete clone: rows, indexes, one point for all tables, constraints, statistics, link.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "clone/copier.h"
#include "clone/run.h"
#include "clone/translated.h"
#include "clone/undo.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "introspect/introspect.h"
#include "replication/objects.h"

namespace bgdb::clone {
namespace {

using namespace std::chrono_literals;

constexpr int kRoundsMax = 6;  // without a table more
constexpr int64_t kSplitBytes = 1LL << 30;
constexpr int kSplitWorkers = 4;  // with fewer, one stream of frozen rows is faster

}  // namespace

Result<void> Run::go_on() {
  if (facts_.stage == Stage::schema) BGDB_CHECK(copy_rows());
  snapshot_.reset();  // blue may vacuum again
  if (facts_.translated) {
    if (facts_.stage == Stage::data) BGDB_CHECK(reach(Stage::indexes));  // they were there before
    if (facts_.stage == Stage::indexes) BGDB_CHECK(level());
    if (facts_.stage == Stage::level) BGDB_CHECK(reach(Stage::constraints));
  } else if (facts_.stage < Stage::constraints) {
    const PostData data = read_post_data_text(BGDB_TRY(read_post_data(green_)));
    if (facts_.stage == Stage::data) {
      progress_.stage("indexes");
      BGDB_CHECK(build_indexes({options_.green_dsn, options_.workers}, data, progress_));
      auto session = BGDB_TRY(open_side(options_.green_dsn, "green"));
      auto transaction = BGDB_TRY(pg::Transaction::begin(session));
      BGDB_CHECK(run_all(session, data, data.identities));
      BGDB_CHECK(commit_at(std::move(transaction), session, Stage::indexes));
    }
    if (facts_.stage == Stage::indexes) BGDB_CHECK(level());
    if (facts_.stage == Stage::level) BGDB_CHECK(constrain(data));
  }
  return finish();
}

// Rounds: each copies what is missing in a snapshot of its own. Usually there is one.
Result<void> Run::copy_rows() {
  progress_.stage("data");
  report_.tables_before = static_cast<int64_t>(BGDB_TRY(read_copied(green_)).size());
  size_t missing_before = 0;
  for (int idle = 1;;) {
    std::set<QualifiedName> done;
    facts_.rows = facts_.bytes = 0;
    for (const auto& table : BGDB_TRY(read_copied(green_))) {
      done.insert(table.name);
      facts_.rows += table.rows;
      facts_.bytes += table.bytes;
    }
    std::vector<TablePlan> missing;
    for (const TablePlan& table : plan_.copied()) {
      const bool has_target = !mapping_ || mapping_->table(table.name) != nullptr;
      if (has_target && done.count(table.name) == 0) missing.push_back(table);
    }
    if (missing.empty()) break;
    idle = missing.size() == missing_before ? idle + 1 : 1;
    if (idle > kRoundsMax) {
      return fail(ErrorCode::lock_timeout,
                  fmt::format("{} could not be read on blue: it is locked, truncated or rewritten again and again",
                              missing[0].name.display()),
                  "find who does that (pg_stat_activity on blue), then run bgdb clone again: it goes on");
    }
    missing_before = missing.size();
    if (!snapshot_) {
      core::system_clock().sleep_for(std::min<std::chrono::milliseconds>(idle * 1s, 5s));
      snapshot_ = BGDB_TRY(take_snapshot(options_.blue_dsn));
      BGDB_CHECK(read_blue_in_snapshot());
      if (schema_ != facts_.schema) {
        return fail(ErrorCode::refused, "the schema changed while rows were copied",
                    "run bgdb clone again: it begins anew");
      }
    }
    BGDB_CHECK(copy_round(missing));
    snapshot_.reset();
  }
  std::sort(report_.tables.begin(), report_.tables.end(),
            [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return reach(Stage::data);
}

Result<void> Run::copy_round(const std::vector<TablePlan>& missing) {
  const Lsn as_of = snapshot_->at;
  CopyOptions copy{.blue_dsn = options_.blue_dsn,
                   .green_dsn = options_.green_dsn,
                   .snapshot = snapshot_->name,
                   .encoding = encoding_,
                   .workers = options_.workers,
                   .bytes_per_second = options_.bytes_per_second,
                   .split_bytes = options_.split_bytes};
  if (copy.split_bytes == 0 && options_.workers >= kSplitWorkers) copy.split_bytes = kSplitBytes;
  copy.mapping = mapping_ ? &*mapping_ : nullptr;
  copy.over = as_of != facts_.consistent_point;
  copy.complete = [as_of](pg::Session& green, const std::vector<TableCopied>& tables) {
    std::vector<CopiedTable> facts;
    for (const auto& table : tables) facts.push_back({table.name, as_of, table.rows, table.bytes});
    return write_copied(green, facts);
  };
  auto copied = BGDB_TRY(copy_tables(copy, missing, progress_));
  for (const auto& why : copied.put_off) progress_.note(why + ": copied in a later snapshot");
  report_.tables.insert(report_.tables.end(), copied.tables.begin(), copied.tables.end());
  return {};
}

// Tables of several snapshots: what blue wrote between them comes from the slot.
Result<void> Run::level() {
  // Without partitions there is no second publication: the rows name their tables anyway.
  const auto leaves = leaf_publication(options_.slot);
  const bool by_leaves_too = !BGDB_TRY(replication::published_tables(blue_, leaves)).empty();
  CatchUp catch_up{options_.slot, by_leaves_too ? leaves : options_.slot, {}, {}};
  std::set<Lsn> points;
  for (const auto& table : BGDB_TRY(read_copied(green_))) {
    catch_up.copied_at[table.name] = table.as_of;
    points.insert(table.as_of);
  }
  if (points.size() > 1) {
    progress_.stage("bringing all tables to one point");
    if (options_.translation) {
      const Plan plan = BGDB_TRY(read_plan(blue_, options_.takes_part));
      catch_up.mapping = by_leaves(BGDB_TRY(options_.translation(blue_, green_)), plan);
    }
    if (!options_.catch_up) return fail(ErrorCode::internal, "nothing was given that brings the tables to one point");
    BGDB_CHECK(options_.catch_up(catch_up, progress_));
    facts_.consistent_point = BGDB_TRY(replication::origin_progress(green_, options_.slot));
  } else if (!points.empty()) {
    facts_.consistent_point = *points.begin();
  }
  return reach(Stage::level);
}

Result<void> Run::constrain(const PostData& data) {
  progress_.stage("constraints");
  auto session = BGDB_TRY(open_side(options_.green_dsn, "green"));
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  BGDB_CHECK(run_all(session, data, data.rest));
  return commit_at(std::move(transaction), session, Stage::constraints);
}

Result<void> Run::finish() {
  progress_.stage("foreign keys");
  const PostData data = read_post_data_text(BGDB_TRY(read_post_data(green_)));
  const BuildOptions build{options_.green_dsn, options_.workers};
  report_.broken = BGDB_TRY(validate_foreign_keys(build, data, progress_));
  for (const auto& broken : report_.broken) progress_.note(broken);
  progress_.stage("sequences");
  BGDB_CHECK(set_sequences());
  progress_.stage("statistics");
  BGDB_CHECK(analyze(build, facts_.analyze, progress_));
  progress_.stage("link");
  BGDB_CHECK(replication::create_origin(green_, options_.slot));
  if (BGDB_TRY(replication::origin_progress(green_, options_.slot)) != facts_.consistent_point) {
    BGDB_CHECK(replication::advance_origin(green_, options_.slot, facts_.consistent_point));
  }
  BGDB_CHECK(replication::drop_publication(blue_, leaf_publication(options_.slot)));
  BGDB_CHECK(blue_.execute(
      "insert into bgdb.side (role, epoch, by) values ('active', 1, 'bgdb clone') on conflict do nothing"));
  auto transaction = BGDB_TRY(pg::Transaction::begin(green_));
  BGDB_CHECK(green_.execute(core::sql_text("clone/write_link.sql"),
                            {"forward", options_.slot, facts_.source_system, facts_.consistent_point.to_string(),
                             BGDB_TRY(replication::origin_name(green_, options_.slot))}));
  if (!facts_.translated) {  // else they were there before the rows, which passed them by
    const std::vector<pg::Value> guarded(facts_.guarded.begin(), facts_.guarded.end());
    BGDB_CHECK(green_.execute(core::sql_text("clone/write_constraints.sql"), {pg::to_array_literal(guarded)}));
  }
  BGDB_CHECK(forget_progress(green_));
  BGDB_CHECK(commit_at(std::move(transaction), green_, Stage::done));
  return note_in_journal("done");
}

// Sequences know no snapshot: their values are those of now.
Result<void> Run::set_sequences() {
  std::vector<pg::Value> names, values, called;
  for (const auto& sequence : BGDB_TRY(introspect::read_sequences(blue_))) {
    names.emplace_back(sequence.name.sql());
    values.emplace_back(std::to_string(sequence.last_value));
    called.emplace_back(sequence.is_called ? "t" : "f");
  }
  const auto set =
      BGDB_TRY(green_.query(core::sql_text("clone/set_sequences.sql"),
                            {pg::to_array_literal(names), pg::to_array_literal(values), pg::to_array_literal(called)}));
  report_.sequences = static_cast<int64_t>(set.size());
  return green_.execute(core::sql_text("clone/write_sequence_names.sql"));
}

}  // namespace bgdb::clone
