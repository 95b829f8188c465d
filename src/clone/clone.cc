// The steps of a clone. Up to the fact "data" a failed run takes everything back; from there on it can be continued,
// because the slot holds every change since the snapshot.
#include "clone/clone.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "clone/copier.h"
#include "clone/dump.h"
#include "clone/facts.h"
#include "clone/preflight.h"
#include "clone/undo.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "journal/operator_lock.h"
#include "journal/state.h"
#include "pg/replication_stream.h"
#include "replication/objects.h"

namespace bgdb::clone {
namespace {

constexpr const char* kApplication = "bgdb clone";

Result<pg::Session> open(const std::string& dsn, std::string_view side) {
  auto session = pg::Session::open({.dsn = dsn,
                                    .application_name = kApplication,
                                    .settings = {{"statement_timeout", "0"}, {"synchronous_commit", "on"}}});
  if (!session) return fail(session.error().with_context(side));
  return session;
}

// One operator at a time, held until the session ends.
Result<void> lock_operator(pg::Session& session, std::string_view side) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  return fail(ErrorCode::refused, fmt::format("another bgdb command is at work on {}", side),
              "wait for it; select pid, application_name from pg_stat_activity shows who");
}

Result<void> lock_operators(pg::Session& blue, pg::Session& green) {
  const char* identity =
      "select (select system_identifier from pg_control_system()) || '/' || oid from pg_database"
      " where datname = current_database()";
  // Else the lock on blue would look like somebody else's on green.
  if (BGDB_TRY(blue.scalar(identity)) == BGDB_TRY(green.scalar(identity))) {
    return fail(ErrorCode::config, "blue and green are the same database", "correct blue.dsn or green.dsn in bgdb.yml");
  }
  BGDB_CHECK(lock_operator(blue, "blue"));
  return lock_operator(green, "green");
}

class Run {
 public:
  Run(const CloneOptions& options, core::Progress& progress, pg::Session blue, pg::Session green)
      : options_(options), progress_(progress), blue_(std::move(blue)), green_(std::move(green)) {}

  Result<CloneReport> run() {
    const auto begun = core::system_clock().now();
    facts_ = BGDB_TRY(read_facts(green_));
    report_.slot = options_.slot;
    if (facts_.stage != Stage::none && facts_.slot != options_.slot) {
      return fail(
          ErrorCode::refused,
          fmt::format("green holds a clone for slot {}, this configuration names {}", facts_.slot, options_.slot),
          "correct `name` in bgdb.yml, or run bgdb clone --abort with the former name");
    }
    report_.already_done = facts_.stage == Stage::done;
    if (!report_.already_done) BGDB_CHECK(advance());
    if (report_.already_done && !BGDB_TRY(slot_is_good())) {
      if (const auto side = BGDB_TRY(journal::read_side(green_)); side && side->role != journal::Role::standby) {
        return fail(ErrorCode::refused,
                    fmt::format("green holds the clone of an earlier release and is its {} side",
                                journal::to_string(side->role)),
                    "name an empty database as green in bgdb.yml (createdb), then clone again; bgdb status shows who "
                    "serves");
      }
      return fail(
          ErrorCode::refused,
          fmt::format("the clone is complete, but its slot {} is gone from blue: what blue wrote since is not in it",
                      options_.slot),
          "bgdb clone --abort --complete removes green's copy; then clone again");
    }
    report_.consistent_point = facts_.consistent_point;
    report_.guarded = static_cast<int64_t>(facts_.guarded.size());
    report_.rows = facts_.rows;
    report_.bytes = facts_.bytes;
    report_.took = std::chrono::duration_cast<std::chrono::milliseconds>(core::system_clock().now() - begun);
    return std::move(report_);
  }

 private:
  Result<void> advance() {
    if (facts_.stage >= Stage::data && BGDB_TRY(slot_is_good())) {
      progress_.note("an earlier run copied the data; going on from there");
      report_.continued = true;
    } else if (auto copied = copy_everything(); !copied) {
      return fail(take_back(copied.error()));
    }
    const auto finished = finish();
    if (finished) return {};
    Error error = finished.error();
    return fail(error.with_hint(
        (error.hint.empty() ? "" : error.hint + "; then ") +
        "the data is complete: bgdb clone goes on from here; bgdb clone --abort takes it back. Until then "
        "the slot keeps WAL on blue"));
  }

  // Everything up to the fact "data". Its failure is taken back as a whole.
  Result<void> copy_everything() {
    if (facts_.stage != Stage::none) {
      progress_.note(
          "an earlier run was interrupted before its data was complete: its copy is removed and the clone begins anew");
      BGDB_TRY(undo_blue(blue_, options_.slot));
      BGDB_TRY(undo_green(green_, options_.slot));
      facts_ = {};
    }
    progress_.stage("preflight");
    auto checked = BGDB_TRY(check(blue_, green_, options_.takes_part));
    if (BGDB_TRY(replication::find_slot(blue_, options_.slot))) {
      return fail(ErrorCode::refused,
                  fmt::format("blue already has a slot {}, and green knows of no clone", options_.slot),
                  "another green may be using it; if not: bgdb clone --abort");
    }
    for (const auto& note : checked.notes) progress_.note(note);
    const std::string pg_dump =
        options_.pg_dump.empty() ? BGDB_TRY(find_pg_dump(checked.blue.version)) : options_.pg_dump;
    report_.left_out = checked.plan.left_out();
    BGDB_CHECK(begin(checked));
    auto stream = BGDB_TRY(create_slot(checked.plan));  // holds the snapshot until the data is there
    BGDB_CHECK(copy_schema(checked.plan, pg_dump));
    progress_.stage("data");
    report_.tables = BGDB_TRY(copy_tables({.blue_dsn = options_.blue_dsn,
                                           .green_dsn = options_.green_dsn,
                                           .snapshot = snapshot_,
                                           .encoding = checked.blue.encoding,
                                           .workers = options_.workers},
                                          checked.plan.copied(), progress_));
    std::sort(report_.tables.begin(), report_.tables.end(),
              [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    for (const auto& table : report_.tables) {
      facts_.rows += table.rows;
      facts_.bytes += table.bytes;
    }
    facts_.stage = Stage::data;
    return write_facts(green_, facts_);
  }

  // The intent is a fact before anything exists that would have to be taken back.
  Result<void> begin(const Preflight& checked) {
    BGDB_CHECK(journal::install_state(green_));
    BGDB_CHECK(journal::install_state(blue_));
    facts_.stage = Stage::started;
    facts_.slot = options_.slot;
    facts_.source_system = checked.blue.system_identifier;
    return write_facts(green_, facts_);
  }

  Result<pg::ReplicationStream> create_slot(const Plan& plan) {
    progress_.stage("slot");
    BGDB_CHECK(replication::drop_publication(blue_, options_.slot));
    BGDB_CHECK(replication::create_publication(blue_, options_.slot, plan.published()));
    const auto busy = BGDB_TRY(blue_.scalar(
        "select count(*) from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"));
    if (busy != "0") progress_.note(fmt::format("waiting for {} running transactions on blue to end", busy));
    auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = options_.blue_dsn, .application_name = kApplication}));
    const auto created = BGDB_TRY(stream.create_slot(options_.slot, true));
    snapshot_ = created.snapshot_name;
    facts_.consistent_point = created.consistent_point;
    return stream;
  }

  // Types, functions, empty tables, their guards and the list of all that: one transaction, so green is never open to
  // writes.
  Result<void> copy_schema(const Plan& plan, const std::string& pg_dump) {
    progress_.stage("schema");
    const SchemaText text = BGDB_TRY(dump_schema(pg_dump, options_.blue_dsn, snapshot_));
    auto loader = BGDB_TRY(open(options_.green_dsn, "green"));  // the dump changes settings of its session
    const std::string before = BGDB_TRY(loader.scalar(core::sql_text("clone/list_oids.sql")));
    for (const auto& name : plan.guarded()) facts_.guarded.push_back(name.sql());
    for (const auto& name : plan.published()) facts_.analyze.push_back(name.sql());
    auto transaction = BGDB_TRY(pg::Transaction::begin(loader));
    auto loaded = loader.script(text.pre_data);
    if (!loaded) return fail(loaded.error().with_context("green does not take blue's schema"));
    const auto rows = BGDB_TRY(loader.query(core::sql_text("clone/list_created.sql"), {before}));
    std::vector<CreatedObject> created;
    for (size_t i = 0; i < rows.size(); ++i) created.push_back({rows.text(i, "type"), rows.text(i, "identity")});
    BGDB_CHECK(guard(loader));
    BGDB_CHECK(
        loader.execute("insert into bgdb.side (role, epoch, by) values ('standby', 0, 'bgdb clone') "
                       "on conflict (only_row) do update set role = 'standby', since = now(), by = excluded.by"));
    facts_.stage = Stage::schema;
    BGDB_CHECK(write_facts(loader, facts_));
    BGDB_CHECK(write_created(loader, created));
    BGDB_CHECK(write_post_data(loader, text.post_data));
    return transaction.commit();
  }

  Result<void> guard(pg::Session& session) {
    for (const auto& table : facts_.guarded) {
      BGDB_CHECK(
          session.execute(fmt::format("create trigger bgdb_guard before insert or update or delete or truncate on {} "
                                      "for each statement execute function bgdb.refuse_write()",
                                      table)));
    }
    return {};
  }

  // The slot of an earlier run: still there, and of the same server?
  Result<bool> slot_is_good() {
    const Server server = BGDB_TRY(read_server(blue_));
    const auto slot = BGDB_TRY(replication::find_slot(blue_, options_.slot));
    return slot && slot->wal_status != "lost" && server.system_identifier == facts_.source_system;
  }

  Result<void> finish() {
    if (facts_.stage == Stage::data) BGDB_CHECK(build_indexes());
    progress_.stage("sequences");
    BGDB_CHECK(set_sequences());
    progress_.stage("statistics");
    for (const auto& table : facts_.analyze) {
      if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
      BGDB_CHECK(green_.execute("analyze " + table));
    }
    progress_.stage("link");
    BGDB_CHECK(replication::create_origin(green_, options_.slot));
    BGDB_CHECK(replication::advance_origin(green_, options_.slot, facts_.consistent_point));
    BGDB_CHECK(blue_.execute(
        "insert into bgdb.side (role, epoch, by) values ('active', 1, 'bgdb clone') on conflict do nothing"));
    auto transaction = BGDB_TRY(pg::Transaction::begin(green_));
    BGDB_CHECK(green_.execute(core::sql_text("clone/write_link.sql"),
                              {"forward", options_.slot, facts_.source_system, facts_.consistent_point.to_string()}));
    facts_.stage = Stage::done;
    BGDB_CHECK(write_facts(green_, facts_));
    BGDB_CHECK(green_.execute("delete from bgdb.fact where key = 'clone.post_data'"));
    return transaction.commit();
  }

  Result<void> build_indexes() {
    progress_.stage("indexes and constraints");
    const std::string sql = BGDB_TRY(read_post_data(green_));
    auto builder = BGDB_TRY(open(options_.green_dsn, "green"));
    auto transaction = BGDB_TRY(pg::Transaction::begin(builder));
    auto built = builder.script(sql);
    if (!built) return fail(built.error().with_context("building indexes and constraints on green"));
    facts_.stage = Stage::indexes;
    BGDB_CHECK(write_facts(builder, facts_));
    return transaction.commit();
  }

  Result<void> set_sequences() {
    const auto names = BGDB_TRY(blue_.query(core::sql_text("clone/list_sequences.sql")));
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names.text(i, 0);
      const auto value = BGDB_TRY(blue_.query("select last_value, is_called from " + name));
      if (BGDB_TRY(green_.scalar("select to_regclass($1) is null", {name})) == "t")
        continue;  // came after the snapshot
      BGDB_CHECK(green_.execute("select setval($1::regclass, $2::bigint, $3::boolean)",
                                {name, value.at(0, "last_value"), value.at(0, "is_called")}));
      ++report_.sequences;
    }
    return {};
  }

  // After a failure before the data was complete: nothing half done stays.
  Error take_back(Error error) {
    if (facts_.stage == Stage::none) return error;  // nothing was changed
    progress_.note("taking back what was done");
    auto fresh_blue = open(options_.blue_dsn, "blue");
    auto fresh_green = open(options_.green_dsn, "green");
    const auto blue = fresh_blue ? undo_blue(*fresh_blue, options_.slot) : fail(fresh_blue.error());
    const auto green = fresh_green ? undo_green(*fresh_green, options_.slot) : fail(fresh_green.error());
    if (core::interrupted()) error.code = ErrorCode::interrupted;  // a cancelled statement says 57014
    std::string left;
    if (!blue)
      left += fmt::format("; slot {} may still hold back WAL on blue ({})", options_.slot, blue.error().message);
    if (!green) left += fmt::format("; green still holds a part of the copy ({})", green.error().message);
    if (left.empty()) {
      error.message += "; the clone was taken back: green is empty again, blue has no slot";
    } else {
      error.message += left;
      error.hint += fmt::format("{}bgdb clone --abort removes what is left, and so does the next bgdb clone",
                                error.hint.empty() ? "" : "; ");
    }
    return error;
  }

  const CloneOptions& options_;
  core::Progress& progress_;
  pg::Session blue_;
  pg::Session green_;
  Facts facts_;
  CloneReport report_;
  std::string snapshot_;
};

}  // namespace

Result<CloneReport> run_clone(const CloneOptions& options, core::Progress& progress) {
  auto blue = BGDB_TRY(open(options.blue_dsn, "blue"));
  auto green = BGDB_TRY(open(options.green_dsn, "green"));
  BGDB_CHECK(lock_operators(blue, green));
  return Run(options, progress, std::move(blue), std::move(green)).run();
}

Result<AbortReport> abort_clone(const CloneOptions& options, bool also_complete) {
  auto blue = BGDB_TRY(open(options.blue_dsn, "blue"));
  auto green = BGDB_TRY(open(options.green_dsn, "green"));
  BGDB_CHECK(lock_operators(blue, green));
  const Facts facts = BGDB_TRY(read_facts(green));
  const auto side = BGDB_TRY(journal::read_side(green));
  if (side && side->role != journal::Role::standby) {
    return fail(
        ErrorCode::refused,
        fmt::format("green is the {} side: its data is not a copy to be thrown away", journal::to_string(side->role)),
        "bgdb status shows who serves");
  }
  if (facts.stage == Stage::done && !also_complete) {
    return fail(ErrorCode::refused, "the clone is complete",
                "bgdb clone --abort --complete removes green's copy all the same");
  }
  AbortReport report;
  report.done = BGDB_TRY(undo_blue(blue, options.slot));
  const auto on_green = BGDB_TRY(undo_green(green, options.slot));
  report.done.insert(report.done.end(), on_green.begin(), on_green.end());
  report.nothing_to_do = report.done.empty() && facts.stage == Stage::none;
  return report;
}

}  // namespace bgdb::clone
