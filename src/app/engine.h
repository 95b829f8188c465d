// Which engine carries the links, and why (docs/decisions/014-no-native-engine.md).
#pragma once

#include <string>

#include "app/config.h"
#include "pg/session.h"
#include "translate/mapping.h"

namespace bgdb::app {

// "relay: green's public.users.id is computed, which a subscription cannot do". `oldest`: version number of the older
// of both servers.
std::string engine_choice(const Config& config, const translate::MappingPair& mapping, int oldest);

// The same from the databases; before there is a mapping it says only what the servers decide.
Result<std::string> engine_choice(const Config& config);

}  // namespace bgdb::app
