// Whether a catalog holds anything that would stand in the way of a name: relations, sequences and indexes share one
// space of names, types of all kinds another.
#pragma once

#include "schema/catalog.h"

namespace bgdb::lint {

inline bool holds_relation_like(const schema::Catalog& catalog, const QualifiedName& name) {
  return catalog.relations.count(name) != 0 || catalog.sequences.count(name) != 0 || catalog.index(name);
}

inline bool holds_type(const schema::Catalog& catalog, const QualifiedName& name) {
  return catalog.enums.count(name) + catalog.domains.count(name) + catalog.composites.count(name) +
             catalog.other_types.count(name) !=
         0;
}

}  // namespace bgdb::lint
