#include "gate/http_client.h"

#include <fmt/format.h>
#include <httplib.h>

namespace bgdb::gate {
namespace {

constexpr size_t kBodyBytesMax = 4 << 20;

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout) {
  const auto scheme = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return fail(ErrorCode::config, "not an http:// or https:// address: " + url);
  }
  const auto path = std::min(url.find('/', scheme + 3), url.size());
  httplib::Client client(url.substr(0, path));
  if (!client.is_valid()) return fail(ErrorCode::config, "not an address: " + url);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  HttpAnswer answer;
  const auto began = std::chrono::steady_clock::now();
  const auto result = client.Get(path < url.size() ? url.substr(path) : "/", [&](const char* data, size_t length) {
    if (answer.body.size() + length > kBodyBytesMax) return false;
    answer.body.append(data, length);
    return std::chrono::steady_clock::now() - began < timeout;
  });
  if (!result) {
    return fail(ErrorCode::connection,
                fmt::format("{} does not answer: {}", url.substr(0, path), httplib::to_string(result.error())));
  }
  answer.status = result->status;
  return answer;
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
