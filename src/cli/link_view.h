// How links are shown: one table for people, one JSON object for programs; used by sync and lag.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/output.h"
#include "link/link.h"

namespace bgdb::cli {

// With `rate`: rows per second instead of transactions, for views that look more than once.
Table link_table(bool rate = false);
void add_link_row(Table& table, const std::string& name, const std::string& from, const std::string& to,
                  const link::LinkStatus& status, const std::string& state, std::optional<double> rate = {});
nlohmann::json link_json(const std::string& name, const link::LinkStatus& status, const std::string& state);
std::string state_name(link::LinkState state);

}  // namespace bgdb::cli
