// What replication does not carry over, in sentences for people: nothing that stops a mapping from being derived.
#pragma once

#include <string>
#include <vector>

#include "translate/lineage.h"
#include "translate/mapping.h"
#include "translate/parts.h"

namespace bgdb::translate {

// `tables`: blue's that take part.
std::vector<std::string> notes_of(const DeriveInput& input, const Lineage& lineage, const std::vector<TablePair>& pairs,
                                  const std::vector<QualifiedName>& tables);

}  // namespace bgdb::translate
