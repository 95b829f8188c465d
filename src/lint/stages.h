// The two ends of linting, each on a thread of its own, so that two cores have work: files are read and
// parsed ahead, and judged files become findings and reports behind. What is between, the replay, goes file by file.
// Both keep the order; queues are bounded in bytes. Internal to lint/.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "core/pipe.h"
#include "core/result.h"
#include "lint/file_linter.h"

namespace bgdb::lint {

class ReadAhead {
 public:
  using Load = std::function<Result<migration::Loaded>(const migration::File&)>;
  // `files` and what `load` needs must outlive it.
  ReadAhead(const std::vector<const migration::File*>& files, Load load);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // The next file. REQUIRES: called at most once per file.
  Result<migration::Loaded> next();

 private:
  core::Pipe<Result<migration::Loaded>> pipe_;
  const std::vector<const migration::File*>& files_;
  Load load_;
  size_t next_ = 0;  // when there is no thread
  std::thread thread_;
};

// Calls `deliver` for each judged file, in order, from one thread at a time.
class Delivery {
 public:
  using Deliver = std::function<void(Judged)>;
  explicit Delivery(Deliver deliver);
  ~Delivery();  // waits until everything is delivered
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void add(Judged judged);

 private:
  core::Pipe<Judged> pipe_;
  Deliver deliver_;
  std::thread thread_;
};

}  // namespace bgdb::lint
