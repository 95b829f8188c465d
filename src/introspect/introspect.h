// A live catalog -> schema::Catalog, with sizes. One repeatable-read snapshot, or the caller's open transaction. Locks:
// ACCESS SHARE on catalogs; on tables only for the moment in which their size is read, and on views.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "pg/session.h"
#include "schema/catalog.h"

namespace bgdb::introspect {

struct ReadOptions {
  std::vector<std::string> exclude_schemas = {
      "bgdb"};  // besides pg_catalog, information_schema, pg_toast, temporary ones
  bool sizes = true;
  bool code_and_rights = false;  // also bodies of functions, and what roles were given: who judges statements asks
};

Result<schema::Catalog> read_catalog(pg::Session& session, const ReadOptions& options = {});

struct SequenceValue {
  QualifiedName name;
  int64_t last_value = 0;
  bool is_called = false;
  int64_t increment = 1;
};
Result<std::vector<SequenceValue>> read_sequences(pg::Session& session);

// A digest over tables, columns, types, constraints and indexes: changes when somebody runs DDL.
Result<std::string> schema_fingerprint(pg::Session& session);
// refused: somebody changed the publication that a link reads since `bgdb sync` began. What it left out is nowhere.
// `tables`: those that matter; else all.
Result<void> check_publication(pg::Session& session, const std::vector<QualifiedName>& tables = {});

}  // namespace bgdb::introspect
