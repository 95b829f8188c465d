// How long a scan, an index build or a rewrite of a table of known size takes, roughly. The rates are assumptions
// (docs/lint.md states them): good enough to tell seconds from hours, and always shown as estimates.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lint/effects.h"
#include "schema/catalog.h"

namespace bgdb::lint {

enum class Work { scan, index_build, rewrite };
std::string_view to_string(Work value);  // "index-build"

struct Estimate {
  QualifiedName relation;
  Work work = Work::scan;
  int64_t rows = -1;  // -1 unknown
  int64_t bytes = 0;
  int64_t duration_ms = 0;
};

// One for each released relation that is worked on and whose size the catalog knows: its heaviest work.
std::vector<Estimate> estimate(const Effects& effects, const schema::Catalog& before);

}  // namespace bgdb::lint
