// One recipe per file: it looks at a statement (or one command of an ALTER TABLE) and takes it over, or leaves it.
// Recipes are tried in the order of kRecipes. A recipe that took a statement has added to the draft, or refused with a
// cure.
#pragma once

#include "rewrite/draft.h"

namespace bgdb::rewrite {

bool take_rename_column(Draft& draft, const Action& action);
bool take_change_type(Draft& draft, const Action& action);
bool take_set_not_null(Draft& draft, const Action& action);
bool take_rename_table(Draft& draft, const Action& action);      // also SET SCHEMA, views, owned sequences
bool take_change_rows(Draft& draft, const Action& action);       // UPDATE, DELETE, TRUNCATE, and what builds on them
bool take_replace_object(Draft& draft, const Action& action);    // CREATE of a view that the file dropped
bool take_replace_function(Draft& draft, const Action& action);  // DROP and CREATE with another signature
bool take_rename_enum_value(Draft& draft, const Action& action);
bool take_rename_type(Draft& draft, const Action& action);  // a plain rename; enum types that swap places
bool take_do_block(Draft& draft, const Action& action);
bool take_generated_column(Draft& draft, const Action& action);
bool take_add_column(Draft& draft, const Action& action);  // changing defaults, sequences, NOT NULL, constraints
bool take_split_column(Draft& draft,
                       const Action& action);  // UPDATE that derives new columns from dropped ones; merge, too
bool take_defaults(Draft& draft, const Action& action);   // SET and DROP DEFAULT of a column that another recipe took
bool take_drop(Draft& draft, const Action& action);       // columns and tables: wait for contract
bool take_partition(Draft& draft, const Action& action);  // attached with proofs instead of reading under lock
bool take_add_constraint(Draft& draft, const Action& action);  // CHECK, FOREIGN KEY, UNIQUE: wait for contract
bool take_create_index(Draft& draft, const Action& action);    // CONCURRENTLY; unique ones wait for contract

struct Recipe {
  const char* name;
  bool (*take)(Draft& draft, const Action& action);
};
inline constexpr Recipe kRecipes[] = {{"rename-column", take_rename_column},
                                      {"rename-table", take_rename_table},
                                      {"change-type", take_change_type},
                                      {"set-not-null", take_set_not_null},
                                      {"split-column", take_split_column},
                                      {"change-rows", take_change_rows},
                                      {"generated-column", take_generated_column},
                                      {"add-column", take_add_column},
                                      {"defaults", take_defaults},
                                      {"replace-function", take_replace_function},
                                      {"drop", take_drop},
                                      {"replace-object", take_replace_object},
                                      {"partition", take_partition},
                                      {"create-index", take_create_index},
                                      {"add-constraint", take_add_constraint},
                                      {"rename-type", take_rename_type},
                                      {"rename-enum-value", take_rename_enum_value},
                                      {"do-block", take_do_block}};

// Why a statement that no recipe took breaks the old version; nullopt: it does not.
struct Hazard {
  std::string reason;
  std::string hint;
};
std::optional<Hazard> hazard_of(const Draft& draft, const Action& action);

// What becomes of the column: it gets another name, or another column takes its place.
enum class Fate { renamed, replaced };
// Refuses (true) when something hangs on the column that cannot be carried: partition key, generated columns; for a
// replaced one also views, policies, exclusion constraints.
bool refuse_if_bound(Draft& draft, const Action& action, const schema::Relation& relation, const std::string& column,
                     Fate fate);

}  // namespace bgdb::rewrite
