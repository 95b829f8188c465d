#include "lint/facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"

namespace bgdb::lint {

const KnownFact* known_fact(std::string_view name) {
  const size_t place = fact_place(name);
  return place == kKnownFacts.size() ? nullptr : &kKnownFacts[place];
}

const FactValue* Facts::find(FactName name) const {
  static const FactValue kTrue = true;
  if (!contains(name)) return nullptr;
  for (const auto& entry : entries_) {
    if (entry.place == name.place()) return &entry.value;
  }
  return &kTrue;
}

void Facts::set(FactName name, FactValue value) {
  if (contains(name)) forget(name);
  set_[name.place()] = true;
  if (entries_.empty()) entries_.reserve(8);
  entries_.push_back({name.place(), std::move(value)});
}

void Facts::forget(FactName name) {
  set_[name.place()] = false;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.place == name.place(); });
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
  return core::join(std::get<std::vector<std::string>>(value));
}

}  // namespace bgdb::lint
