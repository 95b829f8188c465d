#include "schema/mentions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "core/contains.h"
#include "schema/catalog.h"

namespace bgdb::schema {
namespace {

// Casts to these are everywhere, and nobody drops them.
bool built_in(std::string_view type) {
  static constexpr std::array<std::string_view, 20> kNames{
      "bigint",   "bool", "boolean", "bpchar",  "bytea",    "character", "date",      "double",      "int4", "integer",
      "interval", "json", "jsonb",   "numeric", "regclass", "text",      "timestamp", "timestamptz", "uuid", "varchar"};
  return core::contains(kNames, type);
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
  if (sql.size() < 10 || (sql.find("CAST(") == std::string_view::npos && sql.find("cast(") == std::string_view::npos))
    return;
  for (const std::string_view as : {" AS ", " as "}) {
    for (size_t at = sql.find(as); at != std::string_view::npos; at = sql.find(as, at + 4)) {
      const auto name = last_name(sql, at + 4);
      if (!name.empty() && !built_in(name)) add(name);
    }
  }
}

// Their names are looked for in all schemas, too.
bool in_any_schema(MentionKind kind) {
  return kind == MentionKind::index || kind == MentionKind::constraint;
}

uint64_t hash_of(MentionKind kind, std::string_view schema, std::string_view name) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  if (in_any_schema(kind)) schema = {};
  return (core::quick_hash(name) * kOdd + core::quick_hash(schema)) * kOdd + static_cast<uint64_t>(kind);
}

// Calls `visit(kind, schema, name)` for everything that the relation mentions, or for all of one kind.
template <class Visit>
void each_mention(const Relation& relation, std::optional<MentionKind> only, Visit visit) {
  using Kind = MentionKind;
  const auto wanted = [&](Kind kind) { return !only || *only == kind; };
  const auto& schema = relation.name.schema;
  const auto add = [&](Kind kind, const QualifiedName& what) { visit(kind, what.schema, what.name); };
  const auto casts = [&](std::string_view sql) {
    if (wanted(Kind::cast)) casts_of(sql, [&](std::string_view name) { visit(Kind::cast, "", name); });
  };
  if (wanted(Kind::type) || wanted(Kind::cast) || wanted(Kind::sequence)) {
    for (const auto& column : relation.columns) {
      if (!column.type.schema.empty()) visit(Kind::type, column.type.schema, column.type.name);
      if (column.generated_sql) casts(*column.generated_sql);
      if (!column.default_sql) continue;
      casts(*column.default_sql);
      const auto call = column.default_sql->find("nextval('");
      if (call == std::string::npos) continue;
      const auto end = column.default_sql->find('\'', call + 9);
      visit(Kind::sequence, "", std::string_view(*column.default_sql).substr(call + 9, end - call - 9));
    }
  }
  if (wanted(Kind::index) || wanted(Kind::cast)) {
    for (const auto& index : relation.indexes) {
      visit(Kind::index, schema, index.name);
      casts(index.definition);
    }
  }
  if (wanted(Kind::constraint) || wanted(Kind::foreign_key) || wanted(Kind::cast)) {
    for (const auto& constraint : relation.constraints) {
      visit(Kind::constraint, schema, constraint.name);
      if (constraint.kind == ConstraintKind::foreign_key) add(Kind::foreign_key, constraint.referenced);
      casts(constraint.check_sql);
    }
  }
  for (const auto& policy : relation.policies) {
    for (const auto& read : policy.reads) add(Kind::part_read, read);
    for (const auto& read : policy.columns_read) add(Kind::part_read, read.relation);
    casts(policy.using_sql);
    casts(policy.check_sql);
  }
  for (const auto& rule : relation.rules) {
    for (const auto& read : rule.reads) add(Kind::part_read, read);
  }
  casts(relation.view_sql);
  if (relation.partition_of) add(Kind::parent, *relation.partition_of);
  for (const auto& parent : relation.inherits) add(Kind::parent, parent);
  for (const auto& read : relation.reads) add(Kind::read, read);
}

bool mentions(const Relation& relation, MentionKind kind, const QualifiedName& what) {
  bool found = false;
  const bool any_schema = what.schema.empty() && in_any_schema(kind);
  each_mention(relation, kind, [&](MentionKind one, std::string_view schema, std::string_view name) {
    found = found ||
            (one == kind && core::same_text(name, what.name) && (any_schema || core::same_text(schema, what.schema)));
  });
  return found;
}

std::vector<uint64_t> hashes_of(const Relation& relation) {
  std::vector<uint64_t> hashes;
  hashes.reserve(relation.indexes.size() + 2 * relation.constraints.size() + relation.reads.size() + 4);
  each_mention(relation, std::nullopt, [&](MentionKind kind, std::string_view schema, std::string_view name) {
    hashes.push_back(hash_of(kind, schema, name));
  });
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

}  // namespace

std::vector<QualifiedName> Mentions::of(const Relations& relations, MentionKind kind, const QualifiedName& what) const {
  std::vector<QualifiedName> names;
  const auto add = [&](const QualifiedName& name) {
    const auto* relation = relations.get(name);
    if (relation != nullptr && mentions(*relation, kind, what)) names.push_back(name);
  };
  const auto& changed = relations.changed();
  const auto hash = hash_of(kind, what.schema, what.name);
  for (const auto& mention : mentions_.at(hash)) {
    if (mention.what == hash && !changed.contains(*mention.by)) add(*mention.by);
  }
  for (const auto& name : changed) add(name);
  std::sort(names.begin(), names.end());
  return names;
}

void Mentions::renew(Relations& relations) {
  for (const auto& name : relations.changed()) {
    const auto* relation = relations.get(name);
    settle(name, relation == nullptr ? std::vector<uint64_t>{} : hashes_of(*relation));
  }
  relations.forget_changes();
}

void Mentions::settle(const QualifiedName& name, std::vector<uint64_t> now) {
  const auto own_hash = quick_hash(name);
  const auto place = [&](auto& bucket) {
    return std::find_if(bucket.begin(), bucket.end(), [&](const auto& one) { return *one.name == name; });
  };
  const auto& there = mentioners_.at(own_hash);
  const auto known = place(there);
  if (known == there.end() ? now.empty() : *known->mentions == now) return;
  auto& bucket = mentioners_.edit(own_hash);
  auto mentioner = place(bucket);
  if (mentioner == bucket.end()) {
    bucket.push_back({core::Shared<const QualifiedName>::make(name), core::Shared<std::vector<uint64_t>>::make()});
    mentioner = std::prev(bucket.end());
  }
  const auto by = mentioner->name;
  const auto before = mentioner->mentions;
  for (const auto what : *before) {
    if (std::binary_search(now.begin(), now.end(), what)) continue;
    std::erase_if(mentions_.edit(what), [&](const Mention& one) { return one.what == what && one.by == by; });
  }
  for (const auto what : now) {
    if (!std::binary_search(before->begin(), before->end(), what)) mentions_.edit(what).push_back({what, by});
  }
  if (now.empty()) {
    bucket.erase(mentioner);
  } else {
    mentioner->mentions = core::Shared<std::vector<uint64_t>>::make(std::move(now));
  }
}

}  // namespace bgdb::schema
