// Which mapping rules the rows of a relation in the stream go to, and where their columns stand. A relation that no
// longer fits the mapping (a column came or went, or has another type) is an error here, before any row of it is
// written.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "replication/pgoutput.h"
#include "translate/mapping.h"

namespace bgdb::link {

// New rows of a table that go by COPY as they are.
struct CopyTarget {
  std::string sql;
  std::vector<uint16_t> columns;  // positions among `used`
};

// Tables of the source whose rows make up one table's (docs/design/split-and-merge.md).
struct Merge {
  uint32_t number = 0;
  QualifiedName target;
  std::string name;  // "public.accounts + public.profiles", for bgdb.quarantine
  std::vector<const translate::TableMapping*> parts;
};

struct TableBinding {
  uint32_t number = 0;  // for the coalescer; a changed relation gets a new one
  replication::Relation relation;
  QualifiedName source;
  std::vector<const translate::TableMapping*> mappings;  // empty: not replicated
  bool unknown = false;                                  // neither mapped nor known to stay behind
  Lsn copied_at;                                         // what committed below is in the target's rows already
  std::vector<uint16_t> used;  // positions in the stream's tuples of the columns that are written on
  std::vector<std::string> used_names;
  std::vector<uint16_t> key_in_used;  // positions of the source key among `used`
  std::vector<uint16_t> key_in_tuple;
  std::vector<CopyTarget> copies;  // one per mapping; empty when one of them computes something, or is a part
  const Merge* merge = nullptr;    // its rows are parts of the target's
  uint32_t part = 0;
};

// Type as the mapping writes it -> its number on the source. A type that is not in it is not checked.
using SourceTypes = std::map<std::string, uint32_t>;

class Bindings {
 public:
  Bindings(const translate::Mapping& mapping, SourceTypes types, std::map<QualifiedName, Lsn> copied_at);
  // nullptr when the relation is known exactly like this; else the new binding. Error refused: it does not fit.
  Result<const TableBinding*> on_relation(const replication::Relation& relation);
  // Error input when the stream never described this relation, refused when the mapping does not know it.
  Result<const TableBinding*> find(uint32_t relation_oid) const;
  // Names of the target tables that a source table is written to.
  std::vector<std::string> mapped_to(const QualifiedName& source) const;
  const TableBinding& by_number(uint32_t number) const { return *bindings_[number]; }

 private:
  Result<std::unique_ptr<TableBinding>> bind(const replication::Relation& relation) const;

  Result<void> check_column(const translate::TableMapping& table, const replication::RelationColumn& column) const;

  const translate::Mapping* mapping_;
  SourceTypes types_;
  std::map<QualifiedName, Lsn> copied_at_;
  std::deque<Merge> merges_;
  std::vector<std::unique_ptr<TableBinding>> bindings_;
  std::map<uint32_t, const TableBinding*> by_oid_;
};

}  // namespace bgdb::link
