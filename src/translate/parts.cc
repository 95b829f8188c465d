#include "translate/parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"

namespace bgdb::translate {
namespace {

// The whole's columns that the pair brings, as the whole calls them.
std::set<std::string> brought(const TablePair& pair) {
  std::set<std::string> names;
  for (const auto& [blue, green] : pair.columns) names.insert(pair.split ? blue : green);
  if (pair.written == nullptr) return names;
  for (const auto& [name, unused] : pair.split ? pair.written->reverse : pair.written->forward) names.insert(name);
  return names;
}

bool is_written(const TablePair& pair, const std::string& column) {
  return pair.written != nullptr && (pair.split ? pair.written->reverse : pair.written->forward).count(column) != 0;
}

const schema::Relation& part_of(const TablePair& pair) {
  return pair.split ? *pair.green : *pair.blue;
}

std::vector<std::string> key_of(const schema::Relation& table) {
  std::vector<std::string> key = table.identity_columns();
  const auto* primary = table.primary_key();
  return key.empty() && primary != nullptr ? primary->columns : key;
}

// What two values of a shared key must have in common: equal values have equal texts.
std::string family_of(const std::string& type) {
  static const std::map<std::string, std::string, std::less<>> families = {
      {"int2", "integer"},           {"int4", "integer"},    {"int8", "integer"},
      {"smallint", "integer"},       {"integer", "integer"}, {"int", "integer"},
      {"bigint", "integer"},         {"text", "text"},       {"varchar", "text"},
      {"character varying", "text"}, {"uuid", "uuid"},       {"date", "date"}};
  const auto found = families.find(type.substr(0, type.find('(')));
  return found == families.end() ? std::string() : found->second;
}

std::string type_of(const TableMapping& table, const std::string& column) {
  for (const SourceColumn& source : table.source_columns) {
    if (source.name == column) return source.type_sql;
  }
  return {};
}

void check_plain(const TableMapping& part, size_t at, const std::string& side, Problems& problems) {
  const auto rule = std::find_if(part.columns.begin(), part.columns.end(),
                                 [&](const ColumnRule& one) { return one.target == part.target_key[at]; });
  const std::string type = type_of(part, part.source_key[at]);
  const std::string family = family_of(type);
  if (rule->column_class != ColumnClass::expression && !family.empty() && family == family_of(rule->target_type_sql)) {
    return;
  }
  problems.add(fmt::format("{} column {}.{} ({}) is the key that ties the parts of {} together, and rows are paired by "
                           "its text",
                           side, part.source.display(), part.source_key[at], type, part.target.display()),
               "a key of integers, text, varchar, uuid or date that arrives as it is; or keep the tables apart "
               "(tables.exclude)");
}

}  // namespace

void check_own(const TablePair& pair, Problems& problems) {
  if (pair.written == nullptr) return;
  const schema::Relation& part = part_of(pair);
  for (const std::string& name : pair.written->own) {
    if (!pair.split && !pair.merged) {
      problems.add(fmt::format("{}.own: {} is no part of another table", pair.mapping_key, part.name.display()),
                   "leave it out; a column that is not to be carried is dropped by the migration");
    } else if (part.column(name) == nullptr) {
      problems.add(fmt::format("{}.own: {} has no column {}", pair.mapping_key, part.name.display(), name),
                   "own lists columns of the part that the whole does not know");
    }
  }
}

void share_columns(const std::vector<TablePair*>& parts, Problems& problems) {
  const schema::Relation& whole = parts.front()->split ? *parts.front()->blue : *parts.front()->green;
  const std::vector<std::string> key = key_of(whole);
  std::map<std::string, std::vector<TablePair*>> bring;
  for (TablePair* pair : parts) {
    size_t beside_key = 0;
    for (const std::string& name : brought(*pair)) {
      if (core::contains(key, name)) continue;
      bring[name].push_back(pair);
      ++beside_key;
    }
    if (beside_key > 0) continue;
    problems.add(fmt::format("{} and {} both go to {}'s {}, and {} brings nothing but the key",
                             part_of(*parts.front()).name.display(), part_of(*parts.back()).name.display(),
                             pair->split ? "blue" : "green", whole.name.display(), part_of(*pair).name.display()),
                 "map each table to a table of its own, or list it in tables.exclude");
  }
  // What nobody brings is the default that the part gives which continues the whole.
  const auto continues = std::find_if(parts.begin(), parts.end(), [](const TablePair* pair) {
    return pair->lineage != nullptr && !pair->lineage->dropped && pair->lineage->now == pair->green->name;
  });
  TablePair* const rest = continues == parts.end() ? parts.front() : *continues;
  for (const schema::Column& column : whole.columns) {
    if (core::contains(key, column.name)) continue;
    std::vector<TablePair*>& from = bring[column.name];
    std::vector<TablePair*> written;
    for (TablePair* pair : from) {
      if (is_written(*pair, column.name)) written.push_back(pair);
    }
    if (written.size() == 1) from = written;
    if (from.size() > 1) {
      const auto& second = part_of(*from[1]);
      problems.add(fmt::format("{} and {} both bring {}.{}: which of them is right?", part_of(*from[0]).name.display(),
                               second.name.display(), whole.name.display(), column.name),
                   fmt::format("mapping.yml: {}.own: [<the column of {} that is not it>]", from[1]->mapping_key,
                               second.name.display()));
    }
    TablePair* const bringer = from.empty() ? rest : from.front();
    for (TablePair* pair : parts) {
      if (pair != bringer) pair->by_others.insert(column.name);
    }
  }
}

void check_shared_key(const std::vector<TableMapping*>& parts, const std::string& side, Problems& problems) {
  const TableMapping& first = *parts.front();
  for (TableMapping* part : parts) {
    if (part->target_key.empty() || first.target_key.empty()) return;  // told already
    std::vector<std::string> ordered;
    for (const std::string& column : first.target_key) {
      const auto at = std::find(part->target_key.begin(), part->target_key.end(), column);
      if (at == part->target_key.end()) break;
      ordered.push_back(part->source_key[static_cast<size_t>(at - part->target_key.begin())]);
    }
    if (ordered.size() != part->target_key.size() || ordered.size() != first.target_key.size()) {
      problems.add(
          fmt::format("{} tables {} and {} are parts of {}, but their rows are known by different columns: {} and {}",
                      side, first.source.display(), part->source.display(), first.target.display(),
                      fmt::join(first.target_key, ", "), fmt::join(part->target_key, ", ")),
          fmt::format("on {}: alter table ... replica identity using index <a unique index over the same columns>",
                      side));
      continue;
    }
    part->source_key = std::move(ordered);
    part->target_key = first.target_key;
    for (size_t i = 0; i < part->target_key.size(); ++i) check_plain(*part, i, side, problems);
  }
}

}  // namespace bgdb::translate
