#include "link/status_publisher.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/log.h"
#include "core/sql_file.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;

constexpr auto kPublishEvery = 1s;

pg::Value lsn_value(Lsn lsn) {
  return lsn.valid() ? pg::Value(lsn.to_string()) : std::nullopt;
}

template <class T>
pg::Value number_value(const std::optional<T>& number) {
  return number ? pg::Value(fmt::format("{}", *number)) : std::nullopt;
}

}  // namespace

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::starting:
      return "starting";
    case LinkState::streaming:
      return "streaming";
    case LinkState::stopped:
      return "stopped";
    case LinkState::failed:
      return "failed";
  }
  return "failed";
}

std::optional<LinkState> link_state_from_string(std::string_view text) {
  for (const auto state : {LinkState::starting, LinkState::streaming, LinkState::stopped, LinkState::failed}) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

void StatusPublisher::start() {
  stop_ = false;
  thread_ = std::thread([this] { run(); });
}

void StatusPublisher::changed() {
  {
    const std::lock_guard lock(mutex_);
    changed_ = true;
  }
  wake_.notify_all();
}

void StatusPublisher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> StatusPublisher::publish(pg::Session& session) {
  const LinkStatus status = meter_->status(std::chrono::steady_clock::now());
  return session.execute(
      core::sql_text("link/update_status.sql"),
      {options_->name, std::string(to_string(status.state)), lsn_value(status.received_lsn),
       lsn_value(status.applied_lsn), number_value(status.lag_bytes), number_value(status.lag_ms),
       number_value(status.drain_ms), fmt::format("{}", status.rows_applied), fmt::format("{}", status.transactions),
       fmt::format("{}", status.conflicts), status.message.empty() ? std::nullopt : pg::Value(status.message),
       fmt::format("{}", ::getpid())});
}

void StatusPublisher::run() {
  std::optional<pg::Session> session;
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, session ? kPublishEvery : 0s, [this] { return changed_ || stop_; });
      changed_ = false;
      last = stop_;
    }
    if (!session) {
      auto opened = pg::Session::open({.dsn = options_->target_dsn,
                                       .application_name = "bgdb status " + options_->name,
                                       .connect_timeout = 2'000ms,
                                       .settings = {{"synchronous_commit", "off"}, {"lock_timeout", "1000"}}});
      if (opened) session = std::move(*opened);
    }
    const auto published = session ? publish(*session) : Result<void>();
    if (!published) {
      core::log_debug("link {}: status not published: {}", options_->name, published.error().message);
      if (!session->alive()) session.reset();
    }
    if (!session && !last) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kPublishEvery, [this] { return stop_; });
    }
  }
}

}  // namespace bgdb::link
