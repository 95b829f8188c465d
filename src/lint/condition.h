// `when:` of a rule file -> Condition. A map is an AND of its entries:
//   action: drop-column            equal; for a list fact: contains
//   action: [drop-column, delete]  one of them; for a list fact: any of them
//   table.born: false
//   columns.count: {gt: 3}         eq ne gt ge lt le in not_in matches contains empty
//   all: [...]  any: [...]  not: {...}
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "lint/rules.h"

namespace YAML {
class Node;
struct Mark;
}  // namespace YAML

namespace bgdb::lint {

// "file:line:column: message", everything from 1.
core::Error rule_error(const std::string& file, const YAML::Mark& mark, const std::string& message);
// " (did you mean 'x'?)", or nothing.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& known);
std::vector<std::string> fact_names();

Result<std::shared_ptr<const Condition>> parse_condition(const YAML::Node& node, const std::string& file);

}  // namespace bgdb::lint
