// Functions and types that a piece of SQL uses, asked for when something is dropped: cheaper than keeping them.
#pragma once

#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::schema {

struct Uses {
  std::vector<QualifiedName> functions;
  std::vector<TypeName> types;
};

// SQL that cannot be read uses nothing.
Uses uses_of_expression(const std::string& sql);
Uses uses_of_query(const std::string& sql);
Uses uses_of_index(const Index& index);

}  // namespace bgdb::schema
