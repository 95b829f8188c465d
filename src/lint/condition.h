// `when:` of a rule file -> Condition. A map is an AND of its entries:
//   action: drop-column            equal; for a list fact: contains
//   action: [drop-column, delete]  one of them; for a list fact: any of them
//   table.born: false
//   columns.count: {gt: 3}         eq ne gt ge lt le in not_in matches contains empty
//   all: [...]  any: [...]  not: {...}
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "lint/rules.h"

namespace YAML {
class Node;
}

namespace bgdb::lint {

Result<std::shared_ptr<const Condition>> parse_condition(const YAML::Node& node, const std::string& file);

}  // namespace bgdb::lint
