#include "support/proxies.h"

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include "pg/conninfo.h"
#include "pg/session.h"
#include "support/check.h"

namespace bgdb::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string through(const std::string& dsn, int port) {
  const auto endpoint = REQUIRE_OK(pg::endpoint_of(dsn));
  return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port, endpoint.database);
}

core::ChildProcess started(std::vector<std::string> argv, const TempDir& folder, const std::string& front_door) {
  core::ProcessOptions options{.argv = std::move(argv)};
  options.output_file = (folder.path() / "log").string();
  options.die_with_parent = true;
  auto process = REQUIRE_OK(core::ChildProcess::start(options));
  for (int i = 0; i < 200; ++i) {
    if (pg::Session::open({.dsn = front_door, .plain = true})) return process;
    std::this_thread::sleep_for(20ms);
  }
  FAIL("did not start: " << read_file(folder.path() / "log"));
  return process;
}

const char* const kResources = R"({
  "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.4"},
  "/api": {"kind": "APIVersions", "versions": ["v1"]},
  "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources":
    [{"name": "services", "singularName": "service", "namespaced": true, "kind": "Service", "verbs": ["get", "patch"]}]},
  "/apis/networking.k8s.io/v1": {"kind": "APIResourceList", "groupVersion": "networking.k8s.io/v1", "resources":
    [{"name": "ingresses", "singularName": "ingress", "namespaced": true, "kind": "Ingress", "verbs": ["get", "patch"]}]},
  "/apis/networking.istio.io/v1": {"kind": "APIResourceList", "groupVersion": "networking.istio.io/v1", "resources":
    [{"name": "virtualservices", "singularName": "virtualservice", "namespaced": true, "kind": "VirtualService", "verbs": ["get", "patch"]}]},
  "/apis/traefik.io/v1alpha1": {"kind": "APIResourceList", "groupVersion": "traefik.io/v1alpha1", "resources":
    [{"name": "ingressroutes", "singularName": "ingressroute", "namespaced": true, "kind": "IngressRoute", "verbs": ["get", "patch"]},
     {"name": "ingressroutetcps", "singularName": "ingressroutetcp", "namespaced": true, "kind": "IngressRouteTCP", "verbs": ["get", "patch"]}]}
})";

json group(const std::string& name, const std::string& version) {
  const json one = {{"groupVersion", name + "/" + version}, {"version", version}};
  return {{"name", name}, {"versions", {one}}, {"preferredVersion", one}};
}

json status(int code, const std::string& reason, const std::string& message) {
  return {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", json::object()},
          {"status", "Failure"}, {"message", message}, {"reason", reason},
          {"code", code}};
}

}  // namespace

std::string address_of(const std::string& dsn) {
  const auto endpoint = REQUIRE_OK(pg::endpoint_of(dsn));
  return endpoint.host + ":" + endpoint.port;
}

Haproxy::Haproxy(const std::string& blue_dsn, const std::string& green_dsn) : port_(core::free_port()) {
  folder_.write(
      "haproxy.cfg",
      fmt::format("global\n  stats socket {} level admin\ndefaults\n  mode tcp\n  timeout connect 2s\n"
                  "  timeout client 1m\n  timeout server 1m\nfrontend door\n  bind 127.0.0.1:{}\n"
                  "  default_backend shop\nbackend shop\n  server blue {}\n  server green {} disabled # new\n",
                  socket(), port_, address_of(blue_dsn), address_of(green_dsn)));
  process_ = started({"/usr/sbin/haproxy", "-db", "-f", config_file()}, folder_, front_door(blue_dsn));
}

void Haproxy::restart() {
  process_.stop();
  process_ = started({"/usr/sbin/haproxy", "-db", "-f", config_file()}, folder_,
                     fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port_));
}

std::string Haproxy::front_door(const std::string& dsn) const {
  return through(dsn, port_);
}

Nginx::Nginx(const std::string& blue_dsn, const std::string& green_dsn) : port_(core::free_port()) {
  const std::string module = "/usr/lib/nginx/modules/ngx_stream_module.so";
  folder_.write("shop.conf", "# the database\nupstream shop {\n  server " + address_of(blue_dsn) +
                                 " max_fails=0; # changed by bgdb\n" +
                                 (green_dsn.empty() ? "" : "  server " + address_of(green_dsn) + " down;\n") + "}\n");
  folder_.write("nginx.conf",
                fmt::format("{}daemon off;\npid {}/pid;\nerror_log {}/error.log;\nevents {{}}\nstream {{\n"
                            "  include {};\n  server {{ listen 127.0.0.1:{}; proxy_pass shop; }}\n}}\n",
                            ::access(module.c_str(), R_OK) == 0 ? "load_module " + module + ";\n" : "",
                            folder_.path().string(), folder_.path().string(), upstream_file(), port_));
  process_ = started(command(), folder_, front_door(blue_dsn));
}

Nginx::~Nginx() {
  process_.stop();
}

std::vector<std::string> Nginx::command() const {
  return {"/usr/sbin/nginx",
          "-p",
          folder_.path().string(),
          "-e",
          "error.log",
          "-c",
          (folder_.path() / "nginx.conf").string()};
}

std::string Nginx::front_door(const std::string& dsn) const {
  return through(dsn, port_);
}

KubernetesApi::KubernetesApi() : server_(std::make_unique<httplib::Server>()) {
  server_->Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
    answer_get(request.path, response);
  });
  server_->Patch(
      ".*", [this](const httplib::Request& request, httplib::Response& response) { answer_patch(request, response); });
  port_ = server_->bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::sleep_for(1ms);
  folder_.write("config", fmt::format("apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: "
                                      "\"http://127.0.0.1:{}\"}}}}]\ncontexts: [{{name: c, context: {{cluster: c, "
                                      "namespace: shop, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\n"
                                      "current-context: c\n",
                                      port_));
}

KubernetesApi::~KubernetesApi() {
  server_->stop();
  thread_.join();
}

std::string KubernetesApi::kubeconfig() const {
  return (folder_.path() / "config").string();
}

void KubernetesApi::put(const std::string& path, json object) {
  const std::lock_guard lock(mutex_);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_[path] = std::move(object);
}

json KubernetesApi::get(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return objects_.at(path);
}

void KubernetesApi::answer_get(const std::string& path, httplib::Response& response) const {
  const std::lock_guard lock(mutex_);
  static const json discovery = json::parse(kResources);
  json answer;
  if (path == "/apis") {
    answer = {
        {"kind", "APIGroupList"},
        {"apiVersion", "v1"},
        {"groups",
         {group("networking.k8s.io", "v1"), group("networking.istio.io", "v1"), group("traefik.io", "v1alpha1")}}};
  } else if (discovery.contains(path)) {
    answer = discovery[path];
  } else if (const auto found = objects_.find(path); found != objects_.end()) {
    answer = found->second;
  } else {
    response.status = 404;
    answer = status(404, "NotFound", path + " not found");
  }
  response.set_content(answer.dump(), "application/json");
}

// RFC 7386, refused when the patch names another version than the one that is there.
void KubernetesApi::answer_patch(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(mutex_);
  ++patches_;
  const auto found = objects_.find(request.path);
  json answer;
  if (found == objects_.end()) {
    response.status = 404;
    answer = status(404, "NotFound", request.path + " not found");
  } else if (request.get_header_value("Content-Type") != "application/merge-patch+json") {
    response.status = 415;
    answer = status(415, "UnsupportedMediaType", request.get_header_value("Content-Type"));
  } else {
    auto& object = found->second;
    if (interference_ > 0) {
      --interference_;
      object["metadata"]["labels"]["touched"] = std::to_string(interference_);
      object["metadata"]["resourceVersion"] = std::to_string(++version_);
    }
    const auto patch = json::parse(request.body);
    const std::string wanted = patch.value("/metadata/resourceVersion"_json_pointer, "");
    if (!wanted.empty() && wanted != object["metadata"]["resourceVersion"]) {
      response.status = 409;
      answer = status(409, "Conflict", "the object has been modified; please apply your changes to the latest version");
    } else {
      object.merge_patch(patch);
      object["metadata"]["resourceVersion"] = std::to_string(++version_);
      answer = object;
    }
  }
  response.set_content(answer.dump(), "application/json");
}

}  // namespace bgdb::test
