#include "cli/shared_status_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/gates_view.h"
#include "cli/output.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using std::chrono::milliseconds;

std::string_view state_of(const app::FileStatus& file) {
  return file.applied ? "applied" : file.baseline ? "baseline" : "waits";
}

std::string files_text(const app::SharedStatus& status) {
  Table table({"file", "phase", "state", "by", "at", "took"});
  size_t before = 0;
  for (const auto& file : status.files) {
    if (file.baseline) {
      ++before;
      continue;
    }
    const auto state = std::string(state_of(file));
    table.add({file.file, file.phase, styled(state, file.applied ? Style::green : Style::yellow), file.by, file.at,
               file.applied ? core::format_duration(milliseconds(file.duration_ms)) : ""});
  }
  return (before > 0 ? fmt::format("{} files up to the baseline\n", before) : "") + table.render();
}

// Of the run that goes on: how long until the table is walked once.
std::string time_left(const migrate::BackfillState& one) {
  if (one.rate <= 0 || one.walked >= one.total) return "";
  const auto seconds = static_cast<double>(one.total - one.walked) / one.rate;
  return core::format_duration(milliseconds(static_cast<int64_t>(seconds * 1000)));
}

std::string backfills_text(const migrate::BackfillStatus& status) {
  Table table({"backfill", "pass", "filled", "looked at", "of about", "rows/s", "left", "last batch"},
              {false, true, true, true, true, true, true, false});
  for (const auto& one : status.backfills) {
    table.add({one.table, std::to_string(one.pass), core::format_count(one.rows), core::format_count(one.walked),
               core::format_count(one.total), core::format_count(static_cast<int64_t>(one.rate)), time_left(one),
               core::format_duration(one.age) + " ago"});
  }
  return table.empty() ? "" : "\n" + table.render();
}

std::string contract_text(const app::SharedStatus& status) {
  if (!status.contract_waits) return {};
  std::string lines;
  bool ready = true;
  for (const auto& gate : status.gates) {
    ready = ready && gate.pass;
    lines += fmt::format("  {} {}: {}\n", gate_verdict(gate.pass), gate.gate,
                         gate.reason.empty() ? gate.value : gate.reason);
  }
  return fmt::format("\ncontract: {}\n{}", ready ? styled("may run", Style::green) : styled("not now", Style::red),
                     lines);
}

}  // namespace

std::string to_text(const app::SharedStatus& status) {
  std::string text = files_text(status);
  if (!status.files_error.empty()) text += styled("! " + status.files_error, Style::red) + "\n";
  text += backfills_text(status.backfills) + contract_text(status);
  if (!status.advice.empty()) text += "\nnext: " + status.advice + "\n";
  Table events({"at", "actor", "command", "step"});
  for (const auto& event : status.events)
    events.add({event.record.at, event.record.actor, event.record.command, event.record.step});
  if (!events.empty()) text += "\n" + events.render();
  return text;
}

nlohmann::json to_json(const app::SharedStatus& status) {
  nlohmann::json json = {{"strategy", "shared"},
                         {"files_error", status.files_error},
                         {"paused", status.backfills.paused},
                         {"contract_waits", status.contract_waits},
                         {"advice", status.advice}};
  for (const char* list : {"files", "backfills", "events"}) json[list] = nlohmann::json::array();
  for (const auto& file : status.files) {
    json["files"].push_back({{"file", file.file},
                             {"phase", file.phase},
                             {"state", state_of(file)},
                             {"by", file.by},
                             {"at", file.at},
                             {"duration_ms", file.duration_ms}});
  }
  for (const auto& one : status.backfills.backfills) {
    json["backfills"].push_back({{"table", one.table},
                                 {"pass", one.pass},
                                 {"rows", one.rows},
                                 {"walked", one.walked},
                                 {"total", one.total},
                                 {"rate", one.rate},
                                 {"last_at", one.at},
                                 {"age_ms", one.age.count()}});
  }
  json["gates"] = gates_json(status.gates);
  for (const auto& event : status.events)
    json["events"].push_back(nlohmann::json::parse(journal::to_json(event.record)));
  return json;
}

}  // namespace bgdb::cli
