// "The old version is retired": said by a person, checked against the sessions of the database, written down for
// exactly the contract files that wait at that moment. Without it contract does not run where two versions share a
// database.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::migrate {

// How the old version's sessions are told from others.
struct OldVersion {
  std::string application_name;            // "*" stands for any run of characters; empty: nobody has said it
  std::chrono::milliseconds quiet_for{0};  // contract waits that long behind the declaration
};

// Who is connected, what was declared: sentences for a person.
using Evidence = std::vector<std::string>;

// Failure: refused (sessions of the old version are connected: named; nothing says how to recognise them).
Result<Evidence> declare_retired(pg::Session& session, const OldVersion& old_version,
                                 const std::vector<std::string>& contract_files);
// May these contract files run now? Failure: refused, with the evidence against it.
Result<Evidence> check_retired(pg::Session& session, const OldVersion& old_version,
                               const std::vector<std::string>& contract_files);

}  // namespace bgdb::migrate
