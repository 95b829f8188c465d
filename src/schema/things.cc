// What things of a catalog are called, and what they are a part of.
#include <fmt/format.h>

#include "schema/dependents.h"

namespace bgdb::schema {

bool is_of_type(const TypeName& type, const QualifiedName& name) {
  return type.name == name.name && type.schema == name.schema;
}

std::string required_by(const Catalog& catalog, const Thing& thing) {
  if (thing.kind == ThingKind::sequence) {
    const auto found = catalog.sequences.find(thing.name);
    if (found == catalog.sequences.end() || !found->second.identity) return {};
    return fmt::format("column {}.{}", found->second.owned_by_table.display(), found->second.owned_by_column);
  }
  if (thing.kind != ThingKind::index) return {};
  const auto relation = catalog.relations.find(thing.name);
  if (relation == catalog.relations.end()) return {};
  for (const auto& index : relation->second.indexes) {
    if (index.name != thing.part) continue;
    if (index.constraint) return "constraint " + index.name + " of " + thing.name.display();
    if (!index.parent.empty()) return "index " + index.parent + " of the partitioned table";
  }
  return {};
}

std::string argument_types(const Function& function) {
  std::string text;
  for (const auto& type : function.arguments) {
    if (!text.empty()) text += ", ";
    if (!type.schema.empty()) text += type.schema + ".";
    text += type.name + (type.array_dims > 0 ? "[]" : "");
  }
  return text;
}

std::string describe(const Catalog& catalog, const Thing& thing) {
  const auto name = thing.name.display();
  const auto part = [&](std::string_view what) { return fmt::format("{} {} of {}", what, thing.part, name); };
  switch (thing.kind) {
    case ThingKind::schema:
      return "schema " + thing.name.name;
    case ThingKind::relation: {
      const auto found = catalog.relations.find(thing.name);
      const bool view = found != catalog.relations.end() && found->second.is_view();
      return (view ? "view " : "table ") + name;
    }
    case ThingKind::column:
      return part("column");
    case ThingKind::column_default:
      return part("the default of column");
    case ThingKind::constraint:
    case ThingKind::domain_check:
      return part("constraint");
    case ThingKind::index:
      return part("index");
    case ThingKind::trigger:
      return part("trigger");
    case ThingKind::policy:
      return part("policy");
    case ThingKind::rule:
      return part("rule");
    case ThingKind::statistics:
      return "statistics object " + name;
    case ThingKind::sequence:
      return "sequence " + name;
    case ThingKind::type:
      return "type " + name;
    case ThingKind::attribute:
      return part("attribute");
    case ThingKind::function:
      return fmt::format("function {}({})", name, thing.part);
  }
  return name;
}

}  // namespace bgdb::schema
