// bgdb status where two versions share a database.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/shared_status.h"

namespace bgdb::cli {

nlohmann::json to_json(const app::SharedStatus& status);
std::string to_text(const app::SharedStatus& status);

}  // namespace bgdb::cli
