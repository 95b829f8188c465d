#include "clone/copier.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/interrupt.h"
#include "pg/session.h"

namespace bgdb::clone {
namespace {

class Crew {
 public:
  Crew(const CopyOptions& options, const std::vector<TablePlan>& tables, core::Progress& progress)
      : options_(options), tables_(tables), progress_(progress) {}

  Result<std::vector<TableCopied>> run() {
    const auto count =
        std::clamp<size_t>(static_cast<size_t>(std::max(options_.workers, 1)), 1, std::max<size_t>(tables_.size(), 1));
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i) {
      threads.emplace_back([this] {
        if (auto result = work(); !result) fail_all(result.error());
      });
    }
    for (auto& thread : threads) thread.join();
    if (error_) return fail(*error_);
    return std::move(copied_);
  }

 private:
  void fail_all(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    stop_ = true;
  }

  Result<void> work() {
    auto blue = BGDB_TRY(open_blue());
    auto green = BGDB_TRY(open_green());
    while (!stop_) {
      const size_t index = next_.fetch_add(1);
      if (index >= tables_.size()) break;
      auto copied = copy(blue, green, tables_[index]);
      if (!copied) return fail(copied.error().with_context("copying " + tables_[index].name.display()));
      const std::lock_guard lock(mutex_);
      copied_.push_back(*std::move(copied));
    }
    return blue.rollback();
  }

  Result<pg::Session> open_blue() {
    auto session = BGDB_TRY(pg::Session::open({.dsn = options_.blue_dsn,
                                               .application_name = "bgdb clone",
                                               .settings = {{"datestyle", "ISO"},
                                                            {"intervalstyle", "postgres"},
                                                            {"extra_float_digits", "3"},
                                                            {"bytea_output", "hex"},
                                                            {"lc_monetary", "C"},
                                                            {"search_path", ""},
                                                            {"statement_timeout", "0"},
                                                            {"lock_timeout", "10s"},
                                                            {"idle_in_transaction_session_timeout", "0"},
                                                            {"row_security", "off"},
                                                            {"client_encoding", options_.encoding}}}));
    BGDB_CHECK(session.begin("isolation level repeatable read read only"));
    BGDB_CHECK(session.execute("set transaction snapshot " + quote_literal(options_.snapshot)));
    return session;
  }

  Result<pg::Session> open_green() {
    auto session = BGDB_TRY(pg::Session::open({.dsn = options_.green_dsn,
                                               .application_name = "bgdb clone",
                                               .settings = {{"datestyle", "ISO"},
                                                            {"intervalstyle", "postgres"},
                                                            {"array_nulls", "on"},
                                                            {"xmloption", "content"},
                                                            {"lc_monetary", "C"},
                                                            {"row_security", "off"},
                                                            {"statement_timeout", "0"},
                                                            {"lock_timeout", "10s"},
                                                            {"synchronous_commit", "off"},
                                                            {"client_encoding", options_.encoding}}}));
    BGDB_CHECK(session.execute("set session_replication_role = replica"));
    return session;
  }

  Result<TableCopied> copy(pg::Session& blue, pg::Session& green, const TablePlan& table) {
    const std::string name = table.name.display();
    TableCopied copied{table.name, 0, 0};
    const int64_t total = std::max<int64_t>(table.rows_estimate, 0);
    int64_t reported = 0;
    progress_.item(name, 0, total, "rows");
    auto transaction = BGDB_TRY(pg::Transaction::begin(green));
    BGDB_CHECK(green.execute("truncate only " + table.name.sql()));
    const std::string target =
        fmt::format("{}{}", table.name.sql(), table.columns.empty() ? "" : " (" + table.columns + ")");
    BGDB_CHECK(green.copy_in_begin(fmt::format("copy {} from stdin with (freeze)", target)));
    const auto sent =
        blue.copy_out(fmt::format("copy {} to stdout", target), [&](std::string_view chunk) -> Result<void> {
          if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
          if (stop_) return fail(ErrorCode::interrupted, "another table failed");
          copied.rows += std::count(chunk.begin(), chunk.end(), '\n');
          copied.bytes += static_cast<int64_t>(chunk.size());
          if (copied.bytes - reported > (1 << 20)) {
            reported = copied.bytes;
            progress_.item(name, copied.rows, std::max(total, copied.rows), "rows");
          }
          return green.copy_in_put(chunk);
        });
    if (!sent) {
      // green's own complaint (a full disk, a lost table) says more than "the copy was given up"
      (void)green.copy_in_abort("the source failed");
      return fail(sent.error());
    }
    const int64_t stored = BGDB_TRY(green.copy_in_end());
    if (stored != copied.rows) {
      return fail(ErrorCode::divergence, fmt::format("blue sent {} rows, green stored {}", copied.rows, stored));
    }
    BGDB_CHECK(transaction.commit());
    progress_.item(name, copied.rows, copied.rows, "rows");
    progress_.item_done(name);
    return copied;
  }

  const CopyOptions& options_;
  const std::vector<TablePlan>& tables_;
  core::Progress& progress_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<TableCopied> copied_;
};

}  // namespace

Result<std::vector<TableCopied>> copy_tables(const CopyOptions& options, const std::vector<TablePlan>& tables,
                                             core::Progress& progress) {
  return Crew(options, tables, progress).run();
}

}  // namespace bgdb::clone
