// docs/rules/*.md from the rules, so that documentation cannot differ from them; a test compares.
#pragma once

#include <map>
#include <string>

#include "lint/rules.h"

namespace bgdb::lint {

// The page of one rule, Markdown.
std::string rule_page(const Rule& rule);
// File name -> content: one page per rule and README.md, the index.
std::map<std::string, std::string> rule_pages(const RuleBook& rules);

}  // namespace bgdb::lint
