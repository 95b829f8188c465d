#include "schema/mentions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "schema/catalog.h"

namespace bgdb::schema {
namespace {

// Casts to these are everywhere, and nobody drops them.
bool built_in(std::string_view type) {
  static constexpr std::array<std::string_view, 20> kNames{
      "bigint",   "bool", "boolean", "bpchar",  "bytea",    "character", "date",      "double",      "int4", "integer",
      "interval", "json", "jsonb",   "numeric", "regclass", "text",      "timestamp", "timestamptz", "uuid", "varchar"};
  return std::find(kNames.begin(), kNames.end(), type) != kNames.end();
}

// The last part of a name, quoted or not, that begins at `at`.
std::string_view last_name(std::string_view sql, size_t at) {
  for (;;) {
    while (at < sql.size() && sql[at] == ' ') ++at;
    size_t end = at;
    const bool quoted = at < sql.size() && sql[at] == '"';
    if (quoted) {
      end = sql.find('"', ++at);
      if (end == std::string_view::npos) return {};
    } else {
      const auto in_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (c & 0x80) != 0;
      };
      while (end < sql.size() && in_name(sql[end])) ++end;
    }
    const size_t behind = quoted ? end + 1 : end;
    if (behind >= sql.size() || sql[behind] != '.') return sql.substr(at, end - at);
    at = behind + 1;
  }
}

// Types that a text casts to: x::t, CAST(x AS t).
template <class Add>
void casts_of(std::string_view sql, Add add) {
  for (size_t at = sql.find("::"); at != std::string_view::npos; at = sql.find("::", at + 2)) {
    const auto name = last_name(sql, at + 2);
    if (!name.empty() && !built_in(name)) add(name);
  }
  if (sql.find("CAST(") == std::string_view::npos && sql.find("cast(") == std::string_view::npos) return;
  for (const std::string_view as : {" AS ", " as "}) {
    for (size_t at = sql.find(as); at != std::string_view::npos; at = sql.find(as, at + 4)) {
      const auto name = last_name(sql, at + 4);
      if (!name.empty() && !built_in(name)) add(name);
    }
  }
}

}  // namespace

std::vector<Mentions::Mention> Mentions::mentions_of(const Relation& relation) {
  std::vector<Mention> mentions;
  const auto& schema = relation.name.schema;
  const auto add = [&](MentionKind kind, const QualifiedName& what) {
    mentions.push_back({kind, what, relation.name});
  };
  const auto casts = [&](std::string_view sql) {
    casts_of(sql, [&](std::string_view name) { add(MentionKind::cast, {"", std::string(name)}); });
  };
  for (const auto& column : relation.columns) {
    if (!column.type.schema.empty()) add(MentionKind::type, {column.type.schema, column.type.name});
    if (column.generated_sql) casts(*column.generated_sql);
    if (!column.default_sql) continue;
    casts(*column.default_sql);
    const auto call = column.default_sql->find("nextval('");
    if (call == std::string::npos) continue;
    const auto end = column.default_sql->find('\'', call + 9);
    add(MentionKind::sequence, {"", column.default_sql->substr(call + 9, end - call - 9)});
  }
  for (const auto& index : relation.indexes) {
    add(MentionKind::index, {schema, index.name});
    casts(index.definition);
  }
  for (const auto& constraint : relation.constraints) {
    add(MentionKind::constraint, {schema, constraint.name});
    if (constraint.kind == ConstraintKind::foreign_key) add(MentionKind::foreign_key, constraint.referenced);
    casts(constraint.check_sql);
  }
  for (const auto& policy : relation.policies) {
    for (const auto& read : policy.reads) add(MentionKind::part_read, read);
    for (const auto& read : policy.columns_read) add(MentionKind::part_read, read.relation);
    casts(policy.using_sql);
    casts(policy.check_sql);
  }
  for (const auto& rule : relation.rules) {
    for (const auto& read : rule.reads) add(MentionKind::part_read, read);
  }
  casts(relation.view_sql);
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
