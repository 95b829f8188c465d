// What is asked of each database by itself.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clone/finding.h"
#include "core/ident.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::doctor {

struct SideToCheck {
  std::string name;  // blue | green
  std::string dsn;
  pg::Session* session = nullptr;
  std::function<bool(const QualifiedName&)> takes_part;
  std::vector<std::string> accepted_triggers{};
};

Result<void> check_rights(const SideToCheck& side, clone::Findings& findings);
Result<void> check_tables(const SideToCheck& side, clone::Findings& findings);
Result<void> check_server_state(const SideToCheck& side, clone::Findings& findings);
// What a role, a database or the server sets for everybody's sessions that is dangerous here.
Result<void> check_settings(const SideToCheck& side, clone::Findings& findings);
Result<void> check_collations(const SideToCheck& side, clone::Findings& findings);
// A replication connection: pg_hba.conf lets it in, and no pooler is in between.
Result<void> check_stream(const SideToCheck& side, clone::Findings& findings);

}  // namespace bgdb::doctor
