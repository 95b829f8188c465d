// What a database is in a release, as its row bgdb.side says.
#pragma once

#include <string_view>

namespace bgdb::core {

enum class Role { active, standby, retired };

constexpr std::string_view to_string(Role role) {
  switch (role) {
    case Role::active:
      return "active";
    case Role::standby:
      return "standby";
    case Role::retired:
      return "retired";
  }
  return "standby";
}

constexpr Role role_of(std::string_view text) {
  return text == "active" ? Role::active : text == "retired" ? Role::retired : Role::standby;
}

}  // namespace bgdb::core
