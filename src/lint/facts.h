// What rules may ask about: a flat table of named facts of one action (a part of a statement), of its statement, its
// table and its file. A fact is a bool, a number, a text or a list of texts. The table of known facts is the contract
// with rule files: a name that is not in it is an error when a rule is loaded, never a condition that is silently
// false; in code it does not compile.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bgdb::lint {

using FactValue = std::variant<bool, int64_t, std::string, std::vector<std::string>>;
enum class FactType { flag, number, text, list };

struct KnownFact {
  std::string_view name;
  FactType type;
  std::string_view meaning;
};

inline constexpr auto kKnownFacts = std::to_array<KnownFact>({
    // the statement and its action
    {"statement", FactType::text, "kind of the statement: AlterTable, CreateIndex, Update ..."},
    {"action", FactType::text, "what this part of the statement does: drop-column, create-index ..."},
    {"object", FactType::text, "the object it is about, for messages"},
    {"name", FactType::text, "the object's own name"},
    {"new_name", FactType::text, "the name after a rename, or the new schema, owner or label"},
    {"inside", FactType::text, "\"do\" or \"function\" when it was found inside code, else empty"},
    {"pg_version", FactType::number, "major version of the server"},
    {"in_transaction", FactType::flag, "runs inside a transaction block"},
    {"must_be_outside_transaction", FactType::flag, "PostgreSQL refuses it inside a transaction block"},
    {"dynamic_sql", FactType::flag, "executes SQL text that only the server will know"},
    {"if_exists", FactType::flag, "IF EXISTS is written"},
    {"if_not_exists", FactType::flag, "IF NOT EXISTS is written"},
    {"cascade", FactType::flag, "CASCADE is written"},
    {"concurrently", FactType::flag, "CONCURRENTLY is written"},
    {"recreated", FactType::flag, "dropped and created again in one transaction"},
    // the table
    {"table", FactType::text, "schema.table, empty when no relation is named"},
    {"table.born", FactType::flag, "created in this release, or temporary"},
    {"table.known", FactType::flag, "the replayed schema holds it"},
    {"table.temporary", FactType::flag, "a temporary table"},
    {"table.partitioned", FactType::flag, "a partitioned parent"},
    {"table.is_partition", FactType::flag, "a partition"},
    {"table.has_key", FactType::flag, "has a primary key or another replica identity"},
    {"table.kind", FactType::text, "table, view, materialized-view, foreign-table"},
    // columns and constraints
    {"column", FactType::text, "the column"},
    {"columns", FactType::list, "the columns of an index, constraint or assignment"},
    {"columns.count", FactType::number, "how many"},
    {"column.born", FactType::flag, "created in this release"},
    {"column.known", FactType::flag, "the replayed schema holds it"},
    {"type", FactType::text, "the (new) type"},
    {"old_type", FactType::text, "the type before"},
    {"types", FactType::list, "the types of all columns that the statement declares, as name type"},
    {"type.guessed", FactType::flag, "the old type is unknown"},
    {"not_null", FactType::flag, "NOT NULL is written"},
    {"has_default", FactType::flag, "the column has a default"},
    {"default", FactType::text, "the default expression"},
    {"default.volatile", FactType::flag, "the default calls a volatile function"},
    {"default.guessed", FactType::flag, "the default calls a function of unknown volatility"},
    {"serial", FactType::flag, "a serial type"},
    {"identity", FactType::flag, "an identity column"},
    {"generated", FactType::flag, "a stored generated column"},
    {"inline_check", FactType::flag, "a CHECK is written at the column"},
    {"inline_unique", FactType::flag, "UNIQUE or PRIMARY KEY is written at the column"},
    {"inline_reference", FactType::flag, "REFERENCES is written at the column"},
    {"constraint", FactType::text, "the constraint's name"},
    {"constraint.kind", FactType::text, "not-null, check, unique, primary-key, foreign-key, exclude"},
    {"referenced", FactType::text, "the referenced table of a foreign key"},
    {"not_valid", FactType::flag, "NOT VALID is written"},
    {"using_index", FactType::flag, "USING INDEX is written"},
    {"valid_check", FactType::flag, "a valid CHECK proves that the column is not null"},
    {"index", FactType::text, "the index"},
    {"method", FactType::text, "the index method"},
    {"unique", FactType::flag, "a unique index"},
    {"supporting_index", FactType::flag, "an index begins with the foreign key's columns"},
    {"same_transaction", FactType::flag, "the constraint or value was added in this very transaction"},
    {"why", FactType::text, "the reason that the judgement found"},
    // rows
    {"where", FactType::flag, "has a WHERE that restricts"},
    {"batched", FactType::flag, "restricted to a batch"},
    {"overwrites", FactType::flag, "assigns released columns that may hold values"},
    // effects, released objects only
    {"lock", FactType::text,
     "the strongest lock that blocks writers: ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock"},
    {"locked", FactType::list, "the relations under it"},
    {"others_locked", FactType::list, "relations under a blocking lock that the statement does not name first"},
    {"rewrites", FactType::list, "relations that are rewritten"},
    {"scans", FactType::list, "relations that are read as a whole"},
    {"index_builds", FactType::list, "relations on which an index is built"},
    {"breaks", FactType::list, "kinds of breakage"},
    {"broken", FactType::list, "objects that the old version loses"},
    {"narrows", FactType::list, "kinds of narrowing"},
    {"widens", FactType::list, "kinds of widening"},
    {"loses", FactType::list, "kinds of loss"},
    {"lost", FactType::list, "objects that lose data"},
    {"irreversible", FactType::list, "kinds of irreversible change"},
    {"fails", FactType::list, "why the statement fails when it is run"},
    {"failure", FactType::list, "the same as sentences that name the object"},
    {"unknown", FactType::list, "what could not be judged"},
    {"replication", FactType::text, "ok, needs-mapping, stops, silent-damage, unknown"},
    {"replication.reason", FactType::text, "why"},
    {"held_locks", FactType::list,
     "released tables that this transaction holds under ACCESS EXCLUSIVE, and did no long work under before"},
    // the file
    {"file.framework", FactType::text, "flyway, goose ..."},
    {"file.version", FactType::text, "the version of the file"},
    {"file.semver", FactType::text, "major, minor or patch when the version is a semantic one"},
    {"file.phase", FactType::text, "expand, backfill or contract when declared"},
    {"file.verdict", FactType::text, "the verdict of the file (only per: file)"},
    {"file.locks_tables", FactType::flag, "takes a lock that blocks writers on a released table (only per: file)"},
    {"file.sets_lock_timeout", FactType::flag, "sets lock_timeout (only per: file)"},
    {"error", FactType::text, "the parser's message"},
});

// The place of a name in the table; its size when no fact has the name.
constexpr size_t fact_place(std::string_view name) {
  size_t at = 0;
  while (at < kKnownFacts.size() && kKnownFacts[at].name != name) ++at;
  return at;
}
const KnownFact* known_fact(std::string_view name);

// A known fact's name in code, looked up by the compiler.
class FactName {
 public:
  consteval FactName(const char* name) : place_(fact_place(name)) {  // NOLINT(google-explicit-constructor)
    if (place_ == kKnownFacts.size()) throw "no fact has this name";
  }
  FactName(const KnownFact& fact)  // NOLINT(google-explicit-constructor)
      : place_(static_cast<size_t>(&fact - kKnownFacts.data())) {}
  constexpr size_t place() const { return place_; }

 private:
  size_t place_;
};

using FactSet = std::bitset<kKnownFacts.size()>;

// The facts that were set. Most actions have few, so that a list with a mask of what is in it beats any tree. A fact
// that is false, 0 or empty is the same as one that was not set, and is not kept; a flag is in the mask alone.
class Facts {
 public:
  // facts["table"] = value
  class Slot {
   public:
    template <class Value>
    void operator=(Value&& value) && {  // NOLINT: assigns the fact, not the slot
      using Plain = std::decay_t<Value>;
      if constexpr (std::is_same_v<Plain, bool>) {
        facts_.set_[name_.place()] = value;  // a fact of type flag
      } else if constexpr (std::is_integral_v<Plain>) {
        value != 0 ? facts_.set(name_, static_cast<int64_t>(value)) : facts_.remove(name_);
      } else if constexpr (std::is_same_v<Plain, std::vector<std::string>>) {
        value.empty() ? facts_.remove(name_) : facts_.set(name_, std::forward<Value>(value));
      } else {
        std::string text(std::forward<Value>(value));
        text.empty() ? facts_.remove(name_) : facts_.set(name_, std::move(text));
      }
    }

   private:
    friend class Facts;
    Slot(Facts& facts, FactName name) : facts_(facts), name_(name) {}
    Facts& facts_;
    FactName name_;
  };

  Slot operator[](FactName name) { return {*this, name}; }
  bool contains(FactName name) const { return set_[name.place()]; }
  const FactValue* find(FactName name) const;
  const FactSet& known() const { return set_; }
  // Takes no more memory than needed: for those that wait.
  void shrink() { entries_.shrink_to_fit(); }

 private:
  void set(FactName name, FactValue value);
  void remove(FactName name) {
    if (contains(name)) forget(name);
  }
  void forget(FactName name);

  struct Entry {
    size_t place = 0;
    FactValue value;
  };
  FactSet set_;
  std::vector<Entry> entries_;
};

// What a rule sees: an action's own facts; behind them those of its statement, its transaction and its file. Absent
// ones are null.
class FactView {
 public:
  FactView(const Facts& own, const Facts* statement = nullptr, const Facts* transaction = nullptr,
           const Facts* file = nullptr)
      : layers_{&own, statement, transaction, file} {
    for (const auto* layer : layers_) {
      if (layer != nullptr) known_ |= layer->known();
    }
  }
  const FactSet& known() const { return known_; }
  const FactValue* find(FactName name) const {
    if (!known_[name.place()]) return nullptr;
    for (const auto* layer : layers_) {
      if (const auto* found = layer == nullptr ? nullptr : layer->find(name)) return found;
    }
    return nullptr;
  }

 private:
  std::array<const Facts*, 4> layers_;
  FactSet known_;
};

// A fact that was not set has the empty value of its type: false, 0, "", []. The reference lives as long as the facts.
const FactValue& fact_or_empty(const FactView& facts, FactName name);
// For messages: lists are joined by ", ".
std::string to_text(const FactValue& value);

}  // namespace bgdb::lint
