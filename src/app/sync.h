// `bgdb sync`: both links of a configuration, set up where needed and run until told to stop. And what other processes
// can read about them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/result.h"
#include "link/link.h"

namespace bgdb::app {

struct RunningLink {
  std::string name;  // forward | reverse
  std::string from;  // blue | green
  std::string to;
  std::unique_ptr<link::Link> link;
};

class Sync {
 public:
  // Derives the mapping, creates the reverse link at the first time (while no client can write on green), starts both.
  // Failure: not_found (no clone yet), refused (mapping, a gap, another server, no guard on green), connection ...
  static Result<std::unique_ptr<Sync>> start(const Config& config);
  ~Sync();
  const std::vector<RunningLink>& links() const { return links_; }
  const std::string& engine() const { return engine_; }  // which one, and why
  bool all_ended() const;                                // failed, or removed by finalize
  bool any_failed() const;
  void stop();

 private:
  Sync() = default;
  std::vector<RunningLink> links_;
  std::string engine_;
};

// A link as its target tells it.
struct LagSample {
  std::string link;  // forward | reverse
  std::string from;
  std::string to;
  bool leading = false;  // its source is the active side: this is the lag that counts
  std::optional<link::PublishedStatus> published;
  std::string problem;  // why this is no good sample: empty = a fresh one of a streaming link
};

struct LagLimits {
  int64_t bytes_max = 0;
  std::chrono::milliseconds ms_max{0};
};

struct LagVerdict {
  bool within = false;
  std::string reason;
};

Result<std::vector<LagSample>> read_lag(const Config& config);
// Judges the leading link. No sample and a stale one are never within.
LagVerdict judge_lag(const std::vector<LagSample>& samples, const LagLimits& limits);

}  // namespace bgdb::app
