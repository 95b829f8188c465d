// What rules may ask about: a flat table of named facts of one action (a part of a statement), of its statement, its
// table and its file. A fact is a bool, a number, a text or a list of texts. The table of known facts is the contract
// with rule files: a name that is not in it is an error when a rule is loaded, never a condition that is silently
// false.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bgdb::lint {

using FactValue = std::variant<bool, int64_t, std::string, std::vector<std::string>>;
using Facts = std::map<std::string, FactValue, std::less<>>;

enum class FactType { flag, number, text, list };

struct KnownFact {
  std::string_view name;
  FactType type;
  std::string_view meaning;
};

const std::vector<KnownFact>& known_facts();
const KnownFact* known_fact(std::string_view name);

// A fact that was not set has the empty value of its type: false, 0, "", []. The reference lives as long as `facts`.
const FactValue& fact_or_empty(const Facts& facts, const KnownFact& fact);
// For messages: lists are joined by ", ".
std::string to_text(const FactValue& value);

}  // namespace bgdb::lint
