#include "core/sql_file.h"
#include "link/link.h"
#include "link/status_publisher.h"

namespace bgdb::link {

Result<std::optional<PublishedStatus>> read_published_status(pg::Session& target, std::string_view link_name) {
  const auto rows = BGDB_TRY(target.query(core::sql_text("link/read_status.sql"), {std::string(link_name)}));
  if (rows.empty()) return std::optional<PublishedStatus>();
  const auto lsn = [&](std::string_view column) {
    const auto& value = rows.at(0, column);
    return value ? Lsn::parse(*value) : Result<Lsn>(Lsn{});
  };
  const auto number = [&](std::string_view column) -> std::optional<double> {
    const auto& value = rows.at(0, column);
    if (!value) return std::nullopt;
    return std::strtod(value->c_str(), nullptr);
  };
  PublishedStatus published;
  published.slot = rows.text(0, "slot");
  published.origin = rows.text(0, "origin");
  published.source_system = rows.text(0, "source_system");
  published.start_lsn = BGDB_TRY(lsn("start_lsn"));
  published.state_text = rows.text(0, "state");
  // "created" is a link nobody has run yet.
  published.status.state = link_state_from_string(published.state_text).value_or(LinkState::stopped);
  published.status.received_lsn = BGDB_TRY(lsn("received_lsn"));
  published.status.applied_lsn = BGDB_TRY(lsn("applied_lsn"));
  if (rows.at(0, "lag_bytes")) published.status.lag_bytes = rows.integer(0, "lag_bytes");
  published.status.lag_ms = number("lag_ms");
  published.status.drain_ms = number("drain_ms");
  published.status.rows_applied = rows.integer(0, "rows_applied");
  published.status.transactions = rows.integer(0, "transactions");
  published.status.conflicts = rows.integer(0, "conflicts");
  published.status.quarantined = rows.integer(0, "quarantined");
  published.status.message = rows.text(0, "message");
  if (rows.at(0, "age_ms")) published.age = std::chrono::milliseconds(rows.integer(0, "age_ms"));
  return std::optional(std::move(published));
}

}  // namespace bgdb::link
