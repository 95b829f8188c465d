// `bgdb doctor` for a configuration: the databases' own checks and the poolers', and the fixes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/config.h"
#include "clone/finding.h"
#include "core/result.h"
#include "doctor/grants.h"

namespace bgdb::app {

Result<std::vector<clone::Finding>> examine(const Config& config);
bool any_failed(const std::vector<clone::Finding>& findings);

struct FixOutcome {
  clone::Fix fix;
  std::string problem;  // empty: done
};
std::vector<FixOutcome> apply_fixes(const Config& config, const std::vector<clone::Finding>& findings);

Result<doctor::Grants> print_grants(const Config& config, const std::string& role);

}  // namespace bgdb::app
