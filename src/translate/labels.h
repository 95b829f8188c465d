// What a migration did to the labels of an enum, and the SQL by which a value gets the other side's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::translate {

struct Labels {
  std::map<std::string, std::string> renamed;  // the source's label -> the target's
  std::vector<std::string> missing;            // of the source's, on the target
  bool same() const { return renamed.empty() && missing.empty(); }
};

// `names`: of labels that have another name on the target.
Labels compare_labels(const schema::EnumType& source, const schema::EnumType& target,
                      const std::map<std::string, std::string>& names);
// Does the enum of that name there have all of its labels?
bool has_labels(const schema::Catalog& catalog, const schema::EnumType& labels);

// From SQL for a label, or for an array of them in any number of dimensions, as text, to the same with the target's.
// nullopt: labels inside an array that exchanged names.
std::optional<std::string> translated_label(const std::string& text, const Labels& labels);
std::optional<std::string> translated_array(const std::string& text, const Labels& labels);

}  // namespace bgdb::translate
