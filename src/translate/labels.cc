#include "translate/labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"
#include "core/ident.h"

namespace bgdb::translate {

Labels compare_labels(const schema::EnumType& source, const schema::EnumType& target,
                      const std::map<std::string, std::string>& names) {
  Labels labels;
  for (const std::string& label : source.labels) {
    const auto other = names.find(label);
    const std::string& there = other == names.end() ? label : other->second;
    if (!core::contains(target.labels, there)) labels.missing.push_back(label);
    if (there != label) labels.renamed[label] = there;
  }
  return labels;
}

bool has_labels(const schema::Catalog& catalog, const schema::EnumType& labels) {
  const auto there = catalog.enums.find(labels.name);
  return there != catalog.enums.end() &&
         std::all_of(labels.labels.begin(), labels.labels.end(),
                     [&](const std::string& label) { return core::contains(there->second.labels, label); });
}

std::optional<std::string> translated_label(const std::string& text, const Labels& labels) {
  if (labels.renamed.empty()) return text;
  std::string cases;
  for (const auto& [label, there] : labels.renamed) {
    cases += fmt::format(" when {} then {}", quote_literal(label), quote_literal(there));
  }
  return fmt::format("case {}{} else {} end", text, cases, text);
}

// One label after the other: a name is given once its bearer has another.
std::optional<std::string> translated_array(const std::string& text, const Labels& labels) {
  if (labels.renamed.empty()) return text;
  std::string value = fmt::format("({})::text[]", text);
  for (auto left = labels.renamed; !left.empty();) {
    const auto next =
        std::find_if(left.begin(), left.end(), [&](const auto& one) { return left.count(one.second) == 0; });
    if (next == left.end()) return std::nullopt;
    value = fmt::format("array_replace({}, {}, {})", value, quote_literal(next->first), quote_literal(next->second));
    left.erase(next);
  }
  return fmt::format("({})::text", value);
}

}  // namespace bgdb::translate
