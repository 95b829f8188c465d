// nginx (stream or http): the server of one upstream block is rewritten, tested with `nginx -t`, and nginx reloaded.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_nginx(const DriverSpec& spec);

// `text` with the one server of `upstream NAME { ... }` replaced by `address` (its parameters stay). not_found when
// there is no such block, config when it holds several servers.
Result<std::string> with_upstream(std::string_view text, std::string_view name, std::string_view address);
// The address that the block's server has now.
Result<std::string> upstream_address(std::string_view text, std::string_view name);

// Gradual traffic: the block holds a server for each side; `percent` of a hundred go to `green`, a side without a share
// is `down`. Other parameters stay.
Result<std::string> with_weights(std::string_view text, std::string_view name, std::string_view blue,
                                 std::string_view green, int percent);
// The present share of `green`.
Result<int> green_weight(std::string_view text, std::string_view name, std::string_view blue, std::string_view green);

}  // namespace bgdb::traffic
