// What becomes of a value when its column has another type on the other side.
#pragma once

#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::translate {

using parse::TypeName;

enum class Fidelity {
  same,       // nothing to do
  exact,      // every value arrives and comes back
  may_fail,   // a value arrives unchanged or raises an error (and goes to quarantine); never a changed value
  changes,    // some values arrive changed
  ambiguous,  // what arrives depends on session settings, or bgdb does not know: somebody must write the rule
};

struct Conversion {
  Fidelity fidelity = Fidelity::same;
  std::string reason;
};

// Built-in and user types; `from` lives in `source`, `to` in `target`. Enum labels are the caller's business.
Conversion convert(const TypeName& from, const schema::Catalog& source, const TypeName& to,
                   const schema::Catalog& target);

// "varchar" for varchar(10): an explicit cast to a type with a length truncates silently, an assignment refuses.
std::string unmodified_sql(const TypeName& type);
// The type as SQL, modifiers and array brackets included.
std::string type_sql(const TypeName& type);

// `value`::to, so that an assignment still checks the length.
std::string cast_sql(const std::string& value, const TypeName& to);
// The same, but an error (text in it names `column`) for every value that would not come back equal.
std::string strict_cast_sql(const std::string& value, const std::string& column, const TypeName& from,
                            const TypeName& to);

TypeName element_of(TypeName type);  // without array brackets
// Behind domains, with the array brackets that they hide.
TypeName base_type(const TypeName& type, const schema::Catalog& catalog);
// The enums whose labels a value may hold: itself, or through arrays, domains and composites.
std::vector<const schema::EnumType*> enums_in(const TypeName& type, const schema::Catalog& catalog);

bool is_text(const TypeName& type);
// Does PostgreSQL itself bring the type?
bool is_builtin(const TypeName& type);
// An enum, a domain or a composite of that catalog, or an array of one?
bool is_user_type(const TypeName& type, const schema::Catalog& catalog);
// May a value be stored out of line, so that an UPDATE does not send it when it did not change?
bool is_toastable(const TypeName& type, const schema::Catalog& catalog);

}  // namespace bgdb::translate
