// Which casts PostgreSQL has between two types: pg_cast of a real server (data/postgresql/casts.txt), and the casts
// through text that need no entry there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bgdb::lint {

enum class CastContext { implicit, assignment, explicit_only };

struct Cast {
  CastContext context = CastContext::explicit_only;
  bool stored_alike = false;  // binary coercible: no value changes its bytes
};

// Names are PostgreSQL's own ("int4", "bpchar"). An unknown type, an enum and a composite have only the casts through
// text. nullopt: not even an explicit cast exists.
std::optional<Cast> cast_between(std::string_view from, std::string_view to);

// Category S of pg_type: every type can be assigned to it, and it can be cast to every type.
bool is_string_type(std::string_view name);
// A built-in type, or one of a contrib extension.
bool is_known_type(std::string_view name);

}  // namespace bgdb::lint
