// Section `gates:` of bgdb.yml: what must hold before traffic moves.
#pragma once

#include "app/config.h"
#include "app/yaml_map.h"

namespace bgdb::app {

void read_gates_config(YamlMap& top, Config& config);

// The statements of a file of queries: each ends at a line that ends with a semicolon. Lines of -- comments are left
// out.
std::vector<std::string> split_queries(std::string_view text);

}  // namespace bgdb::app
