// The steps that put a constraint on a table in use. Internal to rewrite/.
#pragma once

#include <string>

#include "rewrite/draft.h"

namespace bgdb::rewrite {

// One constraint, named, with its definition as SQL: "CHECK (a > 0)", "FOREIGN KEY (a) REFERENCES b".
struct NamedConstraint {
  QualifiedName table;
  std::string name;
  parse::Constraint facts;
  std::string definition;
};

// NOT VALID and VALIDATE; unique ones by an index that is built concurrently; on partitioned tables leaf by leaf.
void add_constraint_steps(Draft& draft, Queue& queue, const NamedConstraint& constraint);
// Constraints that the statement makes, with the names that PostgreSQL gives them; empty when the table is not known.
std::vector<NamedConstraint> constraints_made(const Draft& draft, const Action& action);
// " ON DELETE SET NULL (a) ON UPDATE CASCADE"; nothing where it does nothing.
std::string reference_actions_sql(char on_delete, const std::vector<std::string>& delete_columns, char on_update);
// Two rows that are equal in `columns` are equal in a key that exists: the constraint narrows nothing.
bool is_unique_already(const schema::Relation& relation, const std::vector<std::string>& columns);

// A column becomes NOT NULL in contract, filled before by what the file says.
void become_not_null(Draft& draft, const ColumnKey& key);
std::string check_no_nulls_sql(const ColumnKey& key, const std::string& hint);

}  // namespace bgdb::rewrite
