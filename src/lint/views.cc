// Views and materialized views.
#include <algorithm>

#include "core/contains.h"
#include "lint/scope.h"

namespace bgdb::lint {

void create_view_effects(Scope& scope, const parse::CreateView& create) {
  auto target = scope.target(create.relation);
  const bool replaces = create.or_replace && target.relation != nullptr;
  if (!replaces && !(create.or_replace && !scope.context.history)) target.born = true;
  if (create.temporary) target.born = true;
  auto action = scope.action(replaces ? "replace-view" : "create-view", target);
  if (replaces) lock(action, target, LockMode::access_exclusive);
  if (replaces && !target.born) {
    const auto& columns = create.columns.empty() ? create.output_columns : create.columns;
    const bool known = !core::contains(columns, "*") && !columns.empty() && target.relation->columns_known;
    if (known) {
      // PostgreSQL itself refuses to drop or rename a column by OR REPLACE.
      const auto& old = target.relation->columns;
      for (size_t i = 0; i < old.size(); ++i) {
        if (i >= columns.size() || columns[i] != old[i].name)
          fails(action, "view-columns-changed", column_path(target.name, old[i].name));
      }
    }
    if (create.query_sql != target.relation->view_sql) widens(action, "view-replaced", target.name.display());
  }
  scope.add(std::move(action));
}

void refresh_effects(Scope& scope, const parse::Refresh& refresh) {
  const auto target = scope.target(refresh.relation);
  auto action = scope.action("refresh-materialized-view", target);
  action.data = true;
  action.facts["concurrently"] = refresh.concurrently;
  if (refresh.concurrently) {
    lock(action, target, LockMode::exclusive);
    scan(action, target);
    const auto* relation = target.relation;
    const bool keyed =
        relation == nullptr || std::any_of(relation->indexes.begin(), relation->indexes.end(),
                                           [](const auto& index) { return index.unique && !index.partial; });
    if (!keyed) fails(action, "no-unique-index", target.name.display());
  } else {
    new_file(action, target);
  }
  if (target.relation != nullptr && refresh.with_data) {
    for (const auto& name : target.relation->reads) scan(action, scope.target(name));
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
