// One command to a program's administration socket (HAProxy's runtime API): connect, send a line, read to the end.
#pragma once

#include <chrono>
#include <string>

#include "core/result.h"

namespace bgdb::traffic {

// `address`: a path, or host:port. Bounded by `timeout`.
Result<std::string> ask_runtime_socket(const std::string& address, const std::string& command,
                                       std::chrono::milliseconds timeout);

}  // namespace bgdb::traffic
