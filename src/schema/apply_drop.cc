// DROP of everything: which object a name means. What goes along, and what forbids it, is apply_remove.cc.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

using parse::ObjectKind;

void Applier::on(const parse::Drop& node) {
  std::vector<Thing> things;
  for (const auto& item : node.items) {
    if (const auto thing = find_thing(node.object, item, node.if_exists)) things.push_back(*thing);
  }
  remove(things, node.cascade ? Removal::cascade : Removal::restrict);
  if (node.object != ObjectKind::extension) return;
  for (const auto& item : node.items) catalog_.extensions.erase(item.name.name);
}

// What DROP kind name means; nothing, and noted, when the model does not know it.
std::optional<Thing> Applier::find_thing(ObjectKind kind, const parse::Drop::Item& item, bool if_exists) {
  const auto known = [&](bool there, Thing thing) -> std::optional<Thing> {
    if (there) return thing;
    if (!if_exists) note_unknown(item.name);
    return std::nullopt;
  };
  switch (kind) {
    case ObjectKind::table:
    case ObjectKind::view:
    case ObjectKind::materialized_view:
    case ObjectKind::foreign_table: {
      const auto* relation = std::as_const(catalog_).relation(item.name);
      return known(relation != nullptr, {ThingKind::relation, relation == nullptr ? item.name : relation->name, ""});
    }
    case ObjectKind::index: {
      const auto found = catalog_.index(item.name);
      if (!found) return known(false, {});
      return Thing{ThingKind::index, found.relation->name, found.index->name};
    }
    case ObjectKind::sequence: {
      const auto name = catalog_.resolve(item.name);
      return known(catalog_.sequences.count(name) != 0, {ThingKind::sequence, name, ""});
    }
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto name = catalog_.resolve(item.name);
      return known(type_known(name), {ThingKind::type, name, ""});
    }
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate: {
      const auto* function = find_function(item.name, item.arguments, item.arguments_given);
      if (function == nullptr) return known(false, {});
      return Thing{ThingKind::function, function->name, argument_types(*function)};
    }
    case ObjectKind::schema:
      return known(catalog_.schemas.count(item.name.name) != 0, {ThingKind::schema, item.name, ""});
    case ObjectKind::statistics: {
      const auto name = catalog_.resolve(item.name);
      return known(catalog_.statistics.count(name) != 0, {ThingKind::statistics, name, ""});
    }
    case ObjectKind::trigger:
    case ObjectKind::policy:
    case ObjectKind::rule:
      return find_part(kind, item, if_exists);
    default:
      return std::nullopt;
  }
}

std::optional<Thing> Applier::find_part(ObjectKind kind, const parse::Drop::Item& item, bool if_exists) {
  const auto* relation = std::as_const(catalog_).relation(item.name);
  if (relation == nullptr) {
    if (!if_exists) note_unknown(item.name);
    return std::nullopt;
  }
  const auto named = [&](const auto& part) { return part.name == item.sub_name; };
  const auto in = [&](const auto& list) { return std::any_of(list.begin(), list.end(), named); };
  if (kind == ObjectKind::trigger && in(relation->triggers))
    return Thing{ThingKind::trigger, relation->name, item.sub_name};
  if (kind == ObjectKind::policy && in(relation->policies))
    return Thing{ThingKind::policy, relation->name, item.sub_name};
  if (kind == ObjectKind::rule && in(relation->rules)) return Thing{ThingKind::rule, relation->name, item.sub_name};
  return std::nullopt;
}

bool Applier::type_known(const QualifiedName& name) const {
  return catalog_.enums.count(name) != 0 || catalog_.domains.count(name) != 0 || catalog_.composites.count(name) != 0 ||
         catalog_.other_types.count(name) != 0;
}

// By its input types when they are given (OUT arguments may be written, too), else the only one of that name.
const Function* Applier::find_function(const QualifiedName& written, const std::vector<TypeName>& arguments,
                                       bool arguments_given) const {
  std::vector<TypeName> wanted;
  for (const auto& argument : arguments) wanted.push_back(resolve_type(argument));
  const auto in = [&](const std::string& schema) -> const Function* {
    const auto overloads = catalog_.functions.find({schema, written.name});
    if (overloads == catalog_.functions.end()) return nullptr;
    for (const auto& function : overloads->second) {
      if (!arguments_given || same_arguments(function.arguments, wanted)) return &function;
    }
    return nullptr;
  };
  if (!written.schema.empty()) return in(written.schema);
  for (const auto& schema : catalog_.search_path) {
    if (const auto* found = in(schema)) return found;
  }
  return nullptr;
}

bool Applier::same_arguments(const std::vector<TypeName>& left, const std::vector<TypeName>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const TypeName& a, const TypeName& b) {
    return a.name == b.name && a.schema == b.schema &&
           (a.array_dims > 0) == (b.array_dims > 0);  // typmods do not count
  });
}

}  // namespace bgdb::schema
