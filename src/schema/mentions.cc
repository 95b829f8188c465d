#include "schema/mentions.h"

#include <algorithm>

#include "schema/catalog.h"

namespace bgdb::schema {

std::vector<Mentions::Mention> Mentions::mentions_of(const Relation& relation) {
  std::vector<Mention> mentions;
  const auto& schema = relation.name.schema;
  const auto add = [&](MentionKind kind, const QualifiedName& what) {
    mentions.push_back({kind, what, relation.name});
  };
  for (const auto& index : relation.indexes) add(MentionKind::index, {schema, index.name});
  for (const auto& constraint : relation.constraints) {
    add(MentionKind::constraint, {schema, constraint.name});
    if (constraint.kind == ConstraintKind::foreign_key) add(MentionKind::foreign_key, constraint.referenced);
  }
  if (relation.partition_of) add(MentionKind::parent, *relation.partition_of);
  for (const auto& parent : relation.inherits) add(MentionKind::parent, parent);
  for (const auto& read : relation.reads) add(MentionKind::read, read);
  std::sort(mentions.begin(), mentions.end());
  mentions.erase(std::unique(mentions.begin(), mentions.end()), mentions.end());
  return mentions;
}

std::vector<QualifiedName> Mentions::of(const Relations& relations, MentionKind kind, const QualifiedName& what) const {
  std::vector<QualifiedName> names;
  const auto& changed = relations.changed();
  for (auto it = all_.lower_bound({kind, what, {}}); it != all_.end() && it->kind == kind && it->what == what; ++it) {
    if (!changed.contains(it->by)) names.push_back(it->by);
  }
  const auto settled = names.size();
  for (const auto& name : changed) {
    const auto relation = relations.find(name);
    if (relation == relations.end()) continue;
    const auto mentions = mentions_of(relation->second);
    if (std::binary_search(mentions.begin(), mentions.end(), Mention{kind, what, relation->second.name}))
      names.push_back(name);
  }
  std::inplace_merge(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(settled), names.end());
  return names;
}

void Mentions::renew(Relations& relations) {
  for (const auto& name : relations.changed()) {
    const auto relation = relations.find(name);
    auto now = relation == relations.end() ? std::vector<Mention>{} : mentions_of(relation->second);
    const auto known = by_relation_.find(name);
    const auto before = known == by_relation_.end() ? std::vector<Mention>{} : known->second;
    for (const auto& gone : before) {
      if (!std::binary_search(now.begin(), now.end(), gone)) all_.erase(gone);
    }
    for (const auto& mention : now) all_.insert(mention);
    if (now.empty()) {
      by_relation_.erase(name);
    } else if (now != before) {
      by_relation_[name] = std::move(now);
    }
  }
  relations.forget_changes();
}

}  // namespace bgdb::schema
