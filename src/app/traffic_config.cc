#include "app/traffic_config.h"

#include <fmt/format.h>

namespace bgdb::app {
namespace {

using Names = std::map<std::string, std::string>;

// { blue: ..., green: ... }
void read_names(YamlMap& map, const std::string& key, Names& names) {
  if (!map.has(key)) return;
  YamlMap sides(map.node(key), map.name(key) + ".", map.problems());
  for (const char* side : {"blue", "green"}) {
    if (sides.has(side)) sides.text(side, names[side]);
  }
}

void read_drivers(YamlMap& map, TrafficConfig& traffic) {
  if (map.has("haproxy")) {
    YamlMap section(map.node("haproxy"), map.name("haproxy."), map.problems());
    section.text_or_texts("sockets", traffic.haproxy.sockets);
    section.text("backend", traffic.haproxy.backend);
    section.text("config_file", traffic.haproxy.config_file);
    read_names(section, "servers", traffic.haproxy.servers);
  }
  if (map.has("nginx")) {
    YamlMap section(map.node("nginx"), map.name("nginx."), map.problems());
    section.text("upstream", traffic.nginx.upstream);
    section.text("config_file", traffic.nginx.config_file);
    section.texts("command", traffic.nginx.command);
    read_names(section, "servers", traffic.nginx.servers);
    if (traffic.nginx.command.empty()) section.problem("command", "names no program; write command: [nginx]");
  }
  if (map.has("kubernetes")) {
    YamlMap section(map.node("kubernetes"), map.name("kubernetes."), map.problems());
    auto& kubernetes = traffic.kubernetes;
    section.choice("kind", kubernetes.kind,
                   {"service", "ingress", "ingressroute", "ingressroutetcp", "virtualservice"});
    section.text("name", kubernetes.name);
    section.text("namespace", kubernetes.name_space);
    section.text("context", kubernetes.context);
    section.text("label", kubernetes.label);
    section.text("kubectl", kubernetes.kubectl);
    read_names(section, "names", kubernetes.names);
  }
}

// What each driver cannot do without.
void check_driver(YamlMap& top, const std::string& section, const TrafficConfig& traffic) {
  const auto need = [&](const char* driver, bool missing, const char* key, const char* what) {
    if (traffic.driver != driver || !missing) return;
    top.problems().add(top.line(section), fmt::format("{0}.driver {1} needs {0}.{2}: {3}", section, driver, key, what));
  };
  need("pgbouncer", traffic.admin_dsns.empty(), "admin_dsn", "its admin console, dbname=pgbouncer");
  need("pgbouncer", traffic.database.empty(), "database", "the name of the pool that clients connect to");
  need("pgbouncer", traffic.databases_file.empty(), "databases_file",
       "the file that its %include names, with [databases]");
  need("command", !traffic.commands.contains("switch") && !traffic.commands.contains("weigh"), "commands.switch",
       "[\"./to.sh\"]");
  need("haproxy", traffic.haproxy.sockets.empty(), "haproxy.sockets",
       "its runtime socket, e.g. /run/haproxy/admin.sock");
  need("haproxy", traffic.haproxy.backend.empty(), "haproxy.backend", "the backend with a server for each side");
  need("haproxy", traffic.haproxy.config_file.empty(), "haproxy.config_file", "the file that holds that backend");
  need("nginx", traffic.nginx.upstream.empty(), "nginx.upstream", "the upstream block that leads to the database");
  need("nginx", traffic.nginx.config_file.empty(), "nginx.config_file", "the file that holds that block");
  need("kubernetes", traffic.kubernetes.name.empty(), "kubernetes.name",
       "the object that leads clients to the database");
}

void read_steps(YamlMap& map, TrafficConfig& traffic) {
  for (const auto& entry : map.entries("steps", "{ percent: 10, for: 5m }")) {
    YamlMap step(entry, map.name("steps."), map.problems());
    TrafficStep read;
    step.integer("percent", read.percent, 1, 100);
    step.duration("for", read.lasting);
    if (!traffic.steps.empty() && read.percent <= traffic.steps.back().percent) {
      step.problem("percent", "each step leads more clients to green than the one before");
    }
    traffic.steps.push_back(read);
  }
}

void read_section(YamlMap& top, const std::string& section, TrafficConfig& traffic) {
  YamlMap map(top.node(section), section + ".", top.problems());
  map.choice("driver", traffic.driver, {"pgbouncer", "haproxy", "nginx", "kubernetes", "command", "none"});
  map.text_or_texts("admin_dsn", traffic.admin_dsns);
  map.text("database", traffic.database);
  map.text("databases_file", traffic.databases_file);
  map.text("front_door_dsn", traffic.front_door_dsn);
  map.duration("command_timeout", traffic.command_timeout);
  if (map.has("commands")) {
    YamlMap commands(map.node("commands"), map.name("commands."), map.problems());
    for (const char* call : {"pause", "switch", "resume", "current", "weigh", "weight"}) {
      if (commands.has(call)) commands.texts(call, traffic.commands[call]);
    }
  }
  if (section == "canary") map.flag("read_only", traffic.read_only);
  read_steps(map, traffic);
  read_drivers(map, traffic);
  check_driver(top, section, traffic);
}

}  // namespace

void read_traffic_config(YamlMap& top, Config& config) {
  if (top.has("traffic")) read_section(top, "traffic", config.traffic);
  if (!top.has("canary")) return;
  config.canary.emplace();
  read_section(top, "canary", *config.canary);
  if (config.shared()) {
    top.problem("canary", "with strategy shared both versions write the same rows: steps belong into traffic.steps");
  }
}

}  // namespace bgdb::app
