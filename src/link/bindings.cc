#include "link/bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/contains.h"
#include "translate/apply_sql.h"

namespace bgdb::link {
namespace {

constexpr const char* kDriftHint =
    "the slot keeps everything. Start `bgdb sync` again: it derives the mapping anew, or says what does not fit; or "
    "undo the change on the source";

uint16_t position_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<uint16_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::vector<CopyTarget> copies_of(const TableBinding& binding) {
  std::vector<CopyTarget> copies;
  for (const translate::TableMapping* table : binding.mappings) {
    auto plan = translate::copy_plan(*table);
    if (!plan) return {};
    CopyTarget& copy = copies.emplace_back(CopyTarget{std::move(plan->sql), {}});
    for (const std::string& name : plan->reads) copy.columns.push_back(position_of(binding.used_names, name));
  }
  return copies;
}

}  // namespace

Bindings::Bindings(const translate::Mapping& mapping, SourceTypes types, std::map<QualifiedName, Lsn> copied_at)
    : mapping_(&mapping), types_(std::move(types)), copied_at_(std::move(copied_at)) {
  std::map<QualifiedName, Merge*> known;
  for (const translate::TableMapping& table : mapping.tables) {
    if (!table.merged) continue;
    auto [at, first] = known.emplace(table.target, nullptr);
    if (first) at->second = &merges_.emplace_back(Merge{static_cast<uint32_t>(merges_.size()), table.target, {}, {}});
    Merge& merge = *at->second;
    merge.name += (merge.name.empty() ? "" : " + ") + table.source.display();
    merge.parts.push_back(&table);
  }
}

Result<const TableBinding*> Bindings::on_relation(const replication::Relation& relation) {
  const auto known = by_oid_.find(relation.oid);
  if (known != by_oid_.end() && known->second->relation == relation) return nullptr;
  auto binding = BGDB_TRY(bind(relation));
  binding->number = static_cast<uint32_t>(bindings_.size());
  bindings_.push_back(std::move(binding));
  by_oid_[relation.oid] = bindings_.back().get();
  return bindings_.back().get();
}

Result<const TableBinding*> Bindings::find(uint32_t relation_oid) const {
  const auto found = by_oid_.find(relation_oid);
  if (found == by_oid_.end()) {
    return fail(ErrorCode::input,
                fmt::format("the stream holds a row of relation {} that it never described", relation_oid));
  }
  if (found->second->unknown) {
    return fail(ErrorCode::refused,
                fmt::format("{} is published but the mapping does not know it", found->second->source.display()),
                kDriftHint);
  }
  return found->second;
}

std::vector<std::string> Bindings::mapped_to(const QualifiedName& source) const {
  std::vector<std::string> names;
  for (const translate::TableMapping& table : mapping_->tables) {
    if (table.source == source) names.push_back(table.target.display());
  }
  return names;
}

Result<void> Bindings::check_column(const translate::TableMapping& table,
                                    const replication::RelationColumn& column) const {
  const auto known = std::find_if(table.source_columns.begin(), table.source_columns.end(),
                                  [&](const translate::SourceColumn& other) { return other.name == column.name; });
  if (known == table.source_columns.end()) {
    return fail(ErrorCode::refused,
                fmt::format("{} has a column \"{}\" that the mapping does not know: it was added or renamed on the "
                            "source after the clone",
                            table.source.display(), column.name),
                kDriftHint);
  }
  // A value of another type may mean something else: a timestamp loses its zone without an error.
  const auto type = types_.find(known->type_sql);
  if (type == types_.end() || type->second == column.type_oid) return {};
  return fail(ErrorCode::refused,
              fmt::format("{}.{} has another type in the stream than {}, for which the mapping was derived: it was "
                          "changed on the source",
                          table.source.display(), column.name, known->type_sql),
              kDriftHint);
}

Result<std::unique_ptr<TableBinding>> Bindings::bind(const replication::Relation& relation) const {
  auto binding = std::make_unique<TableBinding>();
  binding->relation = relation;
  binding->source = {relation.schema, relation.name};
  if (const auto copied = copied_at_.find(binding->source); copied != copied_at_.end()) {
    binding->copied_at = copied->second;
  }
  std::set<std::string> needed;
  for (const translate::TableMapping& table : mapping_->tables) {
    if (table.source != binding->source) continue;
    binding->mappings.push_back(&table);
    for (const Merge& merge : merges_) {
      for (uint32_t part = 0; part < merge.parts.size(); ++part) {
        if (merge.parts[part] != &table) continue;
        binding->merge = &merge;
        binding->part = part;
      }
    }
    for (const translate::ColumnRule& rule : table.columns) needed.insert(rule.reads.begin(), rule.reads.end());
    needed.insert(table.source_key.begin(), table.source_key.end());
  }
  if (binding->mappings.empty()) {
    // A partition is described before its rows, which come as the root's: only a row of its own is too much.
    binding->unknown = !core::contains(mapping_->source_only, binding->source);
    return binding;
  }
  const translate::TableMapping& first = *binding->mappings.front();
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    const std::string& name = relation.columns[i].name;
    BGDB_CHECK(check_column(first, relation.columns[i]));
    if (needed.erase(name) == 0) continue;
    binding->used.push_back(static_cast<uint16_t>(i));
    binding->used_names.push_back(name);
  }
  if (!needed.empty()) {
    return fail(ErrorCode::refused,
                fmt::format("{} no longer has the column \"{}\" that the mapping needs: it was dropped or renamed on "
                            "the source after the clone",
                            binding->source.display(), *needed.begin()),
                kDriftHint);
  }
  for (const std::string& key : first.source_key) {
    const uint16_t at = position_of(binding->used_names, key);
    binding->key_in_used.push_back(at);
    binding->key_in_tuple.push_back(binding->used[at]);
  }
  if (binding->merge == nullptr) binding->copies = copies_of(*binding);
  return binding;
}

}  // namespace bgdb::link
