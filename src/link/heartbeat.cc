#include "link/heartbeat.h"

#include <fmt/format.h>

#include "core/log.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;

// A walsender sends what is flushed. Before 17 a message cannot ask for that, and the log writer would take up to
// 200 ms on an idle server: the commit of a transaction with an identifier flushes at once.
constexpr std::string_view kBeat =
    "select pg_logical_emit_message(false, 'bgdb', $1), pg_current_xact_id(), pg_current_wal_insert_lsn() as lsn";
constexpr std::string_view kBeat17 =
    "select pg_logical_emit_message(false, 'bgdb', $1, true), pg_current_wal_insert_lsn() as lsn";

}  // namespace

void Heartbeat::start() {
  stop_ = false;
  thread_ = std::thread([this] { run(); });
}

void Heartbeat::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Heartbeat::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, duration, [this] { return stop_; });
}

Result<void> Heartbeat::beat(pg::Session& session, int64_t number) {
  meter_->heartbeat_sent(number, std::chrono::steady_clock::now());
  const bool can_flush = session.server_version() >= 170000;
  const auto rows = BGDB_TRY(session.query(can_flush ? kBeat17 : kBeat, {fmt::format("hb:{}", number)}));
  meter_->source_end(BGDB_TRY(Lsn::parse(rows.text(0, "lsn"))));
  return {};
}

void Heartbeat::run() {
  // Numbers of an earlier process are still in the log; ours begin above them.
  int64_t number =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  // local: a heartbeat must not wait for the source's synchronous standby.
  const pg::SessionOptions session_options{.dsn = options_->source_dsn,
                                           .application_name = "bgdb heartbeat " + options_->name,
                                           .settings = {{"synchronous_commit", "local"}}};
  do {
    auto session = pg::Session::open(session_options);
    if (!session) {
      core::log_debug("link {}: no heartbeat: {}", options_->name, session.error().message);
      continue;
    }
    while (pause(options_->heartbeat_interval)) {
      if (auto sent = beat(*session, ++number); !sent) {
        core::log_debug("link {}: heartbeat lost: {}", options_->name, sent.error().message);
        break;
      }
    }
  } while (pause(500ms));
}

}  // namespace bgdb::link
