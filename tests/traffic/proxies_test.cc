// HAProxy and nginx as they come from Debian, and kubectl against an API that applies its patches.
#include "support/proxies.h"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "traffic/conforms.h"
#include "traffic/haproxy.h"
#include "traffic/kubernetes.h"
#include "traffic/nginx.h"

using namespace bgdb;
using namespace std::chrono_literals;
using nlohmann::json;
using test::conforms;
using test::Pair;

namespace {

// Asks twice in a row for what it expects next: blue, green, blue.
struct Door {
  std::string dsn;
  std::vector<std::string> expected = {"blue", "green", "blue"};
  size_t asked = 0;
  std::string operator()() { return test::side_behind(dsn, expected[asked++]); }
};

struct ThroughHaproxy : Pair {
  test::Haproxy proxy{blue, green};
  // Both databases carry the name of blue's, since a tcp proxy does not change it.
  traffic::DriverSpec spec() const {
    return {.driver = "haproxy",
            .targets = targets(),
            .haproxy = {.sockets = {proxy.socket()}, .backend = "shop", .config_file = proxy.config_file()}};
  }
};

// How many of twenty new connections reach green.
int of_twenty(const std::string& dsn) {
  int green = 0;
  for (int i = 0; i < 20; ++i) {
    auto session = pg::Session::open({.dsn = dsn, .plain = true});
    if (!session) continue;
    const auto port = session->script("select inet_server_port()::text");
    green += port && port->text(0, 0) == std::to_string(test::server("two").port());
  }
  return green;
}

std::string maintenance_dsn(const std::string& dsn) {
  return dsn.substr(0, dsn.find("dbname=")) + "dbname=postgres";
}

json service() {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", "db"}, {"namespace", "shop"}}},
          {"spec", {{"selector", {{"app", "pg"}, {"side", "blue"}}}, {"ports", {{{"port", 5432}}}}}}};
}

json ingress() {
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "Ingress"},
          {"metadata",
           {{"name", "db"},
            {"namespace", "shop"},
            {"annotations",
             {{"nginx.ingress.kubernetes.io/canary", "true"}, {"nginx.ingress.kubernetes.io/canary-weight", "0"}}}}}};
}

json traefik(const std::string& kind) {
  return {{"apiVersion", "traefik.io/v1alpha1"},
          {"kind", kind},
          {"metadata", {{"name", "db"}, {"namespace", "shop"}}},
          {"spec",
           {{"entryPoints", {"pg"}},
            {"routes",
             {{{"match", "HostSNI(`*`)"},
               {"services",
                {{{"name", "shop-blue"}, {"port", 5432}, {"weight", 100}},
                 {{"name", "shop-green"}, {"port", 5432}, {"weight", 0}}}}}}}}}};
}

json virtual_service() {
  return {{"apiVersion", "networking.istio.io/v1"},
          {"kind", "VirtualService"},
          {"metadata", {{"name", "db"}, {"namespace", "shop"}}},
          {"spec",
           {{"hosts", {"db"}},
            {"tcp",
             {{{"route",
                {{{"destination", {{"host", "db"}, {"subset", "blue"}}}, {"weight", 100}},
                 {{"destination", {{"host", "db"}, {"subset", "green"}}}, {"weight", 0}}}}}}}}}};
}

struct OnKubernetes : Pair {
  test::KubernetesApi api;
  std::string path;
  OnKubernetes() { ::setenv("KUBECONFIG", api.kubeconfig().c_str(), 1); }
  ~OnKubernetes() { ::unsetenv("KUBECONFIG"); }
  traffic::DriverSpec spec(const std::string& kind) {
    traffic::DriverSpec spec{.driver = "kubernetes", .targets = targets()};
    spec.kubernetes.kind = kind;
    spec.kubernetes.name = "db";
    if (kind == "service") api.put(path = "/api/v1/namespaces/shop/services/db", service());
    if (kind == "ingress") api.put(path = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/db", ingress());
    if (kind == "ingressroute" || kind == "ingressroutetcp") {
      path = "/apis/traefik.io/v1alpha1/namespaces/shop/" + kind + "s/db";
      api.put(path, traefik(kind == "ingressroute" ? "IngressRoute" : "IngressRouteTCP"));
      spec.kubernetes.names = {{"blue", "shop-blue"}, {"green", "shop-green"}};
    }
    if (kind == "virtualservice") {
      api.put(path = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/db", virtual_service());
    }
    return spec;
  }
};

}  // namespace

TEST_CASE("haproxy conforms") {
  const ThroughHaproxy through;
  auto driver = REQUIRE_OK(traffic::make_driver(through.spec()));
  conforms(*driver, through.targets(), Door{through.proxy.front_door(maintenance_dsn(through.blue))});
}

TEST_CASE("haproxy weighs, also over a restart") {
  ThroughHaproxy through;
  auto driver = REQUIRE_OK(traffic::make_driver(through.spec()));
  const auto door = through.proxy.front_door(maintenance_dsn(through.blue));
  test::weighs(*driver, [&] { return of_twenty(door); });
  CHECK_OK(driver->set_weight(30, 5s));
  through.proxy.restart();
  CHECK(REQUIRE_OK(driver->weight(5s)) == 30);
}

TEST_CASE("haproxy: weights are written into the servers' lines and nowhere else") {
  const std::string text = "backend shop\n  server blue 1:1 weight 7 check\n  server green 2:2 disabled # why\n";
  const auto some = REQUIRE_OK(traffic::with_server_weights(text, "shop", "blue", "green", 10));
  CHECK(some == "backend shop\n  server blue 1:1 check weight 90\n  server green 2:2 weight 10 # why\n");
  CHECK(REQUIRE_OK(traffic::with_server_weights(some, "shop", "blue", "green", 100)) ==
        "backend shop\n  server blue 1:1 check weight 0 disabled\n  server green 2:2 weight 100 # why\n");
  CHECK_FALSE(traffic::with_server_weights(text, "shop", "blue", "grass", 10));
}

TEST_CASE("haproxy ends the connections to the side it leaves, and leads there again after a restart") {
  ThroughHaproxy through;
  auto driver = REQUIRE_OK(traffic::make_driver(through.spec()));
  const auto door = through.proxy.front_door(maintenance_dsn(through.blue));
  auto client = REQUIRE_OK(pg::Session::open({.dsn = door, .plain = true}));
  REQUIRE_OK(client.script("select 1"));
  CHECK_OK(driver->point_to(through.targets()[1], 5s));
  CHECK_FALSE(client.script("select 1"));
  through.proxy.restart();
  CHECK(REQUIRE_OK(driver->current(5s)) == "green");
  CHECK(test::side_behind(door, "green") == "green");
  const auto text = test::read_file(through.proxy.config_file());
  CHECK(text.find(" # new") != std::string::npos);
}

TEST_CASE("haproxy: a backend, a server or a socket that is not there is named") {
  const ThroughHaproxy through;
  const auto message = [&](auto change) {
    auto spec = through.spec();
    change(spec.haproxy);
    return REQUIRE_OK(traffic::make_driver(spec))->check().error().to_string();
  };
  CHECK(message([](auto& s) { s.backend = "store"; }).find("backend store") != std::string::npos);
  CHECK(message([](auto& s) { s.servers = {{"green", "new"}}; }).find("servers blue and new") != std::string::npos);
  CHECK(message([](auto& s) { s.sockets = {"/nowhere/admin.sock"}; }).find("/nowhere/admin.sock") != std::string::npos);
  CHECK(message([](auto& s) { s.config_file = "/nowhere/haproxy.cfg"; }).find("haproxy.cfg") != std::string::npos);
  CHECK(traffic::make_driver({.driver = "haproxy"}).error().message.find("sockets") != std::string::npos);
}

TEST_CASE("haproxy: only the two servers' lines change") {
  const std::string text =
      "backend other\n  server blue 1:1\nbackend shop\n  # server blue old\n  server blue 1:1 check\n  server x 3:3\n"
      "\tserver green 2:2 check disabled # why\n";
  const auto green = REQUIRE_OK(traffic::with_server_ready(text, "shop", "green", "blue"));
  CHECK(green ==
        "backend other\n  server blue 1:1\nbackend shop\n  # server blue old\n  server blue 1:1 check disabled\n"
        "  server x 3:3\n\tserver green 2:2 check # why\n");
  CHECK(REQUIRE_OK(traffic::with_server_ready(green, "shop", "blue", "green")) == text);
  CHECK_FALSE(traffic::with_server_ready(text, "other", "green", "blue"));
}

TEST_CASE("nginx conforms") {
  const Pair pair;
  const test::Nginx proxy(pair.blue);
  auto driver = REQUIRE_OK(traffic::make_driver(
      {.driver = "nginx",
       .targets = pair.targets(),
       .nginx = {.upstream = "shop", .config_file = proxy.upstream_file(), .command = proxy.command()}}));
  conforms(*driver, pair.targets(), Door{proxy.front_door(maintenance_dsn(pair.blue))});
  CHECK(test::read_file(proxy.upstream_file()).find("max_fails=0; # changed by bgdb") != std::string::npos);
  CHECK(test::read_file(proxy.upstream_file() + ".bgdb-old").find(test::address_of(pair.green)) != std::string::npos);
}

TEST_CASE("nginx weighs two servers of one upstream") {
  const Pair pair;
  const test::Nginx proxy(pair.blue, pair.green);
  auto driver = REQUIRE_OK(traffic::make_driver(
      {.driver = "nginx",
       .targets = pair.targets(),
       .nginx = {.upstream = "shop", .config_file = proxy.upstream_file(), .command = proxy.command()}}));
  const auto door = proxy.front_door(maintenance_dsn(pair.blue));
  // Old workers end a moment after the reload.
  test::weighs(*driver, [&] {
    std::this_thread::sleep_for(500ms);
    return of_twenty(door);
  });
  CHECK(test::read_file(proxy.upstream_file()).find("max_fails=0") != std::string::npos);
}

TEST_CASE("nginx: weights replace weights, other parameters stay, a server that is not there is named") {
  const std::string text = "upstream b {\n  server 1:1 weight=3 max_fails=0; # one\n  server 2:2 down;\n}\n";
  CHECK(REQUIRE_OK(traffic::green_weight(text, "b", "1:1", "2:2")) == 0);
  const auto some = REQUIRE_OK(traffic::with_weights(text, "b", "1:1", "2:2", 20));
  CHECK(some == "upstream b {\n  server 1:1 max_fails=0 weight=80; # one\n  server 2:2 weight=20;\n}\n");
  CHECK(REQUIRE_OK(traffic::green_weight(some, "b", "1:1", "2:2")) == 20);
  CHECK(REQUIRE_OK(traffic::with_weights(some, "b", "1:1", "2:2", 100)).find("1:1 max_fails=0 down") !=
        std::string::npos);
  CHECK(traffic::with_weights(text, "b", "1:1", "3:3", 20).error().message.find("3:3") != std::string::npos);
}

TEST_CASE("nginx: a file that nginx does not take is put back") {
  const Pair pair;
  const test::Nginx proxy(pair.blue);
  const auto before = test::read_file(proxy.upstream_file());
  auto driver = REQUIRE_OK(traffic::make_driver(
      {.driver = "nginx",
       .targets = pair.targets(),
       .nginx = {.upstream = "shop", .config_file = proxy.upstream_file(), .command = proxy.command()}}));
  const auto pointed = driver->point_to({"green", "host=no..host port=1 dbname=x"}, 5s);
  REQUIRE_FALSE(pointed);
  CHECK(pointed.error().message.find("nginx") != std::string::npos);
  CHECK(test::read_file(proxy.upstream_file()) == before);
}

TEST_CASE("nginx: the upstream block is found among others, and several servers are refused") {
  const std::string text =
      "upstream a { server 1:1; }\n# upstream b { server 0:0; }\nupstream b {\n  zone z 64k;\n  server 2:2 "
      "weight=1;\n}\n";
  CHECK(REQUIRE_OK(traffic::upstream_address(text, "b")) == "2:2");
  CHECK(REQUIRE_OK(traffic::with_upstream(text, "a", "9:9")).starts_with("upstream a { server 9:9; }\n"));
  CHECK(traffic::upstream_address(text, "c").error().code == ErrorCode::not_found);
  CHECK(traffic::upstream_address("upstream b { server 1:1; server 2:2; }", "b").error().code == ErrorCode::config);
}

TEST_CASE("kubernetes conforms") {
  OnKubernetes on;
  const std::string kind = GENERATE("service", "ingress", "ingressroute", "ingressroutetcp", "virtualservice");
  INFO(kind);
  const auto spec = on.spec(kind);
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  conforms(*driver, on.targets(), [&] { return traffic::leads_to(on.api.get(on.path), spec.kubernetes); });
  // What is not ours stays.
  const auto object = on.api.get(on.path);
  if (kind == "service") CHECK(object["spec"]["selector"]["app"] == "pg");
  if (kind == "ingressroute") CHECK(object["spec"]["routes"][0]["services"][0]["port"] == 5432);
  if (kind == "virtualservice") CHECK(object["spec"]["hosts"][0] == "db");
}

TEST_CASE("kubernetes weighs, but for a service, which leads to one side") {
  OnKubernetes on;
  const std::string kind = GENERATE("ingress", "ingressroute", "ingressroutetcp", "virtualservice");
  INFO(kind);
  auto driver = REQUIRE_OK(traffic::make_driver(on.spec(kind)));
  test::weighs(*driver);
  auto service = REQUIRE_OK(traffic::make_driver(on.spec("service")));
  CHECK_FALSE(service->has_weights());
  CHECK(service->set_weight(10, 5s).error().code == ErrorCode::refused);
}

TEST_CASE("kubernetes: routes that do not agree have no weight") {
  auto object = virtual_service();
  const traffic::KubernetesSettings settings{.kind = "virtualservice", .name = "db"};
  object["spec"]["tcp"].push_back(object["spec"]["tcp"][0]);
  CHECK(traffic::weight_of(object, settings) == 0);
  object["spec"]["tcp"][1]["route"][0]["weight"] = 50;
  object["spec"]["tcp"][1]["route"][1]["weight"] = 50;
  CHECK_FALSE(traffic::weight_of(object, settings));
  CHECK(traffic::leads_to(object, settings).empty());
}

TEST_CASE("kubernetes: somebody else's change in between is kept and the patch made anew") {
  OnKubernetes on;
  const auto spec = on.spec("virtualservice");
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  on.api.interfere(2);
  CHECK_OK(driver->point_to(on.targets()[1], 20s));
  CHECK(on.api.patches() == 3);
  const auto object = on.api.get(on.path);
  CHECK(object["metadata"]["labels"]["touched"] == "0");
  CHECK(traffic::leads_to(object, spec.kubernetes) == "green");
}

TEST_CASE("kubernetes: an object that cannot lead to both sides is refused before the switch") {
  OnKubernetes on;
  auto spec = on.spec("service");
  spec.kubernetes.label = "colour";
  CHECK(REQUIRE_OK(traffic::make_driver(spec))->check().error().message.find("colour") != std::string::npos);
  spec.kubernetes.name = "nobody";
  CHECK(REQUIRE_OK(traffic::make_driver(spec))->check().error().message.find("nobody") != std::string::npos);
  auto route = on.spec("ingressroute");
  route.kubernetes.names["green"] = "shop-grass";
  CHECK(REQUIRE_OK(traffic::make_driver(route))->check().error().message.find("shop-grass") != std::string::npos);
  auto object = ingress();
  object["metadata"]["annotations"].erase("nginx.ingress.kubernetes.io/canary");
  on.spec("ingress");
  on.api.put(on.path, object);
  auto plain = spec;
  plain.kubernetes.kind = "ingress";
  plain.kubernetes.name = "db";
  CHECK(REQUIRE_OK(traffic::make_driver(plain))->check().error().message.find("canary") != std::string::npos);
  CHECK(on.api.patches() == 0);
}
