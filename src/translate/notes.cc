#include "translate/notes.h"

#include <fmt/format.h>

#include <algorithm>

namespace bgdb::translate {
namespace {

using Notes = std::vector<std::string>;

// A table that the migration fills from another is not kept current, unless it is said to be a part of it.
void note_fillings(const Lineage& lineage, const std::vector<TablePair>& pairs, Notes& notes) {
  for (const auto& [filled, from] : lineage.fillings()) {
    const auto& name = filled;
    if (std::any_of(pairs.begin(), pairs.end(), [&](const TablePair& pair) { return pair.green->name == name; }))
      continue;
    notes.push_back(
        fmt::format("{} is filled once from {}; rows that blue writes later do not reach it. If it "
                    "has one row for each, it can be kept current: mapping.yml: tables.{}.split",
                    filled.display(), from.display(), from.display()));
  }
}

// Rows that a migration adds or removes are no part of what either link carries.
void note_row_writes(const std::vector<TablePair>& pairs, Notes& notes) {
  for (const TablePair& pair : pairs) {
    if (pair.lineage == nullptr || pair.lineage->rows_by.empty() || pair.split || pair.merged) continue;
    notes.push_back(fmt::format(
        "{}: the migration adds or removes rows (\"{}\"), and blue's stay as they are: a link stops where either side "
        "changes one of them. bgdb verify lists them; the same statement on blue before the clone avoids it",
        pair.blue->name.display(), pair.lineage->rows_by));
  }
}

// What they fill or write is there for rows of before (by the migration's own UPDATE) and of after the switch only.
void note_triggers(const std::vector<TablePair>& pairs, Notes& notes) {
  for (const TablePair& pair : pairs) {
    if (pair.lineage == nullptr || pair.lineage->triggers.empty()) continue;
    notes.push_back(fmt::format(
        "{}: trigger {} of the migration does not fire for rows that replication brings: what it fills there, say in "
        "mapping.yml: {}.forward; what it writes elsewhere is missing for them",
        pair.green->name.display(), fmt::join(pair.lineage->triggers, ", "), pair.mapping_key));
  }
}

// Rows travel under the root's name; what happens to a partition as a whole does not travel at all.
void note_partitions(const schema::Relation* blue, Notes& notes) {
  if (blue == nullptr || blue->kind != schema::RelationKind::partitioned_table) return;
  notes.push_back(
      fmt::format("{}: TRUNCATE, DETACH or DROP of a single partition is not in the stream, the other side keeps its "
                  "rows: delete the rows first, or do the same there",
                  blue->name.display()));
}

}  // namespace

std::vector<std::string> notes_of(const DeriveInput& input, const Lineage& lineage, const std::vector<TablePair>& pairs,
                                  const std::vector<QualifiedName>& tables) {
  Notes notes;
  note_fillings(lineage, pairs, notes);
  note_row_writes(pairs, notes);
  note_triggers(pairs, notes);
  for (const QualifiedName& name : tables) note_partitions(input.blue->relation(name), notes);
  return notes;
}

}  // namespace bgdb::translate
