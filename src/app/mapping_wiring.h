// The mapping of this configuration: two live schemas, the migrations after the baseline, mapping.yml.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "core/result.h"
#include "parse/parser.h"
#include "pg/session.h"
#include "schema/catalog.h"
#include "translate/mapping.h"

namespace bgdb::app {

// Statements of the migrations that blue does not have yet. Failure: input (a statement that does not parse, named with
// file and line: what it does is unknown), not_found (the baseline is no migration's version).
Result<std::vector<parse::Statement>> pending_statements(const Config& config);

// Tables of blue that take part; partitions follow their root.
std::vector<QualifiedName> participating_tables(const Config& config, const schema::Catalog& blue);

// Failure: refused, with every problem; see translate::derive().
Result<translate::MappingPair> derive_mapping(const Config& config, pg::Session& blue, pg::Session& green);

}  // namespace bgdb::app
