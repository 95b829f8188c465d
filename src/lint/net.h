// Statements of one transaction are seen by others all at once: what one takes away and a later one gives back was
// never gone. A view under a table's old name, a dropped and recreated function, a default that is dropped and set
// again.
#pragma once

#include <vector>

#include "lint/finding.h"
#include "schema/catalog.h"

namespace bgdb::lint {

// Removes the effects of statements [first, last) that no longer hold at the transaction's end. `start` is the schema
// when the release began.
void settle(std::vector<StatementReport>& statements, size_t first, size_t last, const schema::Catalog& start,
            const schema::Catalog& end);
// The transaction was rolled back: nothing of it stays, except that it held its locks.
void undo(std::vector<StatementReport>& statements, size_t first, size_t last);

// Every constraint of the table that was is one of the table that is, and the other way round.
bool keys_came_back(const schema::Relation& old, const schema::Relation& now);
// The part about keys, foreign keys and checks.
bool constraint_came_back(const Effect& effect, const schema::Catalog& start, const schema::Catalog& end);

}  // namespace bgdb::lint
