// The operator of the night: runs the real commands as child processes of this very binary, in the project folder.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "app/demo/view.h"
#include "core/process.h"
#include "core/result.h"

namespace bgdb::app::demo {

class Operator {
 public:
  Operator(std::string project, View& view) : project_(std::move(project)), view_(view) {}

  // `bgdb <arguments>`; shows the lines it prints that are `worth_showing` (default: all), at most `lines_max` of them.
  // Returns the exit status; any status that is not in `expected` is an error that carries what the command said.
  using Filter = std::function<bool(const std::string& line)>;
  Result<int> run(const std::vector<std::string>& arguments, size_t lines_max, const std::set<int>& expected = {0},
                  const Filter& worth_showing = {});
  // `bgdb sync` in the background, its words in sync.log.
  Result<void> start_sync();
  bool sync_running() { return sync_.running(); }
  std::string sync_log() const;  // the last lines
  void stop_sync() { sync_.stop(std::chrono::seconds(5)); }

 private:
  std::string project_;
  View& view_;
  core::ChildProcess sync_;
};

}  // namespace bgdb::app::demo
