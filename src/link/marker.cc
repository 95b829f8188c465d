// The marker travels in the source's log like any transaction; the link writes it as a row in the transaction that
// holds everything before it, flushed. A row that can be seen is therefore the proof.
#include <fmt/format.h>

#include "core/ident.h"
#include "core/interrupt.h"
#include "link/link.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPollEvery = 50ms;  // when the notification is lost (a pooler, a reconnect)
constexpr auto kFailureCheckEvery = 200ms;

}  // namespace

Result<Lsn> emit_marker(pg::Session& source, std::string_view id) {
  if (source.in_transaction()) {
    return fail(ErrorCode::internal, "a marker must be emitted outside of a transaction: it is sent at its commit");
  }
  const auto rows = source.script(
      fmt::format("begin; set local synchronous_commit = on; select pg_logical_emit_message(true, 'bgdb', {}); commit; "
                  "select pg_current_wal_flush_lsn() as lsn",
                  quote_literal(fmt::format("marker:{}", id))));
  if (!rows) {
    if (source.alive() && source.in_transaction()) (void)source.rollback();
    return rows.error().with_context("cannot emit a marker on the source");
  }
  return Lsn::parse(rows->text(0, "lsn"));
}

Result<void> wait_marker(pg::Session& target, std::string_view link_name, std::string_view id,
                         std::chrono::milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const std::string expected = fmt::format("{} {}", link_name, id);
  BGDB_CHECK(target.execute("listen bgdb_marker"));
  const auto finish = [&](Result<void> result) {
    if (target.alive()) (void)target.execute("unlisten bgdb_marker");
    return result;
  };
  auto failure_checked = steady_clock::now();
  while (true) {
    const auto found = target.query("select 1 from bgdb.marker where link = $1 and id = $2",
                                    {std::string(link_name), std::string(id)});
    if (!found) return finish(found.error());
    if (!found->empty()) return finish({});
    const auto now = steady_clock::now();
    if (core::interrupted()) return finish(fail(ErrorCode::interrupted, "interrupted while waiting for a marker"));
    if (now >= deadline) {
      return finish(fail(ErrorCode::timeout, fmt::format("link {}: marker {} was not applied within {} ms", link_name,
                                                         id, timeout.count())));
    }
    if (now - failure_checked >= kFailureCheckEvery) {
      failure_checked = now;
      const auto published = read_published_status(target, link_name);
      if (published && *published && (*published)->state_text == "failed") {
        return finish(fail(ErrorCode::divergence,
                           fmt::format("link {} has failed: {}", link_name, (*published)->status.message)));
      }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    for (auto wait = std::min<std::chrono::milliseconds>(left, kPollEvery);;) {
      const auto notification = target.wait_notification(wait);
      if (!notification) return finish(notification.error());
      if (!*notification || (*notification)->payload == expected) break;
      wait = 0ms;  // somebody else's marker: take what else is there, then look
    }
  }
}

}  // namespace bgdb::link
