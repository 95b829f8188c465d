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

struct DriverSpec {
  std::string driver = "none";            // pgbouncer | command | none
  std::vector<std::string> admin_dsns{};  // pgbouncer: one per bouncer
  std::string database{};                 // pgbouncer: the pool's database
  std::string databases_file{};           // pgbouncer: the file its %include names
  std::string front_door_dsn{};
  std::map<std::string, std::vector<std::string>> commands{};  // command: pause, switch, resume, current
  std::chrono::milliseconds command_timeout{10'000};
  std::vector<Target> targets{};  // blue and green
};

Result<std::unique_ptr<Driver>> make_driver(const DriverSpec& spec);
std::string to_json(const DriverSpec& spec);
Result<DriverSpec> spec_from_json(const std::string& text);

}  // namespace bgdb::traffic
