// Which mapping rules the rows of a relation in the stream go to, and where their columns stand. A relation that no
// longer fits the mapping (a column came or went) is an error here, before any row of it is written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "replication/pgoutput.h"
#include "translate/mapping.h"

namespace bgdb::link {

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
};

class Bindings {
 public:
  Bindings(const translate::Mapping& mapping, std::map<QualifiedName, Lsn> copied_at)
      : mapping_(&mapping), copied_at_(std::move(copied_at)) {}
  // nullptr when the relation is known exactly like this; else the new binding. Error refused: it does not fit.
  Result<const TableBinding*> on_relation(const replication::Relation& relation);
  // Error input when the stream never described this relation, refused when the mapping does not know it.
  Result<const TableBinding*> find(uint32_t relation_oid) const;
  const TableBinding& by_number(uint32_t number) const { return *bindings_[number]; }

 private:
  Result<std::unique_ptr<TableBinding>> bind(const replication::Relation& relation) const;

  const translate::Mapping* mapping_;
  std::map<QualifiedName, Lsn> copied_at_;
  std::vector<std::unique_ptr<TableBinding>> bindings_;
  std::map<uint32_t, const TableBinding*> by_oid_;
};

}  // namespace bgdb::link
