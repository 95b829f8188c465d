#include "lint/types.h"

#include <fmt/format.h>

#include "core/text.h"
#include "lint/casts.h"
#include "parse/parser.h"

namespace bgdb::lint {

using parse::TypeName;

namespace {

// The type below a domain, and whether the domain constrains.
struct Resolved {
  TypeName type;
  bool domain = false;
  bool constrained = false;
};

Resolved resolve(const TypeName& type, const schema::Catalog& catalog) {
  Resolved out{type};
  for (int depth = 0; depth < 8; ++depth) {
    const auto* domain = catalog.domain(out.type);
    if (domain == nullptr || out.type.array_dims > 0) break;
    out.domain = true;
    out.constrained = out.constrained || domain->not_null || !domain->checks.empty();
    out.type = domain->base;
  }
  // Enums and composites may be written with or without their schema.
  const QualifiedName name{out.type.schema, out.type.name};
  if (catalog.enum_type(out.type) != nullptr || catalog.composites.count(catalog.resolve(name)) > 0)
    out.type.schema = catalog.resolve(name).schema;
  return out;
}

std::string squeeze(std::string_view sql) {
  std::string out;
  for (char c : sql) {
    if (c == ' ' || c == '"' || c == '(' || c == ')' || c == '\n' || c == '\t') continue;
    out += core::lower(c);
  }
  return out;
}

// USING c: nothing more than PostgreSQL does by itself. USING c::type: an explicit cast, which cuts instead of
// refusing.
enum class Using { none, plain_cast, casts, other };

Using using_of(const TypeChangeInput& input) {
  if (input.using_sql.empty()) return Using::none;
  const auto text = squeeze(input.using_sql);
  const auto column = squeeze(input.column);
  if (text == column) return Using::none;
  const bool casts = text.rfind("cast" + column + "as", 0) == 0 || text.rfind(column + "::", 0) == 0;
  if (!casts) return Using::other;
  const auto expression = parse::parse_expression(input.using_sql);
  const bool one = expression && expression->casts.size() == 1 && expression->functions.empty();
  return one && expression->casts.front() == *input.to ? Using::plain_cast : Using::casts;
}

bool same_type(const TypeName& from, const TypeName& to) {
  return from.name == to.name && from.schema == to.schema;
}

// PostgreSQL simplifies a change of length or precision away when no value can be touched. char(n), bit(n) and types
// of extensions have no such rule.
bool modifier_is_free(const TypeName& from, const TypeName& to, bool changes_type) {
  if (to.modifiers.empty() && to.modifier_text.empty()) return true;
  if (changes_type) {
    // Behind another cast the old length is not known any more; only full precision is free.
    const bool clock = to.name == "timestamp" || to.name == "timestamptz";
    return clock && to.modifiers.front() >= 6;
  }
  if (from.modifiers == to.modifiers && from.modifier_text == to.modifier_text) return true;
  const auto change = compare_values(from, to);
  if (to.name == "varchar" || to.name == "varbit" || to.name == "interval" || to.name.rfind("time", 0) == 0)
    return !change.narrows;
  if (to.name == "numeric") {
    const auto scale = [](const TypeName& type) { return type.modifiers.size() > 1 ? type.modifiers[1] : 0; };
    return !change.narrows && !from.modifiers.empty() && scale(from) == scale(to);
  }
  return false;
}

// The array itself has to be walked, unless its elements are stored alike and get no length.
bool keeps_bytes(const TypeName& from, const TypeName& to, bool from_domain, bool utc) {
  if (from.array_dims > 0 && to.array_dims > 0) {
    if (from.modifiers == to.modifiers && same_type(from, to)) return true;
    return same_type(from, to) && to.modifiers.empty() && to.modifier_text.empty();
  }
  if (from.array_dims != to.array_dims) return false;
  if (same_type(from, to)) return modifier_is_free(from, to, from_domain);
  if (from.schema != to.schema) return false;
  const bool clocks =
      (from.name == "timestamp" && to.name == "timestamptz") || (from.name == "timestamptz" && to.name == "timestamp");
  if (clocks) return utc && modifier_is_free(from, to, true);
  const auto cast = cast_between(from.name, to.name);
  return cast && cast->stored_alike && modifier_is_free(from, to, true);
}

// Known types only: what an extension brings may have casts that we do not know.
bool cast_missing(const TypeName& from, const TypeName& to, const schema::Catalog& catalog, bool assignment_only) {
  if (same_type(from, to) && from.array_dims == to.array_dims) return false;
  const auto known = [&](const TypeName& type) {
    const bool own =
        catalog.enum_type(type) != nullptr || catalog.composites.count(catalog.resolve({type.schema, type.name})) > 0;
    return own || (type.schema.empty() && is_known_type(type.name));
  };
  if (!known(from) || !known(to)) return false;
  const auto name = [&](const TypeName& type) {
    return type.schema.empty() ? type.name : type.schema + "." + type.name;
  };
  std::optional<Cast> cast;
  if (from.array_dims > 0 && to.array_dims > 0) {
    cast = same_type(from, to) ? Cast{CastContext::implicit, true} : cast_between(name(from), name(to));
  } else if (from.array_dims != to.array_dims) {
    if (to.array_dims == 0 && is_string_type(to.name)) cast = Cast{CastContext::assignment, false};
    if (from.array_dims == 0 && is_string_type(from.name)) cast = Cast{CastContext::explicit_only, false};
  } else {
    cast = cast_between(name(from), name(to));
  }
  return !cast || (assignment_only && cast->context == CastContext::explicit_only);
}

// One operator class serves both.
bool sorted_alike(const TypeName& from, const TypeName& to) {
  const auto text = [](const TypeName& type) { return type.name == "text" || type.name == "varchar"; };
  const auto network = [](const TypeName& type) { return type.name == "inet" || type.name == "cidr"; };
  return (text(from) && text(to)) || (network(from) && network(to));
}

TypeChange computed(const TypeName& from, const TypeName& to, Using how) {
  auto change = from == to ? TypeChange{} : compare_values(from, to);
  if (how == Using::other) change.lossy = true;
  if (change.why.empty()) change.why = "USING computes a new value for every row";
  return change;
}

}  // namespace

TypeChange judge_type_change(const TypeChangeInput& input, const schema::Catalog& catalog) {
  TypeChange change;
  if (input.from == nullptr || input.from->name.empty()) {
    change.guessed = true;
    change.retyped = true;
    change.why = "the old type is not known from the earlier migrations, so the worst is assumed";
    return change;
  }
  const auto from = resolve(*input.from, catalog), to = resolve(*input.to, catalog);
  const auto how = using_of(input);
  if (how == Using::casts || how == Using::other) {
    change = computed(from.type, to.type, how);
  } else {
    change = compare_values(from.type, to.type);
    change.rewrites = !keeps_bytes(from.type, to.type, from.domain && !to.domain, input.timezone_utc);
    change.rewrite_unless_utc =
        change.rewrites && !input.timezone_utc && keeps_bytes(from.type, to.type, from.domain && !to.domain, true);
    change.same = from.type == to.type && same_type(*input.from, *input.to);  // a domain is another type
    change.reindexes = !change.rewrites && !same_type(from.type, to.type) && !sorted_alike(from.type, to.type);
    // An explicit cast to a length cuts silently.
    if (how == Using::plain_cast && change.narrows && !change.retyped) change.lossy = true;
    change.needs_using = cast_missing(from.type, to.type, catalog, how == Using::none);
  }
  change.no_assignment_cast = cast_missing(from.type, to.type, catalog, true);
  const bool same_domain = same_type(*input.from, *input.to);
  if (to.domain && to.constrained && !same_domain) {
    change.same = false;
    change.rewrites = true;
    change.rewrite_unless_utc = false;
    change.narrows = true;
    change.why = fmt::format("the domain {} checks every value", input.to->sql);
  }
  return change;
}

}  // namespace bgdb::lint
