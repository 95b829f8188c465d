#include "app/switch_spec.h"

#include <algorithm>

#include "journal/journal.h"

namespace bgdb::app {

traffic::DriverSpec driver_spec(const Config& config) {
  return driver_spec(config, config.traffic);
}

traffic::DriverSpec driver_spec(const Config& config, const TrafficConfig& traffic) {
  traffic::DriverSpec spec{.driver = traffic.driver,
                           .admin_dsns = traffic.admin_dsns,
                           .database = traffic.database,
                           .front_door_dsn = traffic.front_door_dsn,
                           .commands = traffic.commands,
                           .command_timeout = traffic.command_timeout,
                           .targets = {{"blue", config.blue_dsn}, {"green", config.green_dsn}}};
  spec.haproxy = traffic.haproxy;
  spec.nginx = traffic.nginx;
  spec.kubernetes = traffic.kubernetes;
  for (auto* file : {&spec.haproxy.config_file, &spec.nginx.config_file}) {
    if (!file->empty()) *file = config.resolve(*file);
  }
  for (auto& [action, argv] : spec.commands) {
    if (!argv.empty() && argv[0].find('/') != std::string::npos) argv[0] = config.resolve(argv[0]);
  }
  if (!traffic.databases_file.empty()) spec.databases_file = config.resolve(traffic.databases_file);
  return spec;
}

gate::Inputs gate_inputs(const Config& config, Direction direction) {
  const gate::Place blue{"blue", config.blue_dsn};
  const gate::Place green{"green", config.green_dsn};
  const bool forward = direction == Direction::cutover;
  gate::Inputs inputs{.source = forward ? blue : green,
                      .target = forward ? green : blue,
                      .link_out = forward ? "forward" : "reverse",
                      .link_back = forward ? "reverse" : "forward",
                      .slot_out = config.slot(forward ? "forward" : "reverse"),
                      .slot_back = config.slot(forward ? "reverse" : "forward"),
                      .target_is_new = forward,
                      .lag_bytes_max = config.gates.lag_bytes_max,
                      .lag_ms_max = config.gates.lag_ms_max,
                      .drain_ms_max = config.gates.drain_ms_max,
                      .long_transaction_max = config.gates.long_transaction_max,
                      .soak_min = forward ? config.gates.soak_min : milliseconds(0),
                      .verify_within = forward ? config.gates.verify_within : milliseconds(0),
                      .accepted_triggers = config.link.accepted_triggers,
                      .health = {}};
  for (const auto& health : config.gates.health) {
    // A check of green says nothing against going back to blue.
    if (!forward && health.on == "green") continue;
    inputs.health.push_back({.kind = health.kind,
                             .on = health.on,
                             .query = health.query,
                             .url = health.url,
                             .expect_status = health.expect_status,
                             .run = health.run,
                             .timeout = health.timeout,
                             .below = health.below,
                             .above = health.above,
                             .match = health.match,
                             .folder = config.folder});
  }
  // Going back is not held up by what green can do, nor by who is awake.
  if (!forward) return inputs;
  inputs.performance = config.gates.performance;
  inputs.approval = {.needed = config.gates.approval != "none",
                     .two_person = config.gates.approval == "two_person",
                     .operator_name = journal::actor(),
                     .within = config.gates.approval_within};
  return inputs;
}

milliseconds gate_timeout(const Config& config) {
  milliseconds timeout{5'000};
  for (const auto& health : config.gates.health) timeout = std::max(timeout, health.timeout);
  if (!config.gates.performance.queries.empty()) {
    timeout = std::max(timeout, config.gates.performance.duration + milliseconds(2'000));
  }
  return timeout;
}

std::string journal_mirror_path(const Config& config) {
  return config.folder.empty() ? std::string() : config.resolve("bgdb-journal.jsonl");
}

SwitchSpec make_switch_spec(const Config& config, Direction direction) {
  auto inputs = gate_inputs(config, direction);
  SwitchSpec spec{.command = direction == Direction::cutover ? "cutover" : "rollback",
                  .source = inputs.source,
                  .target = inputs.target,
                  .link_out = inputs.link_out,
                  .link_back = inputs.link_back,
                  .slot_out = inputs.slot_out,
                  .slot_back = inputs.slot_back,
                  .pause_max = config.switch_.pause_max,
                  .lock_timeout = config.switch_.lock_timeout,
                  .lock_attempts = config.switch_.lock_attempts,
                  // Going back is wanted at once.
                  .stable_for = direction == Direction::cutover ? config.gates.stable_for : milliseconds(0),
                  .gates = {},
                  .gate_timeout = gate_timeout(config),
                  .traffic = driver_spec(config),
                  .journal_mirror = journal_mirror_path(config),
                  .guardian_program = "/proc/self/exe"};
  spec.gates = std::move(inputs);
  return spec;
}

}  // namespace bgdb::app
