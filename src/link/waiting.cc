#include "link/waiting.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bgdb::link {
namespace {

using nlohmann::json;

}  // namespace

json key_json(const Change& change, const TableBinding& binding) {
  json key = json::object();
  for (size_t i = 0; i < binding.key_in_used.size(); ++i) {
    const uint16_t at = binding.key_in_used[i];
    const Field& field = change.operation == Operation::insert ? change.row[at] : change.key[i];
    key[binding.used_names[at]] = field.kind == FieldKind::text ? json(std::string(field.text)) : json();
  }
  return key;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> Waiting::load(const translate::Mapping& mapping) {
  const auto relations = BGDB_TRY(session_->query(
      "select distinct relation from bgdb.quarantine where link = $1 and accepted_by is null", {*link_name_}));
  for (size_t i = 0; i < relations.size(); ++i) {
    const std::string& relation = relations.text(i, "relation");
    const auto table = std::find_if(mapping.tables.begin(), mapping.tables.end(),
                                    [&](const auto& one) { return one.source.display() == relation; });
    if (table == mapping.tables.end()) continue;
    const auto rows = BGDB_TRY(session_->query(
        "select (select jsonb_object_agg(k, q.row_data -> k) from unnest($3::text[]) k)::text as key "
        "from bgdb.quarantine q where q.link = $1 and q.relation = $2 and q.accepted_by is null "
        "and q.operation in ('insert', 'update', 'delete')",
        {*link_name_, relation, pg::to_array_literal({table->source_key.begin(), table->source_key.end()})}));
    for (size_t row = 0; row < rows.size(); ++row) keys_[relation].insert(dump(json::parse(rows.text(row, "key"))));
  }
  return {};
}

void Waiting::add(const TableBinding& binding, const json& key) {
  keys_[binding.source.display()].insert(dump(key));
}

bool Waiting::concerns(const Change& change) const {
  if (keys_.empty()) return false;
  const TableBinding& binding = bindings_->by_number(change.table);
  if (binding.key_in_used.empty()) return false;
  const auto keys = keys_.find(binding.source.display());
  return keys != keys_.end() && keys->second.contains(dump(key_json(change, binding)));
}

bool Waiting::concerns(const Coalescer& piece) const {
  if (keys_.empty()) return false;
  return std::any_of(piece.log().begin(), piece.log().end(), [&](const Change& change) { return concerns(change); });
}

Result<Waiting::Row> Waiting::find(const TableBinding& binding, const json& key) {
  const auto rows = BGDB_TRY(session_->query(
      "select id, operation, row_data::text as data, row_data @> $3::jsonb as bears from bgdb.quarantine "
      "where link = $1 and relation = $2 and accepted_by is null and operation in ('insert', 'update', 'delete') "
      "and (row_data @> $3::jsonb or row_data -> '$old_key' = $3::jsonb) order by id",
      {*link_name_, binding.source.display(), dump(key)}));
  Row row;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string& operation = rows.text(i, "operation");
    // Gone, or moved away: whatever bears the key later is another row.
    if (operation == "delete" || !rows.boolean(i, "bears")) {
      row = {};
      continue;
    }
    row.inserted = row.inserted || operation == "insert";
    row.ids.push_back(rows.text(i, "id"));
    const json data = json::parse(rows.text(i, "data"));
    for (const auto& [name, value] : data.items()) {
      if (value.is_null()) row.values[name] = {};
      if (value.is_string()) row.values[name] = value.get<std::string>();
      if (name == kDamaged) row.damaged = true;
    }
  }
  return row;
}

Result<void> Waiting::settle(const Row& row, Operation by) {
  if (row.ids.empty()) return {};
  return session_->execute(
      "update bgdb.quarantine set accepted_by = $2 where id = any ($1::bigint[])",
      {pg::to_array_literal({row.ids.begin(), row.ids.end()}),
       by == Operation::remove ? "bgdb: the row was deleted on the source" : "bgdb: written with a later change"});
}

Result<void> Waiting::settle_all(const std::set<QualifiedName>& truncated) {
  std::vector<pg::Value> names;
  for (const QualifiedName& table : truncated) names.emplace_back(table.display());
  return session_->execute(
      "update bgdb.quarantine set accepted_by = 'bgdb: the table was truncated on the source' "
      "where link = $1 and relation = any ($2::text[]) and accepted_by is null",
      {*link_name_, pg::to_array_literal(names)});
}

}  // namespace bgdb::link
