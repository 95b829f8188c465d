// The names PostgreSQL chooses when a statement gives none (makeObjectName, ChooseRelationName, ChooseConstraintName,
// ChooseIndexName), so that a later DROP CONSTRAINT accounts_email_key finds what an earlier UNIQUE made. Internal to
// schema/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::schema {

// "name1_name2_label", cut to 63 bytes at character borders as the server does; name2 may be empty.
std::string make_object_name(std::string_view name1, std::string_view name2, std::string_view label);

// A name that no relation, index or sequence of the schema has.
std::string choose_relation_name(const Catalog& catalog, const std::string& schema, std::string_view name1,
                                 std::string_view name2, std::string_view label, bool for_constraint = false);
// A name that no constraint of the schema has.
std::string choose_constraint_name(const Catalog& catalog, const std::string& schema, std::string_view name1,
                                   std::string_view name2, std::string_view label);
// What CREATE STATISTICS without a name gets.
std::string choose_statistics_name(const Catalog& catalog, const Relation& relation,
                                   const std::vector<std::string>& columns);
// What the multirange of a range is called.
std::string multirange_name(const std::string& range);
// What stands for the columns inside an index's name; expressions already named ("lower", "expr").
std::string index_name_addition(const std::vector<std::string>& column_names);
// The name an expression gets as an index column: its function's name, or "expr".
std::string index_expression_name(std::string_view sql);
// The column names of an index: `elements` then INCLUDE columns, made unique as the server does.
std::vector<std::string> index_column_names(const std::vector<parse::IndexElement>& elements,
                                            const std::vector<std::string>& include);

// The elements of an EXCLUDE constraint, from its text; `columns` are those of its elements that are plain columns.
std::vector<parse::IndexElement> exclude_elements(const parse::Constraint& constraint);

}  // namespace bgdb::schema
