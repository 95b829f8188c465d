// Whether a catalog can tell the outcome of a condition that guards DDL in code: IF NOT EXISTS (SELECT FROM pg_type
// ...).
#pragma once

#include <optional>

#include "parse/condition.h"
#include "schema/catalog.h"

namespace bgdb::schema {

std::optional<bool> decide(const Catalog& catalog, const parse::Condition& condition);

}  // namespace bgdb::schema
