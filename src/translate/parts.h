// A table that is several on the other side (docs/design/split-and-merge.md): which part brings which column of the
// whole, and what must be true of the key that the parts share.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "translate/lineage.h"
#include "translate/mapping.h"
#include "translate/problems.h"

namespace bgdb::translate {

// A table of blue and the one of green that continues it, or a part of it.
struct TablePair {
  const schema::Relation* blue = nullptr;
  const schema::Relation* green = nullptr;
  const TableLineage* lineage = nullptr;   // nullptr: by names alone
  const TableOverride* written = nullptr;  // may be nullptr
  std::string mapping_key;
  std::map<std::string, std::string> columns{};  // blue -> green
  bool split = false;                            // one of several parts on green
  bool merged = false;                           // one of several parts on blue
  std::set<std::string> by_others{};             // columns of the whole that other parts bring
};

// `own` names columns of a part.
void check_own(const TablePair& pair, Problems& problems);

// Gives each column of the whole to one part, the key to all. REQUIRES: `columns` of every pair is known.
void share_columns(const std::vector<TablePair*>& parts, Problems& problems);

// One direction, parts -> whole: the same key in the same order everywhere, paired by its text.
void check_shared_key(const std::vector<TableMapping*>& parts, const std::string& side, Problems& problems);

}  // namespace bgdb::translate
