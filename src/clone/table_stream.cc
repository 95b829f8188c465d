#include "clone/table_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/interrupt.h"

namespace bgdb::clone {
namespace {

using namespace std::chrono_literals;

constexpr size_t kPutBytes = 64 << 10;  // rows are sent on together: one system call, one message
constexpr size_t kStageBytes = 64 << 20;
constexpr int64_t kTellBytes = 1 << 20;  // how often progress is told
constexpr std::string_view kWhole = "(all tables)";

using Settings = std::vector<std::pair<std::string, std::string>>;

Result<pg::Session> open(const std::string& dsn, const std::string& encoding, Settings more) {
  Settings settings = {{"datestyle", "ISO"},    {"intervalstyle", "postgres"}, {"lc_monetary", "C"},
                       {"row_security", "off"}, {"lock_timeout", "10s"},       {"client_encoding", encoding}};
  settings.insert(settings.end(), more.begin(), more.end());
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb clone", .settings = std::move(settings)});
}

}  // namespace

Result<pg::Session> open_blue(const CopyOptions& options) {
  auto session = BGDB_TRY(open(options.blue_dsn, options.encoding,
                               {{"extra_float_digits", "3"}, {"bytea_output", "hex"}, {"search_path", ""}}));
  BGDB_CHECK(session.begin("isolation level repeatable read read only"));
  BGDB_CHECK(session.execute("set transaction snapshot " + quote_literal(options.snapshot)));
  return session;
}

Result<pg::Session> open_green(const CopyOptions& options) {
  auto session = BGDB_TRY(open(options.green_dsn, options.encoding,
                               {{"array_nulls", "on"}, {"xmloption", "content"}, {"synchronous_commit", "off"}}));
  BGDB_CHECK(session.execute("set session_replication_role = replica"));
  return session;
}

Pace::Pace(const std::vector<TablePlan>& tables, int64_t bytes_per_second, core::Progress& progress)
    : progress_(progress), bytes_per_second_(bytes_per_second) {
  for (const TablePlan& table : tables) whole_ += table.bytes;
}

Pace::~Pace() {
  if (whole_done_ > 0) progress_.item_done(kWhole);
}

void Pace::sent(const TablePlan& table, int64_t rows, int64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    Table& at = tables_[&table];
    at.rows += rows;
    const int64_t expected = std::max({table.rows_estimate, at.rows, int64_t{1}});
    const auto counted = static_cast<int64_t>(static_cast<double>(table.bytes) * static_cast<double>(at.rows) /
                                              static_cast<double>(expected));
    whole_done_ += counted - std::exchange(at.counted, counted);
    progress_.item(table.name.display(), at.rows, expected, "rows");
    progress_.item(kWhole, whole_done_, whole_, "bytes");
  }
  spend(bytes);
}

void Pace::table_done(const TablePlan& table, int64_t rows) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(&table);
  whole_done_ += table.bytes - (found == tables_.end() ? 0 : found->second.counted);
  if (found != tables_.end()) {  // else too small to be told
    progress_.item(table.name.display(), rows, rows, "rows");
    progress_.item_done(table.name.display());
    tables_.erase(found);
  }
  progress_.item(kWhole, whole_done_, whole_, "bytes");
}

void Pace::spend(int64_t bytes) {
  const int64_t sent = sent_ += bytes;
  while (bytes_per_second_ > 0 && !stop_ && !core::interrupted()) {
    const auto due = std::chrono::milliseconds(sent * 1000 / bytes_per_second_);
    const auto left = due - core::time_since(began_);
    if (left <= 0ms) return;
    core::system_clock().sleep_for(std::min<std::chrono::milliseconds>(left, 100ms));
  }
}

namespace {

// What green takes in: rows into the table itself, or into a stage that is poured out when it has become large.
class Sink {
 public:
  Sink(pg::Session& green, const Route& route) : green_(green), route_(route) {}

  Result<void> open() {
    if (!route_.stage.empty()) BGDB_CHECK(green_.execute(route_.stage));
    return green_.copy_in_begin(route_.into);
  }
  Result<void> put(std::string_view rows) {
    staged_bytes_ += rows.size();
    BGDB_CHECK(green_.copy_in_put(rows));
    if (route_.stage.empty() || staged_bytes_ < kStageBytes) return {};
    BGDB_CHECK(pour());
    BGDB_CHECK(green_.execute(route_.empty));
    return green_.copy_in_begin(route_.into);
  }
  // Rows that the table took.
  Result<int64_t> close() {
    BGDB_CHECK(pour());
    if (!route_.stage.empty()) BGDB_CHECK(green_.execute("drop table pg_temp.bgdb_stage"));
    return rows_;
  }

 private:
  Result<void> pour() {
    const auto taken = BGDB_TRY(green_.copy_in_end());
    staged_bytes_ = 0;
    rows_ += route_.stage.empty() ? taken : BGDB_TRY(green_.query(route_.insert)).affected;
    return {};
  }

  pg::Session& green_;
  const Route& route_;
  size_t staged_bytes_ = 0;
  int64_t rows_ = 0;
};

}  // namespace

Result<TableCopied> stream_table(pg::Session& blue, pg::Session& green, const TablePlan& table, const Route& route,
                                 Pace& pace) {
  TableCopied copied{table.name, 0, 0};
  Sink sink(green, route);
  BGDB_CHECK(sink.open());
  std::string pending;
  int64_t rows_untold = 0, bytes_untold = 0;
  const auto pass_on = [&](std::string_view row) -> Result<void> {
    pending.append(row);
    ++rows_untold;
    if (pending.size() < kPutBytes) return {};
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (pace.stopped()) return fail(ErrorCode::interrupted, "another table failed");
    BGDB_CHECK(sink.put(pending));
    bytes_untold += static_cast<int64_t>(pending.size());
    copied.bytes += static_cast<int64_t>(pending.size());
    pending.clear();
    if (bytes_untold >= kTellBytes) pace.sent(table, std::exchange(rows_untold, 0), std::exchange(bytes_untold, 0));
    return {};
  };
  const auto sent = blue.copy_out(route.from, pass_on);
  if (!sent) {
    // green's own complaint (a full disk, a lost table) says more than "the copy was given up"
    (void)green.copy_in_abort("the source failed");
    return fail(sent.error());
  }
  copied.bytes += static_cast<int64_t>(pending.size());
  BGDB_CHECK(sink.put(pending));
  pace.spend(bytes_untold + static_cast<int64_t>(pending.size()));
  copied.rows = BGDB_TRY(sink.close());
  if (copied.rows != *sent) {
    return fail(ErrorCode::divergence, fmt::format("blue sent {} rows, green stored {}", *sent, copied.rows));
  }
  return copied;
}

}  // namespace bgdb::clone
