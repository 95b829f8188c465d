#include "gate/http_client.h"

#include <fmt/format.h>
#include <httplib.h>

#include <optional>

namespace bgdb::gate {
namespace {

constexpr size_t kBodyBytesMax = 4 << 20;

struct Address {
  std::string server;  // scheme, host and port
  std::string path;
};

std::optional<Address> address_of(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return std::nullopt;
  const auto path = std::min(url.find('/', url.find("://") + 3), url.size());
  return Address{url.substr(0, path), path < url.size() ? url.substr(path) : "/"};
}

void bound(httplib::Client& client, std::chrono::milliseconds timeout) {
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
}

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout) {
  const auto address = address_of(url);
  if (!address) return fail(ErrorCode::config, "not an http:// or https:// address: " + url);
  httplib::Client client(address->server);
  if (!client.is_valid()) return fail(ErrorCode::config, "not an address: " + url);
  bound(client, timeout);
  HttpAnswer answer;
  const auto began = std::chrono::steady_clock::now();
  const auto result = client.Get(address->path, [&](const char* data, size_t length) {
    if (answer.body.size() + length > kBodyBytesMax) return false;
    answer.body.append(data, length);
    return std::chrono::steady_clock::now() - began < timeout;
  });
  if (!result) {
    return fail(ErrorCode::connection,
                fmt::format("{} does not answer: {}", address->server, httplib::to_string(result.error())));
  }
  answer.status = result->status;
  return answer;
}

Result<HttpAnswer> http_post_json(const std::string& url, const std::string& body, std::chrono::milliseconds timeout) {
  const auto address = address_of(url);
  if (!address) return fail(ErrorCode::config, "not an http:// or https:// address");
  httplib::Client client(address->server);
  if (!client.is_valid()) return fail(ErrorCode::config, "not an address");
  bound(client, timeout);
  const auto result = client.Post(address->path, body, "application/json");
  if (!result) return fail(ErrorCode::connection, "no answer: " + httplib::to_string(result.error()));
  return HttpAnswer{result->status, result->body.substr(0, kBodyBytesMax)};
}

std::string url_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace bgdb::gate
