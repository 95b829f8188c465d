// The relay engine: composition and the loop that heals. Whatever breaks, both ends are closed and opened again from
// what is durable on the target; only what can never be right ends in `failed`.
#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "core/log.h"
#include "core/retry.h"
#include "link/connect.h"
#include "link/heartbeat.h"
#include "link/link.h"
#include "link/receiver.h"
#include "link/status_publisher.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// A killed predecessor's sessions live on for a moment and hold slot and origin.
constexpr auto kTakeOverBudget = 15s;
constexpr core::RetryPolicy kReconnect{.attempts_max = 1 << 30, .backoff_first = 100ms, .backoff_max = 5'000ms};
constexpr auto kSeverAfter = 6s;  // a stop does not wait longer for a lock somebody holds, or a server that hangs

class Relay : public Link {
 public:
  Relay(LinkOptions options, translate::Mapping mapping)
      : options_(std::move(options)),
        mapping_(std::move(mapping)),
        heartbeat_(options_, meter_),
        publisher_(options_, meter_) {}
  ~Relay() override { stop(); }

  Result<void> start() override;
  void stop() override;
  LinkStatus status() const override { return meter_.status(steady_clock::now()); }

 private:
  Result<Connected> connect_taking_over();
  void supervise(Connected first);
  Result<void> stream(Connected connected);
  void set_state(LinkState state, std::string message);
  bool pause(std::chrono::milliseconds duration);

  const LinkOptions options_;
  const translate::Mapping mapping_;
  Seen seen_;
  Meter meter_;
  Heartbeat heartbeat_;
  StatusPublisher publisher_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  Applier* applier_ = nullptr;  // while it runs; under mutex_
};

void Relay::set_state(LinkState state, std::string message) {
  core::log_debug("link {}: {} {}", options_.name, to_string(state), message);
  meter_.set_state(state, std::move(message));
  publisher_.changed();
}

bool Relay::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, duration, [this] { return stop_.load(); });
}

Result<Connected> Relay::connect_taking_over() {
  const auto deadline = steady_clock::now() + kTakeOverBudget;
  while (true) {
    auto connected = connect(options_, mapping_, meter_, seen_);
    if (connected || connected.error().sqlstate != "55006" || steady_clock::now() >= deadline) return connected;
    if (!pause(200ms)) return connected;
  }
}

Result<void> Relay::start() {
  BGDB_ASSERT(!thread_.joinable());
  stop_ = false;
  auto connected = connect_taking_over();
  if (!connected) {
    meter_.set_state(LinkState::failed, connected.error().message);
    return connected.error().with_context(fmt::format("link {}", options_.name));
  }
  set_state(LinkState::streaming, "");
  publisher_.start();
  heartbeat_.start();
  thread_ =
      std::thread([this, first = std::make_shared<Connected>(std::move(*connected))] { supervise(std::move(*first)); });
  return {};
}

void Relay::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, kSeverAfter, [this] { return applier_ == nullptr; })) applier_->session().sever();
  }
  thread_.join();
  heartbeat_.stop();
  publisher_.stop();
}

// One life of a connection: until it breaks or stop.
Result<void> Relay::stream(Connected connected) {
  ChunkQueue queue(options_.queue_bytes_max);
  Receiver receiver(std::move(connected.stream), queue, meter_);
  std::atomic<bool> receiver_stop{false};
  {
    const std::lock_guard lock(mutex_);
    applier_ = connected.applier.get();
  }
  std::thread reading([&] { receiver.run(receiver_stop); });
  auto ended = connected.applier->run(queue, stop_);
  receiver_stop = true;
  reading.join();
  {
    const std::lock_guard lock(mutex_);
    applier_ = nullptr;
  }
  wake_.notify_all();
  return ended;
}

void Relay::supervise(Connected first) {
  std::optional<Connected> connected(std::move(first));
  int attempt = 1;
  Lsn reached = meter_.durable();
  while (true) {
    auto ended = stream(*std::exchange(connected, std::nullopt));
    if (meter_.durable() > reached) attempt = 1;  // connections were good for something: no need to wait longer
    reached = meter_.durable();
    while (!connected) {
      if (ended || stop_) return set_state(LinkState::stopped, "");
      const Error& error = ended.error();
      if (error.code == ErrorCode::not_found) return set_state(LinkState::stopped, error.message);
      // We were let in before: a password, a role or pg_hba.conf that somebody is changing may be right again.
      const bool kept_out = error.code == ErrorCode::connection && error.retry == Retry::never;
      if (!kept_out && !worth_retrying(error)) {
        if (error.code == ErrorCode::divergence) meter_.conflict();
        core::log_error("link {}: {}", options_.name, error.to_string());
        return set_state(LinkState::failed, error.hint.empty() ? error.message : error.message + ". " + error.hint);
      }
      set_state(LinkState::starting,
                fmt::format("reconnecting: {}{}", error.message,
                            kept_out ? ". If bgdb.yml says otherwise by now, start `bgdb sync` again" : ""));
      if (!pause(core::backoff_before(kReconnect, ++attempt))) continue;
      auto again = connect(options_, mapping_, meter_, seen_);
      if (again) {
        connected = std::move(*again);
      } else {
        ended = std::move(again).error();
      }
    }
    set_state(LinkState::streaming, "");
  }
}

}  // namespace

std::unique_ptr<Link> make_relay(LinkOptions options, translate::Mapping mapping) {
  return std::make_unique<Relay>(std::move(options), std::move(mapping));
}

}  // namespace bgdb::link
