// See deparse.h. pg_query_deparse_protobuf enters and leaves a context of its own and would leave the caller's current
// context behind; without the restore every later allocation would leak into the thread's top context.
#include "parse/deparse.h"

#include <pg_query.h>

#include <cstdlib>

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): PostgreSQL's name
extern __thread void* CurrentMemoryContext;
PgQueryProtobuf pg_query_nodes_to_protobuf(const void* object);
}

namespace bgdb::parse {

std::string deparse(const void* raw_statements) {
  void* const context = CurrentMemoryContext;
  const PgQueryProtobuf tree = pg_query_nodes_to_protobuf(raw_statements);
  const PgQueryDeparseResult result = pg_query_deparse_protobuf(tree);
  CurrentMemoryContext = context;
  std::string sql = result.error == nullptr && result.query != nullptr ? result.query : "";
  pg_query_free_deparse_result(result);
  std::free(tree.data);
  return sql;
}

}  // namespace bgdb::parse
