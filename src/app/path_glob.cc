#include "app/path_glob.h"

namespace bgdb::app {
namespace {

bool glob(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      pattern.remove_prefix(2);
      if (pattern.starts_with('/') && glob(pattern.substr(1), text)) return true;  // "a/**/b" matches "a/b"
      for (size_t i = 0; i <= text.size(); ++i) {
        if (glob(pattern, text.substr(i))) return true;
      }
      return false;
    }
    if (pattern[0] == '*') {
      pattern.remove_prefix(1);
      for (size_t i = 0;; ++i) {
        if (glob(pattern, text.substr(i))) return true;
        if (i == text.size() || text[i] == '/') return false;
      }
    }
    if (text.empty() || (pattern[0] == '?' ? text[0] == '/' : pattern[0] != text[0])) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty() || text[0] == '/';
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
  while (pattern.starts_with("./")) pattern.remove_prefix(2);
  while (pattern.size() > 1 && pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern.empty()) return false;
  const bool name_only = pattern.find('/') == std::string_view::npos;
  if (pattern[0] == '/') pattern.remove_prefix(1);
  if (!name_only) return glob(pattern, path);
  while (true) {  // at the start of every component
    if (glob(pattern, path)) return true;
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace bgdb::app
