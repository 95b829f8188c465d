// Real HAProxy and nginx in front of two PostgreSQL servers, and a double of the Kubernetes API that stores objects and
// applies patches as an API server does.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "core/process.h"
#include "support/files.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace bgdb::test {

// "127.0.0.1:5433" of a dsn.
std::string address_of(const std::string& dsn);

class Haproxy {
 public:
  Haproxy(const std::string& blue_dsn, const std::string& green_dsn);  // leads to blue
  std::string front_door(const std::string& dsn) const;                // `dsn` through the proxy
  std::string socket() const { return (folder_.path() / "admin.sock").string(); }
  std::string config_file() const { return (folder_.path() / "haproxy.cfg").string(); }
  void restart();

 private:
  TempDir folder_;
  int port_ = 0;
  core::ChildProcess process_;
};

class Nginx {
 public:
  // With `green_dsn`: a second server in the block, down.
  explicit Nginx(const std::string& blue_dsn, const std::string& green_dsn = "");
  ~Nginx();
  std::string front_door(const std::string& dsn) const;
  std::string upstream_file() const { return (folder_.path() / "shop.conf").string(); }
  std::vector<std::string> command() const;

 private:
  TempDir folder_;
  int port_ = 0;
  core::ChildProcess process_;
};

class KubernetesApi {
 public:
  KubernetesApi();
  ~KubernetesApi();
  // `path` below the API root: "/api/v1/namespaces/shop/services/db".
  void put(const std::string& path, nlohmann::json object);
  nlohmann::json get(const std::string& path) const;
  // The next `count` patches find that somebody else was faster.
  void interfere(int count) { interference_ = count; }
  std::string kubeconfig() const;  // a file
  int patches() const { return patches_; }

 private:
  void answer_get(const std::string& path, httplib::Response& response) const;
  void answer_patch(const httplib::Request& request, httplib::Response& response);

  TempDir folder_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, nlohmann::json> objects_;
  int version_ = 1;
  int interference_ = 0;
  int patches_ = 0;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
};

}  // namespace bgdb::test
