// `bgdb init`: a commented bgdb.yml and mapping.yml to start from.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::app {

struct InitFile {
  std::string path;
  bool written = false;  // false: it was there already and was left alone
};

// Writes both files into `folder`. Never overwrites; a crash leaves no half-written file behind.
Result<std::vector<InitFile>> write_initial_files(const std::string& folder);

std::string_view initial_config();
std::string_view initial_mapping();

}  // namespace bgdb::app
