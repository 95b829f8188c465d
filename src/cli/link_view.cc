#include "cli/link_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/units.h"

namespace bgdb::cli {
namespace {

std::string milliseconds_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.1f} ms", *value) : "-";
}

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

std::string state_name(link::LinkState state) {
  switch (state) {
    case link::LinkState::starting:
      return "starting";
    case link::LinkState::streaming:
      return "streaming";
    case link::LinkState::stopped:
      return "stopped";
    case link::LinkState::failed:
      return "failed";
  }
  return "failed";
}

Table link_table(bool rate) {
  return Table({"link", "direction", "state", "lag", "behind", "drain", "rows", rate ? "rows/s" : "transactions",
                "quarantined", "conflicts"},
               {false, false, false, true, true, true, true, true, true, true});
}

void add_link_row(Table& table, const std::string& name, const std::string& from, const std::string& to,
                  const link::LinkStatus& status, const std::string& state, std::optional<double> rate) {
  const Style style = state == "streaming" ? Style::green : state == "failed" ? Style::red : Style::yellow;
  table.add({name, from + " -> " + to, styled(state, style), milliseconds_text(status.lag_ms),
             status.lag_bytes ? core::format_bytes(*status.lag_bytes) : "-", milliseconds_text(status.drain_ms),
             core::format_count(status.rows_applied),
             core::format_count(rate ? static_cast<int64_t>(*rate) : status.transactions),
             core::format_count(status.quarantined), core::format_count(status.conflicts)});
}

nlohmann::json link_json(const std::string& name, const link::LinkStatus& status, const std::string& state) {
  return {{"link", name},
          {"state", state},
          {"lag_ms", or_null(status.lag_ms)},
          {"lag_bytes", or_null(status.lag_bytes)},
          {"drain_ms", or_null(status.drain_ms)},
          {"received_lsn", status.received_lsn.to_string()},
          {"applied_lsn", status.applied_lsn.to_string()},
          {"rows_applied", status.rows_applied},
          {"transactions", status.transactions},
          {"quarantined", status.quarantined},
          {"conflicts", status.conflicts},
          {"message", status.message}};
}

}  // namespace bgdb::cli
