// What rules may ask about: a flat table of named facts of one action (a part of a statement), of its statement, its
// table and its file. A fact is a bool, a number, a text or a list of texts. The table of known facts is the contract
// with rule files: a name that is not in it is an error when a rule is loaded, never a condition that is silently
// false.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bgdb::lint {

using FactValue = std::variant<bool, int64_t, std::string, std::vector<std::string>>;
enum class FactType { flag, number, text, list };

struct KnownFact {
  std::string_view name;
  FactType type;
  std::string_view meaning;
};

const std::vector<KnownFact>& known_facts();
const KnownFact* known_fact(std::string_view name);

// The facts that were set. One action has about twenty, so that a flat list beats any tree. A name that is not known is
// kept, and no rule can ask for it.
class Facts {
 public:
  using Entry = std::pair<const KnownFact*, FactValue>;
  FactValue& operator[](std::string_view name);
  void emplace(std::string_view name, FactValue value);  // unless it is set
  const FactValue* find(const KnownFact& fact) const;
  const FactValue* find(std::string_view name) const;

 private:
  std::vector<Entry> entries_;
};

// What a rule sees: an action's own facts, behind them those of its file.
struct FactView {
  FactView(const Facts& own_facts, const Facts* shared_facts = nullptr) : own(own_facts), shared(shared_facts) {}
  const Facts& own;
  const Facts* shared;
};

// A fact that was not set has the empty value of its type: false, 0, "", []. The reference lives as long as the facts.
const FactValue& fact_or_empty(const FactView& facts, const KnownFact& fact);
// For messages: lists are joined by ", ".
std::string to_text(const FactValue& value);

}  // namespace bgdb::lint
