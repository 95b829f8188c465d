#include "core/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace bgdb::core {
namespace {
std::atomic<int> g_signals{0};
std::atomic<int> g_hangups{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_hangup(int) {
  g_hangups.fetch_add(1);
}

void on_signal(int signal) {
  if (g_signals.fetch_add(1) >= 1 && signal == SIGINT) std::_Exit(130);
}
}  // namespace

void install_interrupt_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  return g_signals.load(std::memory_order_relaxed) > 0;
}
void catch_hangup() {
  struct sigaction action {};
  action.sa_handler = on_hangup;
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, nullptr);
}
bool take_hangup() {
  return g_hangups.exchange(0) > 0;
}
void request_interrupt() {
  g_signals.fetch_add(1);
}
void clear_interrupt() {
  g_signals.store(0);
}

}  // namespace bgdb::core
