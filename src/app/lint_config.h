// The section `lint` of bgdb.yml: what `bgdb lint` and `bgdb explain` take when the command line says nothing else.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lint/rules.h"

namespace bgdb::app {

class YamlMap;

struct LintConfig {
  int pg_version = 0;  // 0: of the server or the dump, else 15
  std::string fail_on = "error";
  std::string framework;  // empty: migrations.framework, else detected
  std::string baseline;
  std::string since;
  std::string schema;                                         // a schema dump
  std::string rules_dir;                                      // rules of one's own
  std::vector<std::pair<std::string, lint::Severity>> rules;  // id -> severity
  std::vector<std::string> exclude;                           // paths that are history only
  struct PathIgnore {
    std::string path;
    std::vector<std::string> rules;
    std::string reason;
  };
  std::vector<PathIgnore> ignores;
};

// Reads the section from the top of a bgdb.yml, when it is there.
void read_lint_config(YamlMap& top, LintConfig& config);

}  // namespace bgdb::app
