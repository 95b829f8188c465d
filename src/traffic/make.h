// From a description to a driver. The description travels as JSON to the guardian process.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "traffic/driver.h"

namespace bgdb::traffic {

struct HaproxySettings {
  std::vector<std::string> sockets{};            // runtime sockets (level admin): a path or host:port, one per HAProxy
  std::string backend{};                         // holds a server for each side
  std::map<std::string, std::string> servers{};  // side -> its server's name there; default: the side's own name
  std::string config_file{};                     // holds the backend
};

struct NginxSettings {
  std::string upstream{};     // the block with one server
  std::string config_file{};  // holds the block
  std::vector<std::string> command = {"nginx"};
  std::map<std::string, std::string>
      servers{};  // gradual traffic: side -> its address in the block; default: the dsn's
};

struct KubernetesSettings {
  std::string kind = "service";  // service | ingress (canary) | ingressroute | ingressroutetcp | virtualservice
  std::string name{};
  std::string name_space{};
  std::string context{};
  std::string label = "side";                  // service: the label of its selector that differs
  std::map<std::string, std::string> names{};  // side -> label value, service or subset; default: the side's own name
  std::string kubectl = "kubectl";
};

struct DriverSpec {
  std::string driver = "none";            // pgbouncer | haproxy | nginx | kubernetes | command | none
  std::vector<std::string> admin_dsns{};  // pgbouncer: one per bouncer
  std::string database{};                 // pgbouncer: the pool's database
  std::string databases_file{};           // pgbouncer: the file its %include names
  std::string front_door_dsn{};
  std::map<std::string, std::vector<std::string>> commands{};  // command: pause, switch, resume, current, weigh, weight
  std::chrono::milliseconds command_timeout{10'000};
  std::vector<Target> targets{};  // blue and green
  HaproxySettings haproxy{};
  NginxSettings nginx{};
  KubernetesSettings kubernetes{};
};

Result<std::unique_ptr<Driver>> make_driver(const DriverSpec& spec);
// Without the settings of drivers that cannot pause: nobody resumes those.
std::string to_json(const DriverSpec& spec);
Result<DriverSpec> spec_from_json(const std::string& text);

}  // namespace bgdb::traffic
