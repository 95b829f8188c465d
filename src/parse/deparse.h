// Private to parse/: libpg_query's deparser, fenced off. It lives in its own file because it must save and restore the
// library's thread-local memory context, which PostgreSQL's headers declare without thread_local.
#pragma once

#include <string>

namespace bgdb::parse {

// REQUIRES: `raw_statements` is a List of RawStmt inside an open memory context. Empty on failure.
std::string deparse(const void* raw_statements);

}  // namespace bgdb::parse
