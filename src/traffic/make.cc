#include "traffic/make.h"

#include <nlohmann/json.hpp>

#include "traffic/command.h"
#include "traffic/haproxy.h"
#include "traffic/kubernetes.h"
#include "traffic/nginx.h"
#include "traffic/none.h"
#include "traffic/pgbouncer.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_driver(const DriverSpec& spec) {
  if (spec.driver == "pgbouncer") return make_pgbouncer(spec);
  if (spec.driver == "haproxy") return make_haproxy(spec);
  if (spec.driver == "nginx") return make_nginx(spec);
  if (spec.driver == "kubernetes") return make_kubernetes(spec);
  if (spec.driver == "command") return make_command(spec);
  if (spec.driver == "none" || spec.driver.empty()) return make_none(spec);
  return fail(ErrorCode::config, "traffic.driver: unknown driver " + spec.driver,
              "Known drivers: pgbouncer, haproxy, nginx, kubernetes, command, none.");
}

std::string to_json(const DriverSpec& spec) {
  nlohmann::json targets = nlohmann::json::array();
  for (const auto& target : spec.targets) targets.push_back({{"name", target.name}, {"dsn", target.dsn}});
  return nlohmann::json{{"driver", spec.driver},
                        {"admin_dsns", spec.admin_dsns},
                        {"database", spec.database},
                        {"databases_file", spec.databases_file},
                        {"front_door_dsn", spec.front_door_dsn},
                        {"commands", spec.commands},
                        {"command_timeout_ms", spec.command_timeout.count()},
                        {"targets", targets}}
      .dump();
}

Result<DriverSpec> spec_from_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(ErrorCode::internal, "the guardian got no description of the traffic driver");
  DriverSpec spec;
  spec.driver = json.value("driver", "none");
  spec.admin_dsns = json.value("admin_dsns", spec.admin_dsns);
  spec.database = json.value("database", "");
  spec.databases_file = json.value("databases_file", "");
  spec.front_door_dsn = json.value("front_door_dsn", "");
  spec.commands = json.value("commands", spec.commands);
  spec.command_timeout = std::chrono::milliseconds(json.value("command_timeout_ms", int64_t{10'000}));
  for (const auto& target : json.value("targets", nlohmann::json::array())) {
    spec.targets.push_back({target.value("name", ""), target.value("dsn", "")});
  }
  return spec;
}

}  // namespace bgdb::traffic
