// The translation between two schemas, one direction, and the SQL that applies it. PostgreSQL evaluates every
// expression on the target server; there is no value interpreter here. Pure: no connection.
//
// Incoming rows reach the target as text arrays, one array per source column, and are cast to the source column's type
// (text when the target does not have that type) before an expression sees them. Expressions name source columns.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::translate {

enum class ColumnClass { identity, cast, expression, default_value };
std::string_view to_string(ColumnClass column_class);

// One column of the target.
struct ColumnRule {
  std::string target;
  std::string expression;          // SQL over source columns (quoted names); empty for default_value
  std::vector<std::string> reads;  // source columns the expression needs
  ColumnClass column_class = ColumnClass::identity;
  bool lossy = false;
  std::string reason;            // why lossy, or where the rule comes from
  std::string target_type_sql;   // the target column's type
  bool identity_always = false;  // GENERATED ALWAYS AS IDENTITY on the target: an UPDATE may not set it
  std::string only_on_target;    // why the *source* server cannot evaluate the expression; empty = it can
  std::string compared;          // then: what it can, as the target's text; empty = the column
};

struct SourceColumn {
  std::string name;
  std::string type_sql;        // the type as the *source* knows it
  std::string apply_type_sql;  // what the target casts the text to before expressions see it
  bool toastable = false;
};

struct TableMapping {
  QualifiedName source;
  QualifiedName target;
  std::vector<SourceColumn> source_columns;  // all columns that replication sends (generated ones left out)
  std::vector<ColumnRule> columns;           // every target column that is written (generated ones left out)
  std::vector<std::string> source_key;       // replica identity on the source; empty = no key
  std::vector<std::string> target_key;       // the same key on the target, same order (rules of the key are bijective)
  std::vector<std::string> unmapped_source;  // source columns nobody reads: lost in this direction
  bool source_partitioned = false, target_partitioned = false;
  bool merged = false;  // a part: the target's row is made of this source's row and those of its siblings (same target)
  // As a statement names what the stream carries under these names: the rows of partitions are their root's, those of
  // tables that inherit are not ("only ...").
  std::string source_rows() const;
  std::string target_rows() const;
  // Of a column of the target; null: none writes it.
  const ColumnRule* rule_of(const std::string& target_column) const;
};

struct Mapping {
  std::vector<TableMapping> tables;        // sorted by source, then target name; a split table is there several times
  std::vector<QualifiedName> source_only;  // tables without a counterpart on the target: not replicated
  const TableMapping* table(const QualifiedName& source) const;
  // Every table that the source's rows go to: several when it is split.
  std::vector<const TableMapping*> tables_of(const QualifiedName& source) const;
  // Every table whose rows go to this one: several when they are merged.
  std::vector<const TableMapping*> parts_of(const QualifiedName& target) const;
};

struct MappingPair {
  Mapping forward;                 // blue -> green
  Mapping reverse;                 // green -> blue
  std::vector<std::string> notes;  // what replication does not carry over, for people
};

// mapping.yml: only what cannot be derived.
struct TableOverride {
  QualifiedName blue;
  QualifiedName green;                         // "to"; empty = derived
  std::map<std::string, std::string> renames;  // blue column -> green column
  std::map<std::string, std::string> forward;  // green column -> SQL over blue's columns
  std::map<std::string, std::string> reverse;  // blue column -> SQL over green's columns
  std::map<std::string, std::string> lossy;    // column -> acceptance in writing
  std::set<std::string> own;                   // of a part: columns that have nothing to do with the whole's
  std::vector<TableOverride> split;            // the parts on green; then nothing else is written here
};
struct Overrides {
  std::vector<TableOverride> tables;
};
// Unknown keys are errors that name the nearest known key, with file and line.
Result<Overrides> parse_overrides(std::string_view yaml, const std::string& path);

struct DeriveInput {
  const schema::Catalog* blue = nullptr;
  const schema::Catalog* green = nullptr;
  std::vector<parse::Statement> migration;  // statements that lead from blue to green: renames are read from them
  Overrides overrides;
  std::vector<QualifiedName> tables;  // blue tables that take part (config: tables.include/exclude applied)
};

// Refuses (ErrorCode::refused, every problem listed, each naming the column and the key to write in mapping.yml) what
// would stop or damage replication at run time: a NOT NULL column without a value, a narrowing without a rule, an enum
// value without a counterpart, a TOASTable column in an expression without REPLICA IDENTITY FULL, a table without a
// key, a view as a target, an unknown type, a lossy rule nobody accepted.
Result<MappingPair> derive(const DeriveInput& input);

// A table of every column in both directions, for `bgdb mapping derive` (JSON: to_json).
std::string to_text(const MappingPair& pair);
std::string to_json(const MappingPair& pair);

}  // namespace bgdb::translate
