// GRANT and REVOKE: what roles were seen to be given. Rights from before the history, and those of owners, are not
// here.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

using parse::ObjectKind;

ObjectKind granted_kind(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::view:
    case ObjectKind::materialized_view:
    case ObjectKind::foreign_table:
    case ObjectKind::sequence:
    case ObjectKind::column:
      return ObjectKind::table;
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      return ObjectKind::function;
    case ObjectKind::domain:
      return ObjectKind::type;
    default:
      return kind;
  }
}

std::vector<std::string> all_privileges(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::table:
      return {"delete", "insert", "references", "select", "trigger", "truncate", "update", "usage"};
    case ObjectKind::function:
      return {"execute"};
    case ObjectKind::schema:
      return {"create", "usage"};
    case ObjectKind::database:
      return {"connect", "create", "temporary"};
    case ObjectKind::role:
      return {"member"};
    default:
      return {"usage"};
  }
}

void Applier::on(const parse::Grant& node) {
  if (node.default_privileges) return;
  const auto kind = granted_kind(node.object);
  std::vector<QualifiedName> objects;
  for (const auto& name : node.objects) {
    const bool plain = kind == ObjectKind::schema || kind == ObjectKind::database || kind == ObjectKind::role;
    if (!node.all_in_schema) {
      objects.push_back(plain ? QualifiedName{"", name.name} : catalog_.resolve(name));
      continue;
    }
    if (kind != ObjectKind::table) continue;
    const auto& all = catalog_.relations;
    for (auto it = all.lower_bound(QualifiedName{name.name, ""}); it != all.end() && it->first.schema == name.name;
         ++it)
      objects.push_back(it->first);
  }
  const auto everything = all_privileges(kind);
  const bool all = node.privileges.empty() || node.privileges.front() == "all";
  const auto& named = all || kind == ObjectKind::role ? everything : node.privileges;
  for (const auto& object : objects) {
    for (const auto& role : node.grantees) {
      const GrantKey key{kind, object, role};
      const auto known = catalog_.grants.find(key);
      auto held = known == catalog_.grants.end() ? std::vector<std::string>{} : known->second;
      for (const auto& privilege : named) {
        const auto at = std::lower_bound(held.begin(), held.end(), privilege);
        const bool there = at != held.end() && *at == privilege;
        if (node.revoke && there) held.erase(at);
        if (!node.revoke && !there) held.insert(at, privilege);
      }
      // An entry without rights says that the role's rights are looked after here.
      catalog_.grants[key] = std::move(held);
    }
  }
}

}  // namespace bgdb::schema
