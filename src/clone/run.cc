#include "clone/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "clone/translated.h"
#include "clone/undo.h"
#include "core/clock.h"
#include "core/sql_file.h"
#include "introspect/introspect.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "replication/objects.h"
#include "replication/timeline.h"

namespace bgdb::clone {

Result<CloneReport> Run::run() {
  facts_ = BGDB_TRY(read_facts(green_));
  report_.slot = options_.slot;
  if (facts_.stage != Stage::none && facts_.slot != options_.slot) {
    return fail(ErrorCode::refused,
                fmt::format("green holds a clone for slot {}, this configuration names {}", facts_.slot, options_.slot),
                "correct `name` in bgdb.yml, or run bgdb clone --abort with the former name");
  }
  if (facts_.stage != Stage::none && facts_.translated != static_cast<bool>(options_.translation)) {
    return fail(ErrorCode::refused,
                facts_.translated ? "green holds a clone that was translated into a schema of its own"
                                  : "green holds a clone of blue's schema",
                facts_.translated ? "run it again with --translated, or take it back with bgdb clone --abort"
                                  : "run it again without --translated, or take it back with bgdb clone --abort");
  }
  report_.already_done = facts_.stage == Stage::done;
  if (report_.already_done) {
    BGDB_CHECK(check_complete());
  } else {
    if (!BGDB_TRY(can_go_on())) BGDB_CHECK(start_anew());
    BGDB_CHECK(go_on());
  }
  report_.consistent_point = facts_.consistent_point;
  report_.guarded = static_cast<int64_t>(facts_.guarded.size());
  report_.rows = facts_.rows;
  report_.bytes = facts_.bytes;
  return std::move(report_);
}

// The slot of an earlier run: still there, and of the same server?
static Result<bool> slot_is_good(pg::Session& blue, const Facts& facts) {
  const Server server = BGDB_TRY(read_server(blue));
  const auto slot = BGDB_TRY(replication::find_slot(blue, facts.slot));
  return slot && slot->wal_status != "lost" && server.system_identifier == facts.source_system;
}

Result<void> Run::check_complete() {
  if (BGDB_TRY(slot_is_good(blue_, facts_))) return {};
  if (const auto side = BGDB_TRY(journal::read_side(green_)); side && side->role != journal::Role::standby) {
    return fail(
        ErrorCode::refused,
        fmt::format("green holds the clone of an earlier release and is its {} side", journal::to_string(side->role)),
        "name an empty database as green in bgdb.yml (createdb), then clone again; bgdb status shows who "
        "serves");
  }
  return fail(
      ErrorCode::refused,
      fmt::format("the clone is complete, but its slot {} is gone from blue: what blue wrote since is not in it",
                  options_.slot),
      "bgdb clone --abort --complete removes green's copy; then clone again");
}

// Says why not, when there was something.
Result<bool> Run::can_go_on() {
  if (facts_.stage == Stage::none) return false;
  const auto anew = [&](std::string_view why) {
    progress_.note(
        fmt::format("an earlier run was interrupted, and {}: its copy is removed, the clone begins anew", why));
    return false;
  };
  if (facts_.stage == Stage::started) return anew("its schema was not complete");
  if (!BGDB_TRY(slot_is_good(blue_, facts_))) return anew("its slot on blue is lost");
  if (!BGDB_TRY(blue_has_all_copied())) return anew("blue has lost rows that it holds");
  if (facts_.stage == Stage::schema) {
    progress_.stage("snapshot");
    snapshot_ = BGDB_TRY(take_snapshot(options_.blue_dsn));
    BGDB_CHECK(read_blue_in_snapshot());
    if (schema_ != facts_.schema) return anew("the schema has changed since");
    if (BGDB_TRY(replication::published_tables(blue_, options_.slot)) != plan_.published()) {
      return anew("other tables take part now");
    }
  }
  progress_.note("going on from where an earlier run was interrupted");
  report_.continued = true;
  BGDB_CHECK(note_in_journal("continue"));
  return true;
}

// A standby of blue that was promoted may be behind what was copied.
Result<bool> Run::blue_has_all_copied() {
  Lsn last = facts_.consistent_point;
  for (const auto& table : BGDB_TRY(read_copied(green_))) last = std::max(last, table.as_of);
  auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = options_.blue_dsn, .application_name = kApplication}));
  const auto system = BGDB_TRY(stream.identify_system());
  const auto checked = replication::check_timeline(green_, options_.slot, stream, system, last);
  if (!checked && checked.error().code != ErrorCode::refused) return checked.error();
  return checked.has_value();
}

Result<void> Run::start_anew() {
  snapshot_.reset();
  if (facts_.stage != Stage::none) {
    BGDB_TRY(undo_blue(blue_, options_.slot));
    BGDB_TRY(undo_green(green_, options_.slot));
    facts_ = {};
  }
  if (auto copied = copy_schema_first(); !copied) return fail(take_back(copied.error()));
  return {};
}

Result<Preflight> Run::check_both() {
  progress_.stage("preflight");
  auto checked = BGDB_TRY(check(blue_, green_, options_));
  if (BGDB_TRY(replication::find_slot(blue_, options_.slot))) {
    return fail(ErrorCode::refused,
                fmt::format("blue already has a slot {}, and green knows of no clone", options_.slot),
                "another green may be using it; if not: bgdb clone --abort");
  }
  for (const Finding& finding : checked.findings) {
    if (finding.state == FindingState::warn) progress_.note(finding.found);
  }
  return checked;
}

// Everything up to the fact "schema". Its failure is taken back as a whole.
Result<void> Run::copy_schema_first() {
  const Preflight checked = BGDB_TRY(check_both());
  std::string pg_dump = options_.pg_dump;
  if (pg_dump.empty() && !options_.translation) pg_dump = BGDB_TRY(find_pg_dump(checked.blue.version));
  BGDB_CHECK(begin(checked));
  BGDB_CHECK(create_slot(checked.plan));
  // pg_dump and we read the catalog side by side: with thousands of tables that is most of the time.
  std::future<Result<SchemaDump>> dump;
  if (!options_.translation) {
    dump = std::async(std::launch::async, [pg_dump, dsn = options_.blue_dsn, snapshot = snapshot_->name] {
      return dump_schema(pg_dump, dsn, snapshot);
    });
  }
  BGDB_CHECK(read_blue_in_snapshot());
  if (plan_.published() != checked.plan.published()) {
    return fail(ErrorCode::refused, "tables were created or dropped on blue while the clone began",
                "run bgdb clone again");
  }
  facts_.schema = schema_;
  if (options_.translation) return take_over_schema();
  progress_.stage("schema");
  return copy_schema(BGDB_TRY(dump.get()));
}

// The intent is a fact before anything exists that would have to be taken back.
Result<void> Run::begin(const Preflight& checked) {
  BGDB_CHECK(journal::install_state(green_));
  BGDB_CHECK(journal::install_state(blue_));
  facts_.slot = options_.slot;
  facts_.translated = static_cast<bool>(options_.translation);
  facts_.source_system = checked.blue.system_identifier;
  BGDB_CHECK(reach(Stage::started));
  return note_in_journal("begin");
}

Result<void> Run::create_slot(const Plan& plan) {
  progress_.stage("slot");
  BGDB_CHECK(replication::drop_publication(blue_, options_.slot));
  BGDB_CHECK(replication::drop_publication(blue_, leaf_publication(options_.slot)));
  BGDB_CHECK(replication::create_publication(blue_, options_.slot, plan.published()));
  BGDB_CHECK(blue_.execute(core::sql_text("replication/write_publication_fact.sql"), {options_.slot}));
  // For a clone that is continued: partitions are copied one by one, so their rows must say which of them they are in.
  // Publications are read as of the change, so it has to be there before the first one.
  if (plan.partitioned()) {
    BGDB_CHECK(replication::create_publication(blue_, leaf_publication(options_.slot), plan.published(),
                                               replication::PublishAs::leaves));
  }
  const auto busy = BGDB_TRY(
      blue_.scalar("select count(*) from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"));
  if (busy != "0") progress_.note(fmt::format("waiting for {} running transactions on blue to end", busy));
  auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = options_.blue_dsn, .application_name = kApplication}));
  BGDB_CHECK(replication::note_timeline(green_, options_.slot, BGDB_TRY(stream.identify_system())));
  const auto created = BGDB_TRY(stream.create_slot(options_.slot, true));
  facts_.consistent_point = created.consistent_point;
  snapshot_ = Snapshot{std::move(stream), created.snapshot_name, created.consistent_point};
  return {};
}

Result<void> Run::read_blue_in_snapshot() {
  auto blue = BGDB_TRY(open_in(*snapshot_, options_.blue_dsn));
  schema_ = BGDB_TRY(introspect::schema_fingerprint(blue));
  // A translation depends on both.
  if (options_.translation) schema_ += " " + BGDB_TRY(introspect::schema_fingerprint(green_));
  plan_ = BGDB_TRY(read_plan(blue, options_.takes_part));
  encoding_ = BGDB_TRY(read_server(blue)).encoding;
  report_.left_out = plan_.left_out();
  BGDB_CHECK(blue.rollback());
  return read_mapping();
}

Result<void> Run::read_mapping() {
  if (options_.translation) mapping_ = by_leaves(BGDB_TRY(options_.translation(blue_, green_)), plan_);
  return {};
}

// Green's own tables, empty and guarded from here on.
Result<void> Run::take_over_schema() {
  progress_.stage("guards");
  const auto tables = BGDB_TRY(tables_of_target(green_, *mapping_));
  for (const auto& table : tables) facts_.guarded.push_back(table.sql());
  facts_.analyze = facts_.guarded;
  auto session = BGDB_TRY(open_side(options_.green_dsn, "green"));
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  BGDB_CHECK(guard(session));  // its lock waits for whoever writes, and then shows what was written
  if (const auto full = BGDB_TRY(filled(session, tables)); !full.empty()) {
    return fail(ErrorCode::refused, fmt::format("{} on green was written to meanwhile", full[0].display()),
                "nobody may write to green before the clone; truncate it and clone again");
  }
  BGDB_CHECK(stand_by(session));
  return commit_at(std::move(transaction), session, Stage::schema);
}

Result<void> Run::stand_by(pg::Session& session) {
  return session.execute(
      "insert into bgdb.side (role, epoch, by) values ('standby', 0, 'bgdb clone') "
      "on conflict (only_row) do update set role = 'standby', since = now(), by = excluded.by");
}

// Types, functions, empty tables, their guards and the list of all that: one transaction, so green is never open to
// writes.
Result<void> Run::copy_schema(const SchemaDump& dump) {
  auto loader = BGDB_TRY(open_side(options_.green_dsn, "green"));  // the dump changes settings of its session
  const std::string before = BGDB_TRY(loader.scalar(core::sql_text("clone/list_oids.sql")));
  for (const auto& name : plan_.guarded()) facts_.guarded.push_back(name.sql());
  for (const auto& name : plan_.published()) facts_.analyze.push_back(name.sql());
  auto transaction = BGDB_TRY(pg::Transaction::begin(loader));
  auto loaded = loader.script(dump.pre_data);
  if (!loaded) return fail(loaded.error().with_context("green does not take blue's schema"));
  const auto rows = BGDB_TRY(loader.query(core::sql_text("clone/list_created.sql"), {before}));
  std::vector<CreatedObject> created;
  for (size_t i = 0; i < rows.size(); ++i) created.push_back({rows.text(i, "type"), rows.text(i, "identity")});
  BGDB_CHECK(guard(loader));
  BGDB_CHECK(stand_by(loader));
  BGDB_CHECK(write_created(loader, created));
  BGDB_CHECK(write_post_data(loader, dump.post_data));
  return commit_at(std::move(transaction), loader, Stage::schema);
}

Result<void> Run::guard(pg::Session& session) {
  std::string all;
  for (const auto& table : facts_.guarded) {
    all += fmt::format(
        "create trigger bgdb_guard before insert or update or delete or truncate on {} "
        "for each statement execute function bgdb.refuse_write();",
        table);
  }
  if (!all.empty()) BGDB_TRY(session.script(all));
  return {};
}

Result<void> Run::reach(Stage stage) {
  Facts facts = facts_;
  facts.stage = stage;
  BGDB_CHECK(write_facts(green_, facts));
  facts_ = std::move(facts);
  return {};
}

// The audit trail of the side that serves.
Result<void> Run::note_in_journal(const std::string& step) {
  const nlohmann::json detail = {{"slot", options_.slot},
                                 {"green", green_.host_display()},
                                 {"stage", std::string(to_string(facts_.stage))},
                                 {"rows", facts_.rows},
                                 {"bytes", facts_.bytes},
                                 {"consistent_point", facts_.consistent_point.to_string()}};
  BGDB_TRY(journal::append(blue_, {.command = "clone", .step = step, .detail = detail.dump()}));
  return {};
}

// The stage becomes a fact with what the transaction did.
Result<void> Run::commit_at(pg::Transaction transaction, pg::Session& session, Stage stage) {
  Facts facts = facts_;
  facts.stage = stage;
  BGDB_CHECK(write_facts(session, facts));
  BGDB_CHECK(transaction.commit());
  facts_ = std::move(facts);
  return {};
}

// After a failure before the schema was complete: nothing half done stays.
Error Run::take_back(Error error) {
  if (facts_.stage == Stage::none) return error;  // nothing was changed
  progress_.note("taking back what was done");
  snapshot_.reset();
  auto fresh_blue = open_side(options_.blue_dsn, "blue");
  auto fresh_green = open_side(options_.green_dsn, "green");
  const auto blue = fresh_blue ? undo_blue(*fresh_blue, options_.slot) : fail(fresh_blue.error());
  const auto green = fresh_green ? undo_green(*fresh_green, options_.slot) : fail(fresh_green.error());
  std::string left;
  if (!blue) {
    left += fmt::format("; slot {} may still hold back WAL on blue ({})", options_.slot, blue.error().message);
  }
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

}  // namespace bgdb::clone
