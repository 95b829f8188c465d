// An index on a table that is in use: built concurrently, on a partitioned table leaf by leaf, then attached. Internal
// to rewrite/.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rewrite/draft.h"

namespace bgdb::rewrite {

struct IndexSpec {
  QualifiedName table;
  std::string name;
  bool unique = false;
  std::string tail;  // " USING btree (a) WHERE b"
};
using LeafName = std::function<std::string(const schema::Relation& leaf)>;

// Steps in order; each is safe to repeat. `leaf_name`: of the index on a partition; empty names are derived.
std::vector<Step> build_index(const schema::Catalog& catalog, const IndexSpec& spec, const LeafName& leaf_name);
// On every leaf only, for constraints that cannot use an index of the parent.
Step build_on_leaves(const schema::Catalog& catalog, const IndexSpec& spec, const LeafName& leaf_name);

// All tables below a partitioned one that hold rows; the table itself when it is not partitioned.
std::vector<const schema::Relation*> leaves_of(const schema::Catalog& catalog, const QualifiedName& table);
bool is_partitioned(const schema::Catalog& catalog, const QualifiedName& table);
// The index of a partition that belongs to an index of its parent; nullptr when none is known.
const schema::Index* index_of_leaf(const schema::Relation& leaf, const schema::Index& parent_index);

}  // namespace bgdb::rewrite
