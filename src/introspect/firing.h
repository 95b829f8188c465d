// Triggers and rules that act while replication writes (ENABLE ALWAYS or REPLICA). Replication sends what they wrote on
// its source; what they write on the target comes on top of that.
#pragma once

#include <string>
#include <vector>

#include "core/ident.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::introspect {

struct Firing {
  std::string name;  // public.orders.stamp
  std::string kind;  // trigger | rule
  QualifiedName table;
  std::string cure;  // a statement
};

// Those of `tables` and their partitions, but for bgdb's own and the `accepted` ones (by name).
Result<std::vector<Firing>> list_firing(pg::Session& session, const std::vector<QualifiedName>& tables,
                                        const std::vector<std::string>& accepted);

// What one does who has looked at it.
std::string cure_of(const Firing& firing, std::string_view side);

}  // namespace bgdb::introspect
