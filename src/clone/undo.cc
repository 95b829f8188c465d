#include "clone/undo.h"

#include <fmt/format.h>

#include "clone/facts.h"
#include "clone/translated.h"
#include "core/ident.h"
#include "journal/state.h"
#include "replication/objects.h"

namespace bgdb::clone {

std::string leaf_publication(const std::string& slot) {
  return slot.substr(0, 56) + "_leaves";
}

Result<std::vector<std::string>> undo_blue(pg::Session& blue, const std::string& slot) {
  std::vector<std::string> done;
  if (BGDB_TRY(replication::find_slot(blue, slot))) {
    BGDB_CHECK(replication::drop_slot(blue, slot));
    done.push_back(fmt::format("dropped slot {} on blue", slot));
  }
  for (const auto& name : {slot, leaf_publication(slot)}) {
    const auto found = BGDB_TRY(blue.query("select 1 from pg_publication where pubname = $1", {name}));
    if (found.empty()) continue;
    BGDB_CHECK(replication::drop_publication(blue, name));
    done.push_back(fmt::format("dropped publication {} on blue", name));
  }
  return done;
}

Result<std::vector<std::string>> undo_reverse(pg::Session& blue, pg::Session& green) {
  if (!BGDB_TRY(journal::state_installed(blue))) return std::vector<std::string>();
  const auto rows = BGDB_TRY(blue.query("select slot from bgdb.link where name = 'reverse'"));
  if (rows.empty()) return std::vector<std::string>();
  const std::string& slot = rows.text(0, "slot");
  BGDB_CHECK(replication::drop_slot(green, slot));
  BGDB_CHECK(replication::drop_publication(green, slot));
  BGDB_CHECK(replication::drop_origin(blue, slot));
  BGDB_CHECK(blue.execute("delete from bgdb.link where name = 'reverse'"));
  return std::vector{fmt::format("dropped the way back, {}, on both sides", slot)};
}

Result<std::vector<std::string>> undo_green(pg::Session& green, const std::string& slot) {
  std::vector<std::string> done;
  if (!BGDB_TRY(journal::state_installed(green))) return done;
  const auto created = BGDB_TRY(read_created(green));
  const Facts facts = BGDB_TRY(read_facts(green));
  auto transaction = BGDB_TRY(pg::Transaction::begin(green));
  BGDB_CHECK(green.execute("set local lock_timeout = '10s'"));
  for (const auto& object : created) {
    BGDB_CHECK(green.execute(fmt::format("drop {} if exists {} cascade", object.type, object.identity)));
  }
  if (facts.translated) done = BGDB_TRY(give_back(green, facts.guarded));
  BGDB_CHECK(green.execute("delete from bgdb.link where name in ('forward', 'clone') and slot = $1", {slot}));
  BGDB_CHECK(green.execute("delete from bgdb.side where role = 'standby'"));
  BGDB_CHECK(forget(green));
  BGDB_CHECK(replication::drop_origin(green, slot));
  BGDB_CHECK(transaction.commit());
  if (!created.empty()) done.push_back(fmt::format("dropped {} copied objects on green", created.size()));
  return done;
}

}  // namespace bgdb::clone
