// The rights that a role of bgdb's own needs on each side, as statements for a superuser. Nothing more: the release
// runs with exactly these (tests/integration/least_privilege.cc).
#pragma once

#include <string>
#include <vector>

#include "clone/clone.h"
#include "core/result.h"

namespace bgdb::doctor {

// text[]: what bgdb calls of PostgreSQL's functions for replication origins. Ordinary roles may not.
inline constexpr const char* kOriginFunctions =
    "{pg_replication_origin_create,pg_replication_origin_drop,pg_replication_origin_oid,pg_replication_origin_advance,"
    "pg_replication_origin_progress,pg_replication_origin_session_setup,pg_replication_origin_xact_setup}";

struct Grants {
  std::vector<std::string> blue;  // statements with their semicolon; lines that begin with -- are for people
  std::vector<std::string> green;
};

// Reads both databases; any role that may read the catalogs can ask.
Result<Grants> grants_for(const clone::CloneOptions& options, const std::string& role);

}  // namespace bgdb::doctor
