#include "traffic/kubernetes.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/contains.h"
#include "core/process.h"
#include "core/retry.h"
#include "traffic/unpaused.h"

namespace bgdb::traffic {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr const char* kCanaryWeight = "nginx.ingress.kubernetes.io/canary-weight";

std::string name_of(const KubernetesSettings& settings, const std::string& side) {
  const auto found = settings.names.find(side);
  return found == settings.names.end() ? side : found->second;
}

const json& at(const json& object, const char* path) {
  static const json kNothing;
  const json::json_pointer pointer(path);
  return object.contains(pointer) ? object.at(pointer) : kNothing;
}

// The weighted backends of a Traefik IngressRoute (spec.routes[].services[]) or an Istio VirtualService
// (spec.{http,tcp,tls}[].route[]). Each is called with its name and weight.
using EachBackend = std::function<void(const std::string& name, json& backend)>;

void each_backend(json& spec, const std::string& kind, const EachBackend& visit) {
  const bool traefik = kind == "ingressroute" || kind == "ingressroutetcp";
  for (const char* list : {"routes", "http", "tcp", "tls"}) {
    if (!spec.is_object() || !spec.contains(list) || !spec[list].is_array() ||
        traefik != (list == std::string("routes")))
      continue;
    for (auto& route : spec[list]) {
      const char* backends = traefik ? "services" : "route";
      if (!route.is_object() || !route.contains(backends) || !route[backends].is_array()) continue;
      for (auto& backend : route[backends]) {
        if (!backend.is_object()) continue;
        if (traefik) {
          visit(backend.value("name", ""), backend);
        } else {
          const auto& destination = at(backend, "/destination");
          if (!destination.is_object()) continue;
          visit(destination.contains("subset") ? destination.value("subset", "") : destination.value("host", ""),
                backend);
        }
      }
    }
  }
}

// Every route must say the same.
std::optional<int> weight_of_routes(const json& object, const KubernetesSettings& settings) {
  json spec = at(object, "/spec");
  int blue = 0, green = 0, blues = 0, greens = 0;
  bool alike = true;
  each_backend(spec, settings.kind, [&](const std::string& name, json& backend) {
    const int weight = backend.value("weight", 1);
    const bool is_green = name == name_of(settings, "green");
    if (!is_green && name != name_of(settings, "blue")) return;
    auto& sum = is_green ? green : blue;
    auto& count = is_green ? greens : blues;
    alike = alike && (count == 0 || sum == weight * count);
    sum += weight;
    ++count;
  });
  // A side that no route names gets nothing.
  if (!alike || blue + green == 0 || (blues != greens && blues > 0 && greens > 0)) return std::nullopt;
  return green * 100 / (blue + green);
}

json patch_of(const json& object) {
  json patch = json::object();
  // A patch that names the version it was made for is refused when the object has changed since.
  if (const auto& version = at(object, "/metadata/resourceVersion"); version.is_string()) {
    patch["metadata"]["resourceVersion"] = version;
  }
  return patch;
}

}  // namespace

std::optional<int> weight_of(const json& object, const KubernetesSettings& settings) {
  if (settings.kind == "service") {
    const auto& value = at(object, "/spec/selector");
    const std::string now = value.is_object() ? value.value(settings.label, "") : "";
    if (now == name_of(settings, "blue")) return 0;
    if (now == name_of(settings, "green")) return 100;
    return std::nullopt;
  }
  if (settings.kind == "ingress") {
    const auto& annotations = at(object, "/metadata/annotations");
    const std::string weight = annotations.is_object() ? annotations.value(kCanaryWeight, "") : "";
    if (weight.empty() || weight.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return std::atoi(weight.c_str());
  }
  return weight_of_routes(object, settings);
}

std::string leads_to(const json& object, const KubernetesSettings& settings) {
  const auto weight = weight_of(object, settings);
  return weight == 0 ? "blue" : weight == 100 ? "green" : "";
}

Result<json> patch_weight(const json& object, const KubernetesSettings& settings, int percent) {
  json patch = patch_of(object);
  if (settings.kind == "service") {
    if (!at(object, "/spec/selector").is_object() || !object["spec"]["selector"].contains(settings.label)) {
      return fail(ErrorCode::not_found, fmt::format("the service's selector has no label {}", settings.label),
                  "traffic.kubernetes.label names the label that differs between blue and green.");
    }
    patch["spec"]["selector"][settings.label] = name_of(settings, percent == 100 ? "green" : "blue");
    return patch;
  }
  if (settings.kind == "ingress") {
    const auto& annotations = at(object, "/metadata/annotations");
    if (!annotations.is_object() || annotations.value("nginx.ingress.kubernetes.io/canary", "") != "true") {
      return fail(ErrorCode::not_found, "the ingress is no canary (nginx.ingress.kubernetes.io/canary: \"true\")",
                  "traffic.kubernetes.name must be the canary ingress, the one that leads to green.");
    }
    patch["metadata"]["annotations"][kCanaryWeight] = std::to_string(percent);
    return patch;
  }
  json spec = at(object, "/spec");
  int known = 0;
  each_backend(spec, settings.kind, [&](const std::string& name, json& backend) {
    for (const auto* one : {"blue", "green"}) {
      if (name != name_of(settings, one)) continue;
      backend["weight"] = one == std::string_view("green") ? percent : 100 - percent;
      ++known;
    }
  });
  if (known < 2) {
    return fail(
        ErrorCode::not_found,
        fmt::format("the {} does not name both {} and {}", settings.kind, name_of(settings, "blue"),
                    name_of(settings, "green")),
        "Both sides must be in the route, one with weight 0; traffic.kubernetes.names says what they are called.");
  }
  // A merge patch replaces lists whole; only those that were there.
  for (const char* list : {"routes", "http", "tcp", "tls"}) {
    if (spec.contains(list)) patch["spec"][list] = spec[list];
  }
  return patch;
}

namespace {

class Kubernetes : public UnpausedDriver {
 public:
  using UnpausedDriver::UnpausedDriver;

  Result<void> check() override {
    const auto object = BGDB_TRY(read(milliseconds(10'000)));
    if (auto patch = patch_weight(object, settings(), 100); !patch) return patch.error().with_context(shown_object());
    return {};
  }

  Result<void> point_to(const Target& target, milliseconds timeout) override {
    return patch(target.name == "green" ? 100 : 0, timeout);
  }

  bool has_weights() const override { return settings().kind != "service"; }
  Result<void> set_weight(int percent, milliseconds timeout) override {
    if (!has_weights()) return Driver::set_weight(percent, timeout);
    return patch(std::clamp(percent, 0, 100), timeout);
  }
  Result<int> weight(milliseconds timeout) override {
    if (!has_weights()) return Driver::weight(timeout);
    const auto now = weight_of(BGDB_TRY(read(timeout)), settings());
    if (now) return *now;
    return fail(ErrorCode::divergence, shown_object() + " does not lead one share of its clients to green",
                "Its routes differ; set the weight once more.");
  }
  Result<std::string> current(milliseconds timeout) override { return leads_to(BGDB_TRY(read(timeout)), settings()); }

  std::vector<std::string> describe(const Target& target) const override {
    std::vector<std::string> lines = {"clients are not paused: Kubernetes only leads new connections elsewhere"};
    auto object = read(milliseconds(10'000));
    auto patch =
        object ? patch_weight(*object, settings(), target.name == "green" ? 100 : 0) : Result<json>(object.error());
    lines.push_back(patch ? fmt::format("{} patch {} {} --type=merge -p '{}'", settings().kubectl, settings().kind,
                                        settings().name, patch->dump())
                          : patch.error().message);
    return lines;
  }

 private:
  const KubernetesSettings& settings() const { return spec_.kubernetes; }
  std::string shown_object() const { return settings().kind + " " + settings().name; }

  // The API's own name, so that no other group's kind of that name is meant.
  std::string resource() const {
    const auto& kind = settings().kind;
    if (kind == "ingress") return "ingresses.networking.k8s.io";
    if (kind == "ingressroute") return "ingressroutes.traefik.io";
    if (kind == "ingressroutetcp") return "ingressroutetcps.traefik.io";
    if (kind == "virtualservice") return "virtualservices.networking.istio.io";
    return "services";
  }

  // Somebody else's change in between (409) is read and tried again.
  Result<void> patch(int percent, milliseconds timeout) const {
    const core::RetryPolicy policy{
        .attempts_max = 5, .backoff_first = milliseconds(50), .backoff_max = milliseconds(500), .budget = timeout};
    return core::with_retry(
        policy, core::system_clock(), [&] { return patch_once(percent, timeout); },
        [](const Error& error) { return error.retry == Retry::same_session; }, [](const Error&, int) {});
  }

  Result<void> patch_once(int percent, milliseconds timeout) const {
    const auto object = BGDB_TRY(read(timeout));
    auto patch = patch_weight(object, settings(), percent);
    if (!patch) return patch.error().with_context(shown_object());
    const auto answer = BGDB_TRY(
        run({"patch", resource(), settings().name, "--type=merge", "-p", patch->dump(), "-o", "json"}, timeout));
    const auto now = json::parse(answer, nullptr, false);
    if (weight_of(now, settings()) == percent) return {};
    return fail(ErrorCode::io, fmt::format("{} does not lead {} % to green after the patch", shown_object(), percent),
                "An admission webhook or a controller may set it back; see its managedFields.");
  }

  Result<json> read(milliseconds timeout) const {
    const auto answer = BGDB_TRY(run({"get", resource(), settings().name, "-o", "json"}, timeout));
    auto object = json::parse(answer, nullptr, false);
    if (object.is_object()) return object;
    return fail(ErrorCode::io, "kubectl get did not print an object for " + shown_object());
  }

  Result<std::string> run(const std::vector<std::string>& arguments, milliseconds timeout) const {
    core::ProcessOptions options{.argv = {settings().kubectl}, .timeout = timeout};
    if (!settings().context.empty()) options.argv.insert(options.argv.end(), {"--context", settings().context});
    if (!settings().name_space.empty()) options.argv.insert(options.argv.end(), {"--namespace", settings().name_space});
    options.argv.push_back(fmt::format("--request-timeout={}ms", std::max<int64_t>(1, timeout.count())));
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    const auto result = core::run_process(options);
    if (!result) return result.error().with_context("kubectl " + arguments[0]);
    if (result->exit_status == 0) return result->stdout_text;
    const auto& said = result->stderr_text;
    auto error = make_error(ErrorCode::io,
                            fmt::format("kubectl {} {} ended with status {}: {}", arguments[0], shown_object(),
                                        result->exit_status, said.substr(0, std::min<size_t>(said.find('\n'), 400))),
                            "Run it by hand with the same kubeconfig; it needs get and patch on that object.");
    if (said.find("(Conflict)") != std::string::npos) error.retry = Retry::same_session;
    return error;
  }
};

}  // namespace

Result<std::unique_ptr<Driver>> make_kubernetes(const DriverSpec& spec) {
  const std::vector<std::string> kinds = {"service", "ingress", "ingressroute", "ingressroutetcp", "virtualservice"};
  if (!core::contains(kinds, spec.kubernetes.kind)) {
    return fail(ErrorCode::config, "traffic.kubernetes.kind: unknown kind '" + spec.kubernetes.kind + "'",
                "Known: service, ingress, ingressroute, ingressroutetcp, virtualservice.");
  }
  if (spec.kubernetes.name.empty()) {
    return fail(ErrorCode::config, "traffic.driver is kubernetes, but traffic.kubernetes.name is missing",
                "The object that leads clients to the database.");
  }
  return std::unique_ptr<Driver>(std::make_unique<Kubernetes>(spec));
}

}  // namespace bgdb::traffic
