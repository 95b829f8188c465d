// GET and POST, http and https, for gates and notifications: bounded, certificates checked, no redirects.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::gate {

struct HttpAnswer {
  int status = 0;
  std::string body;
};
Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout);
// The address may be a secret: errors do not hold it.
Result<HttpAnswer> http_post_json(const std::string& url, const std::string& body, std::chrono::milliseconds timeout);
// The value of each series that Prometheus finds; NaN as it comes.
Result<std::vector<double>> prometheus_values(const std::string& url, const std::string& query,
                                              std::chrono::milliseconds timeout);
// As part of an address: everything but letters, digits and -._~ becomes %XX.
std::string url_encoded(const std::string& text);

}  // namespace bgdb::gate
