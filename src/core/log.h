// Diagnostics for operators, on stderr. What a command reports goes to stdout, never through here. Secrets never.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace bgdb::core {

enum class LogLevel { debug, info, warning, error };

void set_log_level(LogLevel level);
// Also appends to a file (created with mode 0600), besides stderr.
bool set_log_file(const std::string& path);
void log_message(LogLevel level, std::string_view text);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace bgdb::core
