#include "lint/facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace bgdb::lint {

const KnownFact* known_fact(std::string_view name) {
  const size_t place = fact_place(name);
  return place == kKnownFacts.size() ? nullptr : &kKnownFacts[place];
}

const FactValue* Facts::find(FactName name) const {
  if (!contains(name)) return nullptr;
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.place == name.place(); });
  return &at->value;
}

void Facts::set(FactName name, std::optional<FactValue> value) {
  const auto at = contains(name) ? std::find_if(entries_.begin(), entries_.end(),
                                                [&](const Entry& entry) { return entry.place == name.place(); })
                                 : entries_.end();
  set_[name.place()] = value.has_value();
  if (!value) {
    if (at != entries_.end()) entries_.erase(at);
  } else if (at != entries_.end()) {
    at->value = std::move(*value);
  } else {
    if (entries_.empty()) entries_.reserve(12);
    entries_.push_back({name.place(), std::move(*value)});
  }
}

const FactValue& fact_or_empty(const FactView& facts, FactName name) {
  static const std::array<FactValue, 4> kEmpty = {false, int64_t{0}, std::string{}, std::vector<std::string>{}};
  if (const auto* found = facts.find(name)) return *found;
  return kEmpty[static_cast<size_t>(kKnownFacts[name.place()].type)];
}

std::string to_text(const FactValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return fmt::format("{}", fmt::join(std::get<std::vector<std::string>>(value), ", "));
}

}  // namespace bgdb::lint
