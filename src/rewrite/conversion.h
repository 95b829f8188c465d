// What is known about turning a value of one type into another: can it fail or merge two values, is there a way back,
// and how two values are compared exactly. Internal to rewrite/.
#pragma once

#include <string>

#include "parse/ast.h"
#include "schema/catalog.h"

namespace bgdb::rewrite {

// The type with its schema where the catalog knows it; serial types become their integer type; `sql` is set.
parse::TypeName resolved_type(const parse::TypeName& type, const schema::Catalog& catalog);
// The type without length or precision, for explicit casts: varchar(10) -> "varchar".
std::string bare_type_sql(const parse::TypeName& type);

// Every value converts, and different values stay different: int -> bigint, varchar -> text, date -> timestamp.
bool converts_exactly(const parse::TypeName& from, const parse::TypeName& to, const schema::Catalog& catalog);
// An explicit cast exists (it may fail for some values).
bool casts(const parse::TypeName& from, const parse::TypeName& to, const schema::Catalog& catalog);
// `value` cast to `to`, length and precision left to the assignment that follows (which refuses what does not fit).
std::string cast_sql(const std::string& value, const parse::TypeName& from, const parse::TypeName& to,
                     const schema::Catalog& catalog);

// "a IS DISTINCT FROM b", as text where the type's own equality is missing (json) or forgiving (citext, numeric scale).
std::string distinct_sql(const std::string& left, const std::string& right, const parse::TypeName& type,
                         const std::string& collation, const schema::Catalog& catalog);

// A default whose value is the same each time it is evaluated inside one transaction: constants, now().
bool is_stable_default(const std::string& default_sql);
// The expression is its one column, cast or not: "c", "c::int", "CAST(c AS text)::int".
bool is_plain_cast(const parse::Expr& expression);

}  // namespace bgdb::rewrite
