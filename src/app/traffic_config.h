// Sections `traffic:` and `canary:` of bgdb.yml: how clients are led.
#pragma once

#include "app/config.h"
#include "app/yaml_map.h"

namespace bgdb::app {

void read_traffic_config(YamlMap& top, Config& config);

}  // namespace bgdb::app
