// Views: what they read, and the columns they yield as far as the statement and the model tell.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

void Applier::on(const parse::CreateView& node) {
  const auto name = place(node.relation, node.temporary ? 't' : 'p');
  if (catalog_.relations.count(name) != 0) {
    if (tolerant_ && !node.or_replace) return;
    if (!node.or_replace) drop_relation(name, false);
  }
  const auto reads = resolve_all(node.reads);
  Relation& view = catalog_.relations[name];
  const auto triggers = view.triggers;  // CREATE OR REPLACE keeps them
  view = {};
  view.triggers = triggers;
  view.name = name;
  view.kind = RelationKind::view;
  view.view_sql = node.query_sql;
  view.reads = reads;
  view.reads.erase(std::remove(view.reads.begin(), view.reads.end(), name), view.reads.end());  // a recursive view
  view.columns_read = node.columns_read;
  set_view_columns(view, node.columns, node.output_columns);
  note_created(name);
}

void Applier::set_view_columns(Relation& view, const std::vector<std::string>& given,
                               const std::vector<std::string>& output) {
  // A column that exactly one of the relations read has brings its type along.
  const auto source_of = [&](const std::string& column) -> const Column* {
    const Column* found = nullptr;
    for (const auto& read : view.reads) {
      const auto relation = catalog_.relations.find(read);
      if (relation == catalog_.relations.end()) return nullptr;
      const auto* candidate = relation->second.column(column);
      if (candidate != nullptr && found != nullptr) return nullptr;
      if (candidate != nullptr) found = candidate;
    }
    return found;
  };
  const auto add = [&](const std::string& column, const Column* source) {
    Column made;
    made.name = column;
    if (source != nullptr) made.type = source->type;
    view.columns.push_back(std::move(made));
  };
  const bool star = std::find(output.begin(), output.end(), "*") != output.end();
  if (!given.empty() && (star || given.size() != output.size())) {
    for (const auto& column : given) add(column, nullptr);
    return;
  }
  for (size_t i = 0; i < output.size(); ++i) {
    if (output[i] != "*") {
      const bool named = std::any_of(view.columns_read.begin(), view.columns_read.end(),
                                     [&](const auto& r) { return r.name == output[i]; });
      add(given.empty() ? output[i] : given[i], named ? source_of(output[i]) : nullptr);
      continue;
    }
    const auto relation =
        view.reads.size() == 1 ? catalog_.relations.find(view.reads.front()) : catalog_.relations.end();
    if (relation == catalog_.relations.end() || !relation->second.columns_known) {
      view.columns_known = false;
      continue;
    }
    for (const auto& column : relation->second.columns) add(column.name, &column);
  }
  if (output.empty() && given.empty()) view.columns_known = false;
}

}  // namespace bgdb::schema
