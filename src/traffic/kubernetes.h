// Kubernetes by kubectl: one object whose spec says where clients go is read, changed and patched with the
// resourceVersion that was read, so that somebody else's change in between is not overwritten but looked at again.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_kubernetes(const DriverSpec& spec);

// Pure: the merge patch that leads `object` (as the API server showed it) to `side`, and where it leads now: blue,
// green, or empty. not_found when the object holds nothing to change.
Result<nlohmann::json> patch_towards(const nlohmann::json& object, const KubernetesSettings& settings,
                                     const std::string& side);
std::string leads_to(const nlohmann::json& object, const KubernetesSettings& settings);

}  // namespace bgdb::traffic
