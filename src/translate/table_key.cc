// How a row of the source is found again on the target, and which rules an update that leaves out large values would
// break.
#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"
#include "translate/table_rules.h"

namespace bgdb::translate {
namespace {

// The target column that carries this key column alone; a plain one before a computed one.
const ColumnRule* carrier(const TableMapping& table, const std::string& column) {
  const ColumnRule* best = nullptr;
  for (const ColumnRule& rule : table.columns) {
    if (rule.reads != std::vector<std::string>{column}) continue;
    const bool plainer = best != nullptr && best->column_class == ColumnClass::expression &&
                         rule.column_class != ColumnClass::expression;
    if (best == nullptr || plainer) best = &rule;
  }
  return best;
}

void check_unique(const DirectionInput& in, const TableMapping& table, Problems& problems) {
  const auto covers = [&](const std::vector<std::string>& columns) {
    return std::all_of(table.target_key.begin(), table.target_key.end(),
                       [&](const std::string& column) { return core::contains(columns, column); });
  };
  const auto& indexes = in.target->indexes;
  const auto* primary = in.target->primary_key();
  if (primary != nullptr && covers(primary->columns)) return;
  if (std::any_of(indexes.begin(), indexes.end(), [&](const schema::Index& index) {
        return index.unique && !index.partial && covers(index.columns);
      })) {
    return;
  }
  problems.add(
      fmt::format("{} table {} has no unique index over ({}): updates could hit several rows",
                  in.forward ? "green" : "blue", in.target->name.display(), fmt::join(table.target_key, ", ")),
      fmt::format("create unique index on {} ({})", in.target->name.sql(), core::quote_ident_list(table.target_key)));
}

}  // namespace

std::string target_display(const DirectionInput& in, const std::string& column) {
  return fmt::format("{} column {}.{}", in.forward ? "green" : "blue", in.target->name.display(), column);
}

std::string key_for(const DirectionInput& in, const std::string& column) {
  return fmt::format("mapping.yml: {}.{}: {{ {}: \"<SQL over {}'s columns>\" }}", in.mapping_key,
                     in.forward ? "forward" : "reverse", column, in.forward ? "blue" : "green");
}

void derive_key(const DirectionInput& in, TableMapping& table, Problems& problems) {
  std::vector<std::string> key = in.source->identity_columns();
  if (in.source->replica_identity == 'f' || key.empty()) {
    const auto* primary = in.source->primary_key();
    key = primary != nullptr ? primary->columns : std::vector<std::string>{};
  }
  const std::string where = fmt::format("{} table {}", in.forward ? "blue" : "green", in.source->name.display());
  if (key.empty() || in.source->replica_identity == 'n') {
    problems.add(
        fmt::format("{} has no key by which a row can be found again", where),
        fmt::format("alter table {} add primary key (...), or replica identity using index of a unique index over "
                    "NOT NULL columns, or leave the table out (tables.exclude)",
                    in.source->name.sql()));
    return;
  }
  for (const std::string& column : key) {
    const ColumnRule* rule = carrier(table, column);
    if (rule == nullptr) {
      problems.add(fmt::format("key column {} of {} does not reach {}", column, where, in.target->name.display()),
                   in.merged
                       ? fmt::format("on {}: alter table {} replica identity using index <a unique index over the "
                                     "columns that hold {}'s key>",
                                     in.forward ? "blue" : "green", in.source->name.sql(), in.target->name.display())
                       : fmt::format("mapping.yml: {}.{}: {{ <column>: \"{}\" }}", in.mapping_key,
                                     in.forward ? "forward" : "reverse", column));
      continue;
    }
    if (rule->lossy && rule->column_class == ColumnClass::cast) {
      problems.add(
          fmt::format("key column {} of {} changes its value on the way: two rows could become one", column, where),
          key_for(in, rule->target));
    }
    table.source_key.push_back(column);
    table.target_key.push_back(rule->target);
  }
  if (table.target_key.size() == key.size()) check_unique(in, table, problems);
}

// A rule over one column can keep the target's value when an update does not send it; a rule over two cannot.
void check_large_values(const DirectionInput& in, const TableMapping& table, Problems& problems) {
  if (in.source->replica_identity == 'f') return;
  for (const ColumnRule& rule : table.columns) {
    if (rule.reads.size() < 2) continue;
    std::vector<std::string> large;
    for (const SourceColumn& column : table.source_columns) {
      if (column.toastable && core::contains(rule.reads, column.name)) large.push_back(column.name);
    }
    if (large.empty()) continue;
    problems.add(
        fmt::format("{} is computed from several columns, and {} may be large values that an UPDATE does not send",
                    target_display(in, rule.target), fmt::join(large, ", ")),
        fmt::format("on {}: alter table {} replica identity full", in.forward ? "blue" : "green",
                    in.source->name.sql()));
  }
}

}  // namespace bgdb::translate
