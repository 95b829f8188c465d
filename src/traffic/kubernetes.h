// Kubernetes by kubectl: one object whose spec says where clients go is read, changed and patched with the
// resourceVersion that was read, so that somebody else's change in between is not overwritten but looked at again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_kubernetes(const DriverSpec& spec);

// Pure: the merge patch that leads `percent` of a hundred to green in `object` (as the API server showed it), and how
// many it leads there now; nullopt when that is not one number. A service knows 0 and 100 only. not_found when the
// object holds nothing to change.
Result<nlohmann::json> patch_weight(const nlohmann::json& object, const KubernetesSettings& settings, int percent);
std::optional<int> weight_of(const nlohmann::json& object, const KubernetesSettings& settings);
// blue, green, or empty when it leads to both.
std::string leads_to(const nlohmann::json& object, const KubernetesSettings& settings);

}  // namespace bgdb::traffic
