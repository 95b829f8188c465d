// What hangs on an old column gets a twin on the new one: built while both versions run. Where the old column stays (a
// rename) only the indexes have twins, for the time in between. Where it goes, contract gives the twins the old names;
// what could refuse the old version's rows (because values convert with loss) waits for contract. Internal to rewrite/.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rewrite/draft.h"

namespace bgdb::rewrite {

struct Carried {
  std::string expand_sql;               // constraints as NOT VALID
  std::vector<Step> expand_unlocked;    // indexes, concurrently
  std::string validate_sql;             // backfill, outside a transaction
  std::vector<Step> references;         // backfill: foreign keys to new columns, which must be filled first
  std::string validate_references_sql;  // behind them
  std::vector<Step> contract_before;    // unique indexes that had to wait, concurrently
  std::set<QualifiedName> tables;       // that the swap locks
  std::string drop_references_sql;      // swap: first of all
  std::string drop_sql;                 // swap: before the old columns go
  std::string swap_sql;                 // behind DROP COLUMN and RENAME COLUMN, in their transaction
  std::string validate_after_sql;       // contract, outside a transaction
};
Carried carry_dependents(const Draft& draft, const QualifiedName& table);

// ---- shared by carry*.cc
using Names = std::map<std::string, std::string>;

// How the columns of one table are called.
struct ColumnNames {
  Names now;                    // replaced columns: while both run
  Names finally;                // after contract
  Names copies;                 // renamed columns: the copy
  std::set<std::string> lossy;  // replaced, and some values do not convert
  std::set<std::string> going;  // dropped for good
};
ColumnNames column_names(const Draft& draft, const QualifiedName& table);
std::vector<std::string> mapped(std::vector<std::string> columns, const Names& names);
// One of them has a new name, and none goes for good (then what reads it goes, too, as in the original file).
bool concerns(const std::vector<std::string>& columns, const Names& names, const std::set<std::string>& going);
std::string twin_name(const std::string& name);
// The definition behind the table's name, column names replaced: operator classes, order, predicate, options stay.
std::string index_tail(const schema::Index& index, const QualifiedName& table, const Names& names);

void carry_indexes(const Draft& draft, const schema::Relation& relation, Carried& carried);       // carry_index.cc
void carry_foreign_keys(const Draft& draft, const schema::Relation& relation, Carried& carried);  // carry_reference.cc

}  // namespace bgdb::rewrite
