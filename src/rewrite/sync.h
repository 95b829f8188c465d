// The statements that keep a group of old and new columns equal: added columns, conversion functions, the trigger; and
// their removal. Internal to rewrite/.
#pragma once

#include <string>

#include "core/sql_file.h"
#include "rewrite/draft.h"

namespace bgdb::rewrite {

// sql/rewrite/<name> without its head comment, parts filled in.
std::string rewrite_sql(std::string_view name, std::initializer_list<core::SqlPart> parts);

// The search_path of a function that a trigger of the table calls: the migration's, whoever writes.
std::string function_path_sql(const QualifiedName& table, const schema::Catalog& catalog);

std::string expand_group_sql(const SyncGroup& group, const schema::Catalog& catalog);
std::string undo_group_sql(const SyncGroup& group);
// The identity of a column that goes, with the position of its sequence, for the column that takes its place: before
// the drop, and behind the rename, in one transaction.
std::string keep_identity_sql(const SyncGroup& group);
std::string make_identity_sql(const SyncGroup& group);
// DROP TRIGGER and functions.
std::string drop_sync_sql(const SyncGroup& group);

// For statements over the table: the value of a new column from the old ones, by assignment.
std::string forward_value_sql(const SyncGroup& group, const NewColumn& column);
// Rows whose new columns do not hold yet what the old ones say; rows that the new version wrote are none of them.
std::string unfilled_condition_sql(const SyncGroup& group, const schema::Catalog& catalog);
// Rows whose old values do not convert. May fail itself with data_exception: that is the answer, too.
std::string unconvertible_condition_sql(const SyncGroup& group);

// The name of the check that stands for NOT NULL until contract.
std::string not_null_check_name(const QualifiedName& table, const std::string& column);

}  // namespace bgdb::rewrite
