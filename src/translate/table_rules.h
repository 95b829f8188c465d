// The rules of one pair of tables in one direction.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "translate/lineage.h"
#include "translate/mapping.h"
#include "translate/problems.h"

namespace bgdb::translate {

// A column of the target that continues a column of the source.
struct Counterpart {
  std::string source{};
  std::string value;                 // forward: SQL of the migration's USING; empty = the column itself
  std::vector<std::string> reads{};  // of `value`
  bool from_using = false;           // `value` is to be used
  bool cast_written = false;         // the migration's USING is a plain cast: somebody wanted it
  bool transformed = false;          // `value` computes: without a written rule there is no way back
};

struct DirectionInput {
  bool forward = true;
  const schema::Catalog* source_catalog = nullptr;
  const schema::Catalog* target_catalog = nullptr;
  const schema::Relation* source = nullptr;
  const schema::Relation* target = nullptr;
  std::map<std::string, Counterpart> counterparts;  // by target column
  std::map<std::string, std::string> written;       // mapping.yml: target column -> SQL
  std::map<std::string, std::string> written_back;  // mapping.yml of the other direction: source column -> SQL
  std::map<std::string, std::string> lossy;         // accepted in writing
  const Lineage* lineage = nullptr;
  const TableLineage* table_lineage = nullptr;
  std::string mapping_key;            // "tables.public.customers" for messages
  bool merged = false;                // the target is made of several sources
  std::set<std::string> by_others{};  // target columns that come from the other sources
};

// "green column public.t.c" and the line of mapping.yml that would give it a rule, for messages.
std::string target_display(const DirectionInput& input, const std::string& column);
std::string key_for(const DirectionInput& input, const std::string& column);

// The key's way to the target; what is wrong with it; rules that an unchanged large value would break.
void derive_key(const DirectionInput& input, TableMapping& table, Problems& problems);
void check_large_values(const DirectionInput& input, const TableMapping& table, Problems& problems);

TableMapping derive_direction(const DirectionInput& input, Problems& problems);

}  // namespace bgdb::translate
