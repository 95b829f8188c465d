// docker-compose.yml is checked for form: what it names exists, and its bgdb.yml is one.
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <set>

#include "app/config.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;

namespace {
const std::filesystem::path kSource = BGDB_SOURCE_DIR;
YAML::Node compose() {
  return YAML::LoadFile((kSource / "docker-compose.yml").string());
}
}  // namespace

TEST_CASE("docker-compose.yml describes blue, green, a pooler and bgdb") {
  const auto services = compose()["services"];
  std::set<std::string> names;
  for (const auto& service : services) names.insert(service.first.Scalar());
  CHECK(names == std::set<std::string>{"bgdb", "blue", "green", "pgbouncer"});
  for (const auto& service : services) {
    INFO(service.first.Scalar());
    const bool merged = service.second["<<"].IsDefined();
    CHECK((service.second["image"] || service.second["build"] || merged));
    for (const auto& dependency : service.second["depends_on"]) CHECK(names.contains(dependency.first.Scalar()));
  }
}

TEST_CASE("both servers of docker-compose.yml write logical WAL") {
  const auto command = compose()["x-postgres"]["command"].as<std::vector<std::string>>();
  CHECK(std::find(command.begin(), command.end(), "wal_level=logical") != command.end());
}

TEST_CASE("volumes and folders that docker-compose.yml mounts exist, ports are on loopback") {
  const auto file = compose();
  for (const auto& service : file["services"]) {
    for (const auto& entry : service.second["volumes"]) {
      const auto source = entry.Scalar().substr(0, entry.Scalar().find(':'));
      INFO(source);
      if (source.starts_with("./")) {
        CHECK(std::filesystem::exists(kSource / source));
      } else {
        CHECK(file["volumes"][source].IsDefined());
      }
    }
    for (const auto& port : service.second["ports"]) CHECK(port.Scalar().starts_with("127.0.0.1:"));
  }
}

TEST_CASE("the bgdb.yml of docker-compose.yml names its services") {
  const auto config = REQUIRE_OK(app::load_config((kSource / "docs/docker/project/bgdb.yml").string()));
  CHECK(config.blue_dsn.find("host=blue ") != std::string::npos);
  CHECK(config.green_dsn.find("host=green ") != std::string::npos);
  CHECK(config.traffic.driver == "pgbouncer");
  CHECK(test::read_file(kSource / "docs/docker/pgbouncer.sh").find(config.traffic.databases_file) != std::string::npos);
}

TEST_CASE("the Dockerfile builds with ./run on Debian 12") {
  const auto text = test::read_file(kSource / "Dockerfile");
  CHECK(text.starts_with("# "));
  CHECK(text.find("FROM debian:12") != std::string::npos);
  CHECK(text.find("./run build release") != std::string::npos);
  CHECK(text.find("build/release/bgdb") != std::string::npos);
}
