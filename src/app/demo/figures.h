// What the demo measured and found, for the closing tables and for --json FILE.
#pragma once

#include <string>
#include <vector>

#include "app/demo/ledger.h"
#include "app/demo/view.h"
#include "core/result.h"

namespace bgdb::app::demo {

struct SwitchFigures {
  std::string name;  // cutover, rollback, second cutover
  Stall stall;       // what clients saw, from half a second before the command to half a second after it
  double command_ms = 0;
  int64_t failed_statements = 0;
  int64_t late_operations = 0;
};

struct Figures {
  std::vector<SwitchFigures> switches;
  std::vector<Check> checks;
  double seconds = 0;
  int clients = 0;
  int64_t acknowledged = 0;
  int64_t unknown = 0;
  int64_t reconnects = 0;
  std::map<std::string, int64_t> failed;

  bool all_held() const;  // false when there is no check
  double stall_max_ms() const;
};

std::string to_json(const Figures& figures);
Result<void> write_figures(const Figures& figures, const std::string& path);

}  // namespace bgdb::app::demo
