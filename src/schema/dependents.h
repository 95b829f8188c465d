// Who depends on what, as pg_depend holds it, found on demand: DROP takes automatic dependents along, CASCADE the
// others, too; without CASCADE the others make the statement fail.
#pragma once

#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::schema {

enum class ThingKind {
  schema,
  relation,
  column,
  column_default,
  constraint,  // of a table
  index,
  trigger,
  policy,
  rule,
  statistics,
  sequence,
  type,  // also domains, composites, ranges
  attribute,
  domain_check,
  function,
};

// `name` is the object, or the relation (type, for attributes and domain checks) that has the part; `part` is a column,
// a constraint ... or a function's argument types.
struct Thing {
  ThingKind kind = ThingKind::relation;
  QualifiedName name;
  std::string part;
  auto operator<=>(const Thing&) const = default;
};

struct Dependent {
  Thing thing;
  bool automatic = false;  // goes along without CASCADE
};

std::vector<Dependent> dependents_of(const Catalog& catalog, const Thing& thing);
// What a thing is an inner part of and cannot be dropped without, even by CASCADE: the constraint of an index, the
// identity column of a sequence, the index of a partitioned table. Empty: it stands for itself.
std::string required_by(const Catalog& catalog, const Thing& thing);
std::string argument_types(const Function& function);              // "int4, text[]"
std::string describe(const Catalog& catalog, const Thing& thing);  // "view public.v"

// Whether the type is `name` or an array of it.
bool is_of_type(const TypeName& type, const QualifiedName& name);

}  // namespace bgdb::schema
