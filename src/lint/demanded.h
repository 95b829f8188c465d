// What the release began with and demanded as much as something new: a constraint that was there, or one over columns
// that triggers keep equal to the new one's. Internal to lint/.
#pragma once

#include <string>
#include <vector>

#include "lint/kept.h"
#include "lint/scope.h"

namespace bgdb::lint {

// The old version's writes to the table. `unfilled`: rows from before may not obey yet.
Writes writes_of_old(const Scope& scope, const Target& target, bool unfilled);
// `predicate`: of a partial index; empty: all rows. `elements`: SQL.
// A key over some of these columns, or of what triggers keep equal to them, refused duplicates already.
bool key_demanded(const Scope& scope, const Target& target, const std::vector<std::string>& elements,
                  const std::string& predicate = "");
// The foreign key that demanded it, and the table that has it, now or when the release began; null: none did.
struct OldReference {
  const schema::Relation* holder = nullptr;
  const schema::Constraint* constraint = nullptr;
  explicit operator bool() const { return constraint != nullptr; }
};
OldReference reference_demanded(const Scope& scope, const Target& target, const parse::Constraint& constraint);

// What else the table demands leaves no row that the check called `name` would refuse.
bool check_demanded(const schema::Relation& relation, const schema::Constraint& check);

// A trigger that a transaction made, too, fills the column for what the old version writes.
bool filled_at_end(const schema::Catalog& start, const schema::Catalog& end, const QualifiedName& table,
                   const std::string& column);

}  // namespace bgdb::lint
