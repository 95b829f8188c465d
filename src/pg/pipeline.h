// libpq pipeline mode with bounded outstanding bytes (reference: pgoutput, section 7). One thread; the session may do
// nothing else between enter() and leave().
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::pg {

class Pipeline {
 public:
  // outstanding_bytes_max: what may be sent before results are read (64-256 kB is right).
  static Result<Pipeline> enter(Session& session, size_t outstanding_bytes_max = 128 * 1024);
  Pipeline(Pipeline&& other) noexcept;
  Pipeline& operator=(Pipeline&&) = delete;
  ~Pipeline();  // leaves pipeline mode, discarding what is outstanding

  // `on_result` gets the affected-row count when the result arrives, in order, during a later call on this object.
  using OnResult = std::function<Result<void>(int64_t affected)>;
  Result<void> prepare(const std::string& name, std::string_view sql);
  Result<void> send_prepared(const std::string& name, const std::vector<Value>& parameters, OnResult on_result = {});
  Result<void> send(std::string_view sql, const std::vector<Value>& parameters = {}, OnResult on_result = {});
  // Sync point: reads everything outstanding; the first error since the last sync is returned (later statements of the
  // same sync were skipped by the server).
  Result<void> sync();
  // Its halves, for a caller that has something to do while the server works.
  Result<void> send_sync();
  Result<void> collect();

 private:
  struct Pending {
    size_t bytes = 0;
    OnResult on_result;
    bool is_sync = false;
  };
  explicit Pipeline(Session& session, size_t bytes_max) : session_(&session), outstanding_bytes_max_(bytes_max) {}
  Result<void> sent(bool accepted, size_t bytes, OnResult on_result, bool is_sync = false);
  Result<void> drain(size_t until_bytes);
  Result<bool> take_result();
  Result<void> wait(int events);
  void note(Error error);

  Session* session_;
  size_t outstanding_bytes_max_;
  size_t outstanding_bytes_ = 0;
  std::deque<Pending> pending_;
  std::optional<Error> first_error_;
};

}  // namespace bgdb::pg
