#include "migration/convention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bgdb::migration {
namespace {

using F = Framework;
using N = Naming;
using O = Order;
using W = Wrap;
using S = Style;

constexpr std::array<Convention, 27> kConventions = {{
    {F::plain, "plain", N::any, O::natural, W::guess, S::any, false},
    {F::flyway, "flyway", N::flyway, O::flyway, W::flyway, S::none, true},
    {F::golang_migrate, "golang-migrate", N::suffixed, O::integer, W::script, S::none, true},
    {F::goose, "goose", N::numbered, O::integer, W::always, S::goose, true},
    {F::dbmate, "dbmate", N::numbered, O::text, W::always, S::dbmate, true},
    {F::diesel, "diesel", N::folder, O::undashed, W::always, S::none, true},
    {F::prisma, "prisma", N::folder, O::text, W::script, S::none, false},
    {F::sqlx, "sqlx", N::numbered, O::integer, W::always, S::none, true},
    {F::sql_migrate, "sql-migrate", N::any, O::integer, W::always, S::sql_migrate, false},
    {F::sqitch, "sqitch", N::listed, O::listed, W::never, S::none, false},
    {F::atlas, "atlas", N::numbered, O::text, W::always, S::none, true},
    {F::drizzle, "drizzle", N::listed, O::listed, W::always, S::none, false},
    {F::rails, "rails", N::any, O::natural, W::never, S::none, false},
    {F::alembic, "alembic", N::any, O::natural, W::never, S::none, false},
    {F::django, "django", N::any, O::natural, W::never, S::none, false},
    {F::liquibase, "liquibase", N::any, O::natural, W::always, S::liquibase, false},
    {F::graphile, "graphile", N::any, O::natural, W::always, S::none, false},
    {F::supabase, "supabase", N::numbered, O::text, W::always, S::none, true},
    {F::node_pg_migrate, "node-pg-migrate", N::numbered, O::integer, W::always, S::node_pg, false},
    {F::postgres_migrations, "postgres-migrations", N::numbered, O::integer, W::always, S::none, true},
    {F::pop, "pop", N::suffixed, O::text, W::always, S::none, true},
    {F::soda, "soda", N::listed, O::listed, W::always, S::none, false},
    {F::morph, "morph", N::suffixed, O::integer, W::always, S::none, true},
    {F::temporal, "temporal", N::listed, O::listed, W::never, S::none, false},
    {F::procrastinate, "procrastinate", N::any, O::natural, W::guess, S::none, false},
    {F::tern, "tern", N::numbered, O::integer, W::always, S::tern, true},
    {F::hasura, "hasura", N::folder, O::undashed, W::always, S::none, true},
}};

// The row of an enumerator is found by its value.
constexpr bool in_enum_order() {
  for (size_t i = 0; i < kConventions.size(); ++i) {
    if (static_cast<size_t>(kConventions[i].framework) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

// Other words people use.
constexpr std::pair<std::string_view, Framework> kAliases[] = {{"golang", F::golang_migrate},
                                                               {"migrate", F::golang_migrate},
                                                               {"popx", F::pop},
                                                               {"graphile-migrate", F::graphile},
                                                               {"rubenv-sql-migrate", F::sql_migrate},
                                                               {"cadence", F::temporal},
                                                               {"refinery", F::flyway},
                                                               {"none", F::plain}};

}  // namespace

const Convention& convention(Framework framework) {
  return kConventions[static_cast<size_t>(framework)];
}

std::string_view to_string(Framework framework) {
  return convention(framework).name;
}

bool folder_is_name(Framework framework) {
  return convention(framework).naming == Naming::folder;
}

Result<Framework> framework_from_string(std::string_view name) {
  std::string wanted(name);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  std::string known;
  for (const auto& row : kConventions) {
    if (row.name == wanted) return row.framework;
    known += known.empty() ? "" : ", ";
    known += row.name;
  }
  for (const auto& [alias, framework] : kAliases) {
    if (alias == wanted) return framework;
  }
  return fail(ErrorCode::usage, fmt::format("unknown migration framework \"{}\"", name), "known: " + known);
}

}  // namespace bgdb::migration
