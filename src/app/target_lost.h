// `bgdb rollback --target-lost`: green served, is dead and does not come back. Blue serves again without what green had
// not sent, which somebody accepts in writing; green is retired, now or when it answers again.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace bgdb::app {

struct Loss {
  std::vector<std::string> lines;  // what is known to be missing, and what is not known
  std::string sentence;            // to be repeated by whoever accepts it
  bool accepted = false;           // blue serves already: it was accepted then; green only has to be retired
};
// Refused while green answers and serves, and when blue is not its standby.
Result<Loss> assess_loss(const Config& config);

struct GivenUp {
  int64_t epoch = 0;
  std::vector<std::string> done;
};
// Refused unless `said` is the sentence. Every step may be repeated: run it again after a crash, and once more when
// green answers again.
Result<GivenUp> give_up_target(const Config& config, const Loss& loss, const std::string& said,
                               const std::string& take_over);

}  // namespace bgdb::app
