// bgdb status: one screen that says who serves and whether one could go on or back now.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/status.h"
#include "cli/commands.h"
#include "cli/gates_view.h"
#include "cli/output.h"
#include "cli/shared_status_view.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

std::string ms(const std::optional<double>& value) {
  return value ? fmt::format("{:.1f} ms", *value) : "no sample";
}

nlohmann::json optional_json(const auto& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json to_json(const app::Status& status) {
  nlohmann::json json = {
      {"active", status.active}, {"next", status.next}, {"advice", status.advice}, {"two_active", status.two_active}};
  json["window_left_s"] = optional_json(status.window_left_s);
  json["sides"] = nlohmann::json::array();
  for (const auto& side : status.sides) {
    json["sides"].push_back({{"name", side.name},
                             {"error", side.error},
                             {"role", side.role},
                             {"epoch", side.epoch},
                             {"since", side.since},
                             {"guards_on", side.guards_on},
                             {"guards_off", side.guards_off},
                             {"quarantined", side.quarantined},
                             {"slot", side.slot},
                             {"slot_state", side.slot_state},
                             {"slot_retained_bytes", side.slot_retained_bytes}});
  }
  json["links"] = nlohmann::json::array();
  for (const auto& link : status.links) {
    json["links"].push_back({{"name", link.name},
                             {"state", link.state},
                             {"lag_ms", optional_json(link.lag_ms)},
                             {"lag_bytes", optional_json(link.lag_bytes)},
                             {"drain_ms", optional_json(link.drain_ms)},
                             {"rows_applied", link.rows_applied},
                             {"conflicts", link.conflicts},
                             {"message", link.message},
                             {"age_ms", optional_json(link.age_ms)}});
  }
  json["gates"] = gates_json(status.gates);
  json["events"] = nlohmann::json::array();
  for (const auto& event : status.events) {
    auto entry = nlohmann::json::parse(journal::to_json(event.record));
    entry["side"] = event.side;
    json["events"].push_back(std::move(entry));
  }
  return json;
}

std::string sides_text(const app::Status& status) {
  std::string errors;  // below the table: they are longer than a column
  Table table({"side", "role", "epoch", "since", "guards", "slot", "retained", "quarantine"});
  for (const auto& side : status.sides) {
    if (!side.error.empty()) {
      const bool new_side = side.error == app::kNoState;
      table.add({side.name, new_side ? side.error : styled("unknown", Style::red), "", "", "", "", "", ""});
      if (!new_side) errors += fmt::format("{}: {}\n", styled(side.name, Style::red), side.error);
      continue;
    }
    const std::string guards = side.guards_off == 0 ? fmt::format("{} on", side.guards_on)
                                                    : fmt::format("{} on, {} off", side.guards_on, side.guards_off);
    table.add({side.name, side.role == "active" ? styled(side.role, Style::green) : side.role,
               std::to_string(side.epoch), side.since, guards, side.slot.empty() ? "none" : side.slot_state,
               side.slot.empty() ? "" : core::format_bytes(side.slot_retained_bytes),
               std::to_string(side.quarantined)});
  }
  return table.render() + errors;
}

std::string links_text(const app::Status& status) {
  Table table({"link", "state", "lag", "behind", "drain", "rows", "conflicts", "report", "message"});
  for (const auto& link : status.links) {
    table.add(
        {link.name, link.state == "streaming" ? styled(link.state, Style::green) : styled(link.state, Style::yellow),
         ms(link.lag_ms), link.lag_bytes ? core::format_bytes(*link.lag_bytes) : "no sample", ms(link.drain_ms),
         core::format_count(link.rows_applied), std::to_string(link.conflicts),
         link.age_ms ? fmt::format("{} ago", core::format_duration(std::chrono::milliseconds(*link.age_ms))) : "never",
         link.message});
  }
  return table.empty() ? "No link is set up.\n" : table.render();
}

std::string readiness_text(const app::Status& status) {
  if (status.next.empty()) return {};
  std::string held;
  for (const auto& gate : status.gates) {
    if (!gate.pass) held += fmt::format("  {} {}: {}\n", styled("hold", Style::red), gate.gate, gate.reason);
  }
  return fmt::format("{} readiness: {}\n{}", status.next,
                     held.empty() ? styled("ready", Style::green) : styled("not now", Style::red), held);
}

std::string to_text(const app::Status& status) {
  std::string text = fmt::format("{} {}\n\n{}\n{}", styled("Active:", Style::bold), status.active, sides_text(status),
                                 links_text(status));
  if (!status.advice.empty() || !status.next.empty()) text += "\n";
  if (!status.advice.empty()) text += styled("! " + status.advice, Style::red) + "\n";
  text += readiness_text(status);
  if (status.window_left_s) {
    text += *status.window_left_s > 0
                ? fmt::format("window left: {}\n", core::format_duration(std::chrono::seconds(*status.window_left_s)))
                : "window left: none; \"bgdb finalize\" ends it\n";
  }
  Table events({"at", "side", "actor", "command", "step"});
  for (const auto& event : status.events) {
    events.add({event.record.at, event.side, event.record.actor, event.record.command, event.record.step});
  }
  if (!events.empty()) text += "\n" + events.render();
  return text;
}

}  // namespace

void add_status(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("status",
                                     "Who serves, links and lag, guards, slots, window left, last events; strategy "
                                     "shared: phases, backfills, contract");
  command->footer(
      "Exit status: 0 one side serves, 1 nobody does, both do, or it is not known.\n\nExample:\n  bgdb status "
      "--json\n");
  command->callback([&global, &exit] {
    const auto config = app::load_config(global.config_path);
    if (!config) {
      exit.status = report("status", config.error());
      return;
    }
    if (config->shared()) {
      const auto status = app::read_shared_status(*config);
      if (status) print(global.json ? to_json(*status).dump(2) + "\n" : to_text(*status));
      exit.status = status ? 0 : report("status", status.error());
      return;
    }
    const auto status = app::read_status(*config);
    print(global.json ? to_json(status).dump(2) + "\n" : to_text(status));
    const bool one = status.active == "blue" || status.active == "green";
    exit.status = one && !status.two_active ? 0 : 1;
  });
}

}  // namespace bgdb::cli
