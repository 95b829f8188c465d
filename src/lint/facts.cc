#include "lint/facts.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace bgdb::lint {

const std::vector<KnownFact>& known_facts() {
  using enum FactType;
  static const std::vector<KnownFact> kFacts = {
      // the statement and its action
      {"statement", text, "kind of the statement: AlterTable, CreateIndex, Update ..."},
      {"action", text, "what this part of the statement does: drop-column, create-index ..."},
      {"object", text, "the object it is about, for messages"},
      {"name", text, "the object's own name"},
      {"new_name", text, "the name after a rename, or the new schema, owner or label"},
      {"inside", text, "\"do\" or \"function\" when it was found inside code, else empty"},
      {"pg_version", number, "major version of the server"},
      {"in_transaction", flag, "runs inside a transaction block"},
      {"must_be_outside_transaction", flag, "PostgreSQL refuses it inside a transaction block"},
      {"dynamic_sql", flag, "executes SQL text that only the server will know"},
      {"if_exists", flag, "IF EXISTS is written"},
      {"if_not_exists", flag, "IF NOT EXISTS is written"},
      {"cascade", flag, "CASCADE is written"},
      {"concurrently", flag, "CONCURRENTLY is written"},
      {"recreated", flag, "dropped and created again in one transaction"},
      // the table
      {"table", text, "schema.table, empty when no relation is named"},
      {"table.born", flag, "created in this release, or temporary"},
      {"table.known", flag, "the replayed schema holds it"},
      {"table.temporary", flag, "a temporary table"},
      {"table.partitioned", flag, "a partitioned parent"},
      {"table.is_partition", flag, "a partition"},
      {"table.has_key", flag, "has a primary key or another replica identity"},
      {"table.kind", text, "table, view, materialized-view, foreign-table"},
      // columns and constraints
      {"column", text, "the column"},
      {"columns", list, "the columns of an index, constraint or assignment"},
      {"columns.count", number, "how many"},
      {"column.born", flag, "created in this release"},
      {"column.known", flag, "the replayed schema holds it"},
      {"type", text, "the (new) type"},
      {"old_type", text, "the type before"},
      {"types", list, "the types of all columns that the statement declares, as name type"},
      {"type.guessed", flag, "the old type is unknown"},
      {"not_null", flag, "NOT NULL is written"},
      {"has_default", flag, "the column has a default"},
      {"default", text, "the default expression"},
      {"default.volatile", flag, "the default calls a volatile function"},
      {"default.guessed", flag, "the default calls a function of unknown volatility"},
      {"serial", flag, "a serial type"},
      {"identity", flag, "an identity column"},
      {"generated", flag, "a stored generated column"},
      {"inline_check", flag, "a CHECK is written at the column"},
      {"inline_unique", flag, "UNIQUE or PRIMARY KEY is written at the column"},
      {"inline_reference", flag, "REFERENCES is written at the column"},
      {"constraint", text, "the constraint's name"},
      {"constraint.kind", text, "not-null, check, unique, primary-key, foreign-key, exclude"},
      {"referenced", text, "the referenced table of a foreign key"},
      {"not_valid", flag, "NOT VALID is written"},
      {"using_index", flag, "USING INDEX is written"},
      {"valid_check", flag, "a valid CHECK proves that the column is not null"},
      {"index", text, "the index"},
      {"method", text, "the index method"},
      {"unique", flag, "a unique index"},
      {"supporting_index", flag, "an index begins with the foreign key's columns"},
      {"same_transaction", flag, "the constraint or value was added in this very transaction"},
      {"why", text, "the reason that the judgement found"},
      // rows
      {"where", flag, "has a WHERE that restricts"},
      {"batched", flag, "restricted to a batch"},
      {"overwrites", flag, "assigns released columns that may hold values"},
      // effects, released objects only
      {"lock", text,
       "the strongest lock that blocks writers: ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock"},
      {"locked", list, "the relations under it"},
      {"others_locked", list, "relations under a blocking lock that the statement does not name first"},
      {"rewrites", list, "relations that are rewritten"},
      {"scans", list, "relations that are read as a whole"},
      {"index_builds", list, "relations on which an index is built"},
      {"breaks", list, "kinds of breakage"},
      {"broken", list, "objects that the old version loses"},
      {"narrows", list, "kinds of narrowing"},
      {"widens", list, "kinds of widening"},
      {"loses", list, "kinds of loss"},
      {"lost", list, "objects that lose data"},
      {"irreversible", list, "kinds of irreversible change"},
      {"fails", list, "why the statement fails when it is run"},
      {"unknown", list, "what could not be judged"},
      {"replication", text, "ok, needs-mapping, stops, silent-damage, unknown"},
      {"replication.reason", text, "why"},
      {"held_locks", list,
       "released tables that this transaction holds under ACCESS EXCLUSIVE, and did no long work under before"},
      // the file
      {"file.framework", text, "flyway, goose ..."},
      {"file.version", text, "the version of the file"},
      {"file.semver", text, "major, minor or patch when the version is a semantic one"},
      {"file.phase", text, "expand, backfill or contract when declared"},
      {"file.verdict", text, "the verdict of the file (only per: file)"},
      {"file.locks_tables", flag, "takes a lock that blocks writers on a released table (only per: file)"},
      {"file.sets_lock_timeout", flag, "sets lock_timeout (only per: file)"},
      {"error", text, "the parser's message"},
  };
  return kFacts;
}

const KnownFact* known_fact(std::string_view name) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, const KnownFact*> map;
    for (const auto& fact : known_facts()) map.emplace(fact.name, &fact);
    return map;
  }();
  const auto found = kByName.find(name);
  return found == kByName.end() ? nullptr : found->second;
}

FactValue& Facts::operator[](std::string_view name) {
  const auto* fact = known_fact(name);
  for (auto& [known, value] : entries_) {
    if (known == fact) return value;
  }
  if (entries_.empty()) entries_.reserve(24);
  return entries_.emplace_back(fact, FactValue{}).second;
}

void Facts::emplace(std::string_view name, FactValue value) {
  if (find(name) == nullptr) (*this)[name] = std::move(value);
}

const FactValue* Facts::find(const KnownFact& fact) const {
  for (const auto& [known, value] : entries_) {
    if (known == &fact) return &value;
  }
  return nullptr;
}

const FactValue* Facts::find(std::string_view name) const {
  const auto* fact = known_fact(name);
  return fact == nullptr ? nullptr : find(*fact);
}

const FactValue& fact_or_empty(const FactView& facts, const KnownFact& fact) {
  static const FactValue kFlag = false, kNumber = int64_t{0}, kText = std::string{}, kList = std::vector<std::string>{};
  if (const auto* found = facts.own.find(fact)) return *found;
  if (const auto* found = facts.shared == nullptr ? nullptr : facts.shared->find(fact)) return *found;
  switch (fact.type) {
    case FactType::flag:
      return kFlag;
    case FactType::number:
      return kNumber;
    case FactType::text:
      return kText;
    case FactType::list:
      return kList;
  }
  return kFlag;
}

std::string to_text(const FactValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return fmt::format("{}", fmt::join(std::get<std::vector<std::string>>(value), ", "));
}

}  // namespace bgdb::lint
