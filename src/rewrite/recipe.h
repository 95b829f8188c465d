// One recipe per file: it looks at a statement (or one command of an ALTER TABLE) and takes it over, or leaves it.
// Recipes are tried in the order of kRecipes. A recipe that took a statement has added to the draft, or refused with a
// cure.
#pragma once

#include "rewrite/draft.h"

namespace bgdb::rewrite {

bool take_rename_column(Draft& draft, const Action& action);
bool take_change_type(Draft& draft, const Action& action);
bool take_set_not_null(Draft& draft, const Action& action);  // and UPDATE ... WHERE column IS NULL before it
bool take_split_column(Draft& draft,
                       const Action& action);  // UPDATE that derives new columns from dropped ones; merge, too
bool take_defaults(Draft& draft, const Action& action);  // SET and DROP DEFAULT of a column that another recipe took
bool take_drop(Draft& draft, const Action& action);      // columns and tables: wait for contract
bool take_add_constraint(Draft& draft, const Action& action);  // CHECK, FOREIGN KEY, UNIQUE: wait for contract
bool take_create_index(Draft& draft, const Action& action);    // CONCURRENTLY; unique ones wait for contract

struct Recipe {
  const char* name;
  bool (*take)(Draft& draft, const Action& action);
};
inline constexpr Recipe kRecipes[] = {
    {"rename-column", take_rename_column},   {"change-type", take_change_type},  {"set-not-null", take_set_not_null},
    {"split-column", take_split_column},     {"defaults", take_defaults},        {"drop", take_drop},
    {"add-constraint", take_add_constraint}, {"create-index", take_create_index}};

// Why a statement that no recipe took breaks the old version; nullopt: it does not.
struct Hazard {
  std::string reason;
  std::string hint;
};
std::optional<Hazard> hazard_of(const Draft& draft, const Action& action);

// Refuses (true) when something hangs on the column that cannot be carried to another one: keys, views, policies ...
bool refuse_if_bound(Draft& draft, const Action& action, const schema::Relation& relation, const std::string& column);

}  // namespace bgdb::rewrite
