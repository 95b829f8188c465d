// GET, http and https, for gates: bounded, certificates checked, no redirects.
#pragma once

#include <chrono>
#include <string>

#include "core/result.h"

namespace bgdb::gate {

struct HttpAnswer {
  int status = 0;
  std::string body;
};
Result<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout);
// As part of an address: everything but letters, digits and -._~ becomes %XX.
std::string url_encoded(const std::string& text);

}  // namespace bgdb::gate
