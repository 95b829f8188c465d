// What a statement does, before anybody says something about it: locks, rewrites, scans, what the old version can no
// longer do, what data is gone, what replication makes of it. Pure: a function of the statement, the schema before it,
// and a Context. Rules (rules/*.yaml) decide what to say; verdict.h decides the class.
//
// breaks, narrows, widens, loses and irreversible speak only of *released* objects: what was born in the same release
// has no old reader. Locks, rewrites and scans carry `released`, because prove compares all of them with a real server.
// Kinds of actions and effects are plain words ("drop-column", "column-renamed"); docs/lint-json.md lists them.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ident.h"
#include "core/shared_list.h"
#include "lint/facts.h"
#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::lint {

class Release;

// In PostgreSQL's order of strength.
enum class LockMode {
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive
};
std::string_view to_string(LockMode mode);              // "AccessExclusiveLock"
LockMode lock_mode_from_string(std::string_view name);  // unknown text: access_exclusive
inline bool blocks_writes(LockMode mode) {
  return mode >= LockMode::share;
}
inline bool blocks_reads(LockMode mode) {
  return mode == LockMode::access_exclusive;
}

// A lock on an index or a sequence counts only when it is stronger than the one on its table.
enum class LockedKind { relation, index, sequence };

struct LockEffect {
  QualifiedName relation;
  LockMode mode = LockMode::access_exclusive;
  bool released = true;
  LockedKind kind = LockedKind::relation;
};

struct RelationEffect {
  QualifiedName relation;
  bool released = true;
};

// kind "column-renamed", object "public.customers.email".
struct Effect {
  std::string kind;
  std::string object;
  bool operator==(const Effect&) const = default;
};

// Ordered by harm; `unknown` stands apart.
enum class Replication { ok, needs_mapping, stops, silent_damage, unknown };
std::string_view to_string(Replication value);  // "needs-mapping"

struct ReplicationEffect {
  Replication kind = Replication::ok;
  std::string table;
  std::string reason;
};

// Lists share what was copied: the sum over one action holds its effects once.
struct EffectSet {
  core::SharedList<LockEffect> locks;
  core::SharedList<RelationEffect> rewrites;
  core::SharedList<RelationEffect> scans;
  core::SharedList<RelationEffect> index_builds;
  core::SharedList<Effect> breaks;        // the old version can no longer read or write it
  core::SharedList<Effect> narrows;       // writes that were legal now fail
  core::SharedList<Effect> widens;        // values that the old reader has never seen may come
  core::SharedList<Effect> loses;         // data that is gone afterwards
  core::SharedList<Effect> irreversible;  // no SQL undoes it
  core::SharedList<Effect> fails;         // the statement itself fails when it is run like this
  core::SharedList<ReplicationEffect> replication;
  core::SharedList<std::string> unknown;  // what could not be read or is assumed
};

// One thing that a statement does: a command of ALTER TABLE, an item of DROP, a statement inside a DO block.
struct Action {
  std::string kind;     // "drop-column"
  QualifiedName table;  // resolved; empty when it is about no relation
  parse::Span span;     // inside the file; the statement's own unless it comes from a DO block or a function body
  Facts facts;
  EffectSet effects;
  bool neutral = false;  // neither expand nor data nor contract: comments, settings, validation
  bool data = false;     // moves rows
};

struct Effects : EffectSet {  // the sum of the actions
  std::vector<Action> actions;
  bool must_be_outside_transaction = false;
  bool dynamic_sql = false;  // contains SQL text that only the server will know
  std::shared_ptr<const Facts>
      held_locks;  // the fact of this name, which statements of a transaction share; null: none
};

// What earlier statements of the same transaction left behind.
struct TransactionFacts {
  std::set<std::pair<std::string, QualifiedName>> enum_labels_added;  // label, its type
  std::set<std::pair<QualifiedName, std::string>> not_valid;          // constraints added NOT VALID: table, name
  std::set<std::pair<QualifiedName, std::string>> unseen_dropped;     // constraints that no file made: table, name
  std::set<QualifiedName> locked;                                     // released relations under ACCESS EXCLUSIVE
  std::set<QualifiedName> worked_under;     // those of them that long work was done under already
  std::shared_ptr<const Facts> held_locks;  // what the next statement is told of the two
  void note(const Effects& effects, const parse::Statement& statement, const schema::Catalog& before);
};

// Functions of triggers by what fired them: each is followed once for a statement.
using FiredSet = std::set<std::pair<QualifiedName, std::string>>;

struct Context {
  int server_version = 15;     // major
  bool in_transaction = true;  // the statement runs in a transaction block
  bool history = false;       // what the catalog does not hold most likely does not exist (earlier files were replayed)
  bool timezone_utc = false;  // SET timezone = 'UTC' is in force
  bool constraints_deferred = false;
  int call_depth = 0;                             // of functions that call functions
  const Release* release = nullptr;               // nullptr: everything is released
  const schema::Catalog* start = nullptr;         // the schema when the release began; nullptr: unknown
  const TransactionFacts* transaction = nullptr;  // nullptr: first statement
  FiredSet* fired = nullptr;                      // inside a trigger: what fired so far
};

// Sums the actions again, after somebody changed their effects.
void resum(Effects& effects);
// The facts that follow from the action's effects, once nobody changes them any more.
void derive_facts(Action& action);

// REQUIRES: nothing; a statement that was not parsed has one action "not-parsed".
Effects effects_of(const parse::Statement& statement, const schema::Catalog& before, const Context& context);

}  // namespace bgdb::lint
