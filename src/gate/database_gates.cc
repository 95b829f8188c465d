// Gates over one database: slots, prepared and long transactions, guards, triggers.
#include <fmt/format.h>

#include "core/ident.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "gate/session_gate.h"
#include "gate/standard.h"
#include "introspect/firing.h"

namespace bgdb::gate {
namespace {

class Slot : public SessionGate {
 public:
  Slot(const Place& source, std::string slot)
      : SessionGate("slot " + source.name, source.name, source.dsn), slot_(std::move(slot)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows =
        BGDB_TRY(session.query("select coalesce(wal_status, 'unknown') as wal_status, active,"
                               " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint as retained"
                               " from pg_replication_slots where slot_name = $1 and database = current_database()",
                               {slot_}));
    decision.limit = "reserved or extended, in use";
    if (rows.empty()) {
      decision.value = "none";
      decision.reason = fmt::format("slot {} does not exist on {}: run \"bgdb sync\"", slot_, side());
      return {};
    }
    const auto& status = rows.text(0, "wal_status");
    const bool active = rows.boolean(0, "active");
    decision.value = fmt::format("{}, {} retained", status, core::format_bytes(rows.integer(0, "retained")));
    decision.pass = active && (status == "reserved" || status == "extended");
    decision.reason = decision.pass ? "the slot holds what the link needs"
                      : active      ? "the slot loses WAL that the link still needs: raise max_slot_wal_keep_size"
                      : status == "lost"
                          ? "its log was removed, changes are missing: \"bgdb sync\" says how to begin again"
                          : "nobody reads the slot: is \"bgdb sync\" running?";
    return {};
  }

 private:
  std::string slot_;
};

// A later COMMIT PREPARED on the source would be a lost write.
class Prepared : public SessionGate {
 public:
  explicit Prepared(const Place& source)
      : SessionGate("prepared transactions " + source.name, source.name, source.dsn) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows = BGDB_TRY(session.query(
        "select count(*) as open, coalesce(min(gid), '') as example from pg_prepared_xacts where database = "
        "current_database()"));
    const auto open = rows.integer(0, "open");
    decision.value = std::to_string(open);
    decision.limit = "0";
    decision.pass = open == 0;
    decision.reason = decision.pass ? "none is open"
                                    : fmt::format("commit or roll back prepared transaction {} on {}",
                                                  quote_literal(rows.text(0, "example")), side());
    return {};
  }
};

class LongTransaction : public SessionGate {
 public:
  LongTransaction(const Place& source, milliseconds max)
      : SessionGate("long transactions " + source.name, source.name, source.dsn), max_(max) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows =
        BGDB_TRY(session.query(core::sql_text("gate/list_long_transactions.sql"), {std::to_string(max_.count())}));
    const auto above = rows.integer(0, "above");
    decision.value = core::format_duration(milliseconds(std::max<int64_t>(0, rows.integer(0, "oldest_ms"))));
    decision.limit = core::format_duration(max_);
    decision.pass = above == 0;
    decision.reason = decision.pass ? "the pause will not wait long for a transaction"
                                    : fmt::format("{} open for longer; the oldest: {}", above, rows.text(0, "who"));
    return {};
  }

 private:
  milliseconds max_;
};

class Guards : public SessionGate {
 public:
  Guards(const Place& target, std::string publication)
      : SessionGate("guards " + target.name, target.name, target.dsn), publication_(std::move(publication)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_tables.sql"), {publication_}));
    size_t guarded = 0;
    std::string example;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool on = rows.at(i, "guard") && rows.text(i, "guard") != "D";
      if (on) ++guarded;
      if (!on && example.empty()) example = rows.text(i, "schema") + "." + rows.text(i, "name");
    }
    const bool passes = BGDB_TRY(session.scalar("select to_regclass('bgdb.serving') is not null")) == "t";
    decision.value = fmt::format("{} of {}", guarded, rows.size());
    decision.limit = "all tables";
    decision.pass = !rows.empty() && guarded == rows.size() && !passes;
    decision.reason = passes          ? fmt::format("the guards on {} let writes pass: it is the active side", side())
                      : decision.pass ? "clients cannot write there before the switch"
                      : rows.empty()  ? fmt::format("publication {} lists no table on {}", publication_, side())
                                      : fmt::format("{} on {} has no guard: run \"bgdb sync\" again", example, side());
    return {};
  }

 private:
  std::string publication_;
};

// `bgdb sync` refuses them; this one was enabled, or made, since.
class Triggers : public SessionGate {
 public:
  Triggers(const Place& place, std::string publication, std::vector<std::string> accepted)
      : SessionGate("triggers " + place.name, place.name, place.dsn),
        publication_(std::move(publication)),
        accepted_(std::move(accepted)) {}

 protected:
  Result<void> ask(pg::Session& session, Decision& decision) override {
    const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_tables.sql"), {publication_}));
    std::vector<QualifiedName> tables;
    for (size_t i = 0; i < rows.size(); ++i) tables.push_back({rows.text(i, "schema"), rows.text(i, "name")});
    const auto firing = BGDB_TRY(introspect::list_firing(session, tables, accepted_));
    decision.value = std::to_string(firing.size());
    decision.limit = "0";
    decision.pass = firing.empty();
    decision.reason = decision.pass ? "none acts on replicated rows"
                                    : fmt::format("{} acts on replicated rows, too: {}, then run \"bgdb verify\"",
                                                  firing[0].name, firing[0].cure);
    return {};
  }

 private:
  std::string publication_;
  std::vector<std::string> accepted_;
};

}  // namespace

std::unique_ptr<Gate> make_slot_gate(const Place& source, const std::string& slot) {
  return std::make_unique<Slot>(source, slot);
}
std::unique_ptr<Gate> make_prepared_gate(const Place& source) {
  return std::make_unique<Prepared>(source);
}
std::unique_ptr<Gate> make_long_transaction_gate(const Place& source, milliseconds max) {
  return std::make_unique<LongTransaction>(source, max);
}
std::unique_ptr<Gate> make_guards_gate(const Place& target, const std::string& publication) {
  return std::make_unique<Guards>(target, publication);
}
std::unique_ptr<Gate> make_triggers_gate(const Place& place, const std::string& publication,
                                         const std::vector<std::string>& accepted) {
  return std::make_unique<Triggers>(place, publication, accepted);
}

}  // namespace bgdb::gate
