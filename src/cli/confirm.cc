#include "cli/confirm.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace bgdb::cli {

bool confirmed(const Global& global, const std::string& question) {
  if (global.yes) return true;
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::fprintf(stderr, "%s Type yes: ", question.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

core::Error not_confirmed() {
  return core::make_error(core::ErrorCode::usage, "not confirmed", "Run it with --yes, or answer yes on a terminal.");
}

}  // namespace bgdb::cli
