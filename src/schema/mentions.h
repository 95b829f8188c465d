// Who mentions what: relations by the names of their indexes and constraints, by the tables they refer to, inherit from
// and read, by the types of their columns and casts, by the sequences of their defaults. Kept up to date from the log
// of changed relations, so that no statement walks over the whole catalog; relations that changed since are looked at
// directly. It holds hashes, and each hit is looked up: names live in the relations alone. A value with cheap copies.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ident.h"
#include "core/logged_map.h"
#include "core/persistent_buckets.h"

namespace bgdb::schema {

struct Relation;
using Relations = core::LoggedMap<core::QualifiedName, Relation>;

enum class MentionKind : uint8_t {
  index,
  constraint,
  foreign_key,
  parent,
  read,       // a view reads it
  part_read,  // a policy or a rule reads it
  type,       // a column has it; its schema is known
  cast,       // {"", name}: SQL of the relation casts to a type of this name
  sequence,   // {"", text inside the quotes}: a default calls nextval() of it
};

class Mentions {
 public:
  // Names of the relations that mention `what`, in order. An index and a constraint are {schema, name}, or {"", name}
  // for any schema.
  std::vector<core::QualifiedName> of(const Relations& relations, MentionKind kind,
                                      const core::QualifiedName& what) const;
  // Takes in what changed, and empties the log. Costs what changed.
  void renew(Relations& relations);

 private:
  struct Mention {
    uint64_t what = 0;
    core::Shared<const core::QualifiedName> by;
  };
  struct Mentioner {
    core::Shared<const core::QualifiedName> name;
    core::Shared<std::vector<uint64_t>> mentions;  // sorted
  };
  void settle(const core::QualifiedName& name, std::vector<uint64_t> now);

  core::PersistentBuckets<Mention> mentions_;      // by what
  core::PersistentBuckets<Mentioner> mentioners_;  // by name
};

}  // namespace bgdb::schema
