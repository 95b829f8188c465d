// Views: what they read, and the columns they yield as far as the statement and the model tell.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

ResolvedQuery Applier::resolve_shape(const std::shared_ptr<const parse::QueryShape>& shape) {
  if (shape == nullptr) {
    ResolvedQuery nothing;
    nothing.columns_known = false;
    return nothing;
  }
  auto query = resolve_query(catalog_, *shape);
  for (const auto& name : query.unknown) note_unknown(name);
  return query;
}

void Applier::on(const parse::CreateView& node) {
  const auto query = resolve_shape(node.shape);
  const bool temporary = node.temporary || std::any_of(query.reads.begin(), query.reads.end(),
                                                       [](const auto& r) { return r.schema == "pg_temp"; });
  const auto name = place(node.relation, temporary ? 't' : 'p');
  if (catalog_.relations.count(name) != 0) {
    if (!node.or_replace && collides(true)) return;
    if (!node.or_replace) drop_relation(name);
  }
  Relation& view = catalog_.relations[name];
  Relation made;  // CREATE OR REPLACE keeps what hangs on it
  made.triggers = view.triggers;
  made.rules = view.rules;
  made.comment = view.comment;
  made.name = name;
  made.kind = RelationKind::view;
  made.persistence = temporary ? 't' : 'p';
  made.view_sql = node.query_sql;
  made.reads = query.reads;
  made.columns_read = query.columns_read;
  made.columns = query.columns;
  made.columns_known = query.columns_known;
  for (size_t i = 0; i < node.columns.size(); ++i) {
    if (i >= made.columns.size()) made.columns.emplace_back();
    made.columns[i].name = node.columns[i];
  }
  view = std::move(made);
  note_created(name);
}

}  // namespace bgdb::schema
