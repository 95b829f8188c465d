// Whether PostgreSQL refuses a DROP without CASCADE: asked of the replay's dependencies.
#include <algorithm>

#include "lint/scope.h"
#include "schema/dependents.h"

namespace bgdb::lint {

using parse::ObjectKind;

namespace {

std::vector<schema::Thing> things_named(const schema::Catalog& catalog, ObjectKind kind, const QualifiedName& name) {
  using schema::ThingKind;
  switch (kind) {
    case ObjectKind::type:
    case ObjectKind::domain:
      return {{ThingKind::type, name, ""}};
    case ObjectKind::schema:
      return {{ThingKind::schema, {"", name.name}, ""}};
    case ObjectKind::sequence:
      return {{ThingKind::sequence, name, ""}};
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine: {
      std::vector<schema::Thing> out;
      if (const auto found = catalog.functions.find(name);
          found != catalog.functions.end() && found->second.size() == 1)
        out.push_back({ThingKind::function, name, schema::argument_types(found->second.front())});
      return out;
    }
    default:
      return {};
  }
}

}  // namespace

// Without CASCADE PostgreSQL refuses to drop what others need, unless they are dropped by the same statement.
bool something_depends(const Scope& scope, const parse::Drop& drop, const QualifiedName& name) {
  for (const auto& thing : things_named(scope.before, drop.object, name)) {
    const auto dependents = schema::dependents_of(scope.before, thing);
    const bool left = std::any_of(dependents.begin(), dependents.end(), [&](const auto& dependent) {
      const bool named_too = std::any_of(drop.items.begin(), drop.items.end(), [&](const auto& item) {
        return scope.resolve(item.name) == dependent.thing.name || item.name.name == dependent.thing.name.schema;
      });
      return !dependent.automatic && !(named_too && dependent.thing.name != name && drop.items.size() > 1);
    });
    if (left) return true;
  }
  return false;
}

}  // namespace bgdb::lint
