// What a foreign key does to the old version's writes in the referenced table: whether deleting a row there, or
// changing its key, is refused while rows refer to it. Internal to lint/.
#pragma once

#include <string>
#include <vector>

#include "lint/scope.h"

namespace bgdb::lint {

// The foreign keys from `columns` of the table, all together: a row of the other side that is referred to cannot be
// deleted; its key cannot be changed.
struct ReferredRows {
  bool delete_refused = false;
  bool update_refused = false;
};
ReferredRows referred_rows(const schema::Relation& relation, const std::vector<std::string>& columns);
// As if the constraint called `without` was not there.
ReferredRows referred_rows(const schema::Relation& relation, const std::vector<std::string>& columns,
                           const std::string& without);

// ADD CONSTRAINT takes the place of `old`, a foreign key that `holder` has (now, or when the release began).
void replaced_reference(Action& action, const Target& target, const parse::Constraint& now,
                        const schema::Relation& holder, const schema::Constraint& old);
// DROP CONSTRAINT leaves others over the same columns, which may refuse what this one took care of.
void dropped_reference(Action& action, const Target& target, const schema::Constraint& dropped);

}  // namespace bgdb::lint
