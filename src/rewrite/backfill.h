// Batched updates as plain SQL that psql runs. Internal to rewrite/.
#pragma once

#include <string>

#include "rewrite/draft.h"
#include "rewrite/update_text.h"

namespace bgdb::rewrite {

// UPDATE table SET assignments WHERE condition, in batches by the primary key (or without one, where it has none). The
// condition must become false for a row that was updated. Runs outside a transaction.
// `trigger`: the sync trigger of the table without which the rows written meanwhile would stay unfilled; empty: none.
// all: fails when rows are left in the end; once: one pass, what is written behind it stays.
enum class Reach { all, once };
std::string batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const std::string& assignments,
                        const std::string& condition, const std::string& what, Reach reach,
                        const std::string& trigger = {});
// An UPDATE with joins or subqueries, by ranges of the table's primary key; one statement where there is none.
std::string joined_batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const JoinedUpdate& update,
                               const std::string& condition, const std::string& what);
// DELETE FROM table WHERE condition, in batches of the same form. The header for bgdb's own driver is left out.
std::string delete_batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const std::string& condition,
                               const std::string& what);
std::string backfill_group_sql(const SyncGroup& group, const schema::Catalog& catalog);
std::string backfill_fill_sql(const Fill& fill, const schema::Catalog& catalog, Reach reach);

}  // namespace bgdb::rewrite
