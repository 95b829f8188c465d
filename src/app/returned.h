// A side that served, was given up (`bgdb rollback --target-lost`) and came back still says that it is active, and its
// guards let clients write. Nothing on that side can know better: only who sees both sides can, by the epochs, since
// the higher one was given when the other was dead. Whoever sees both says so; `bgdb sync` and `bgdb release run`,
// which are there all the time, end it at once.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "core/result.h"

namespace bgdb::app {

struct Returned {
  std::string side;  // the one with the lower epoch
  int64_t epoch = 0;
  std::string serving;
  int64_t serving_epoch = 0;
  std::string text() const;
};

// nullopt: not both sides say active, or one cannot be asked. Failure: refused, both with the same epoch: no switch
// ever wrote that.
Result<std::optional<Returned>> find_returned(const Config& config);
// The same, and from then on that side's guards refuse every client: it is retired, with the serving side's epoch, if
// it still stands where it stood. Journaled on the side that serves.
Result<std::optional<Returned>> retire_returned(const Config& config);

inline constexpr const char* kReturnedHint =
    "Keep clients away from it; \"bgdb rollback --target-lost\" retires it and takes away its slot.";

}  // namespace bgdb::app
