#include "doctor/grants.h"

#include <fmt/format.h>

#include <set>

#include "core/sql_file.h"
#include "pg/session.h"

namespace bgdb::doctor {
namespace {

struct Owner {
  std::string name;
  bool superuser = false;
  std::string example;
  auto operator<=>(const Owner& other) const { return name <=> other.name; }
};

Result<std::set<Owner>> owners_of(pg::Session& session, const std::string& role) {
  std::set<Owner> owners;
  const auto rows = BGDB_TRY(session.query(core::sql_text("doctor/list_owners.sql"), {role}));
  for (size_t i = 0; i < rows.size(); ++i) {
    owners.insert({rows.text(i, "owner"), rows.boolean(i, "superuser"), rows.text(i, "example")});
  }
  return owners;
}

// Rights that both sides need alike: either may be the source and the target.
Result<std::vector<std::string>> for_side(pg::Session& session, const std::string& role, bool bypass_row_security,
                                          const std::set<Owner>& owners, const pg::Rows& facts) {
  const std::string user = quote_ident(role);
  std::vector<std::string> list;
  list.push_back(fmt::format("{} role {} {}replication{};", facts.boolean(0, "role_exists") ? "alter" : "create", user,
                             facts.boolean(0, "role_exists") ? "" : "login ", bypass_row_security ? " bypassrls" : ""));
  list.push_back(
      fmt::format("grant connect, create on database {} to {};", quote_ident(facts.text(0, "database")), user));
  for (const Owner& owner : owners) {
    if (owner.name == role || owner.name == "pg_database_owner") continue;
    list.push_back(owner.superuser
                       ? fmt::format("-- superuser {} owns {}: a member of it would be one, too; let a role of the "
                                     "application own it, and run this again",
                                     owner.name, owner.example)
                       : fmt::format("grant {} to {};", quote_ident(owner.name), user));
  }
  list.push_back(fmt::format("grant pg_read_all_stats, pg_signal_backend to {};", user));
  for (const auto& function : BGDB_TRY(pg::parse_array_literal(facts.text(0, "origin_functions")))) {
    list.push_back(fmt::format("grant execute on function {} to {};", function.value_or(""), user));
  }
  list.push_back(session.server_version() >= 150000
                     ? fmt::format("grant set on parameter session_replication_role to {};", user)
                     : fmt::format("-- PostgreSQL 14: only a superuser may set session_replication_role: alter role {} "
                                   "superuser; or upgrade",
                                   user));
  list.push_back(fmt::format("-- pg_hba.conf must let {} in for this database from where bgdb runs", role));
  return list;
}

// The schema's copy is made there: owners need a place for their tables, public has privileges to be set.
Result<void> add_for_copy(pg::Session& green, pg::Session& blue, const std::string& role, const std::set<Owner>& owners,
                          const pg::Rows& facts, std::vector<std::string>& list) {
  const std::string user = quote_ident(role);
  if (facts.text(0, "database_owner") != role) {
    list.push_back(facts.boolean(0, "owner_is_superuser")
                       ? fmt::format("alter database {} owner to {};", quote_ident(facts.text(0, "database")), user)
                       : fmt::format("grant {} to {};", quote_ident(facts.text(0, "database_owner")), user));
  }
  if (const std::string& owner = facts.text(0, "public_owner"); !owner.empty() && owner != "pg_database_owner") {
    list.push_back(fmt::format("alter schema public owner to {};", user));
  }
  for (const Owner& owner : owners) {
    if (owner.superuser || owner.name == role || facts.text(0, "public_owner").empty()) continue;
    list.push_back(fmt::format("grant usage, create on schema public to {};", quote_ident(owner.name)));
  }
  const auto wanted = BGDB_TRY(blue.query(core::sql_text("doctor/list_extensions.sql")));
  const auto offered = BGDB_TRY(green.query(core::sql_text("doctor/list_extensions.sql")));
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted.text(i, "installed").empty() || wanted.boolean(i, "trusted")) continue;
    for (size_t j = 0; j < offered.size(); ++j) {
      if (offered.text(j, "name") != wanted.text(i, "name") || !offered.text(j, "installed").empty()) continue;
      list.push_back(fmt::format("create extension {};", quote_ident(wanted.text(i, "name"))));
    }
  }
  return {};
}

}  // namespace

Result<Grants> grants_for(const clone::CloneOptions& options, const std::string& role) {
  auto blue = BGDB_TRY(pg::Session::open({.dsn = options.blue_dsn, .application_name = "bgdb doctor"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = options.green_dsn, .application_name = "bgdb doctor"}));
  const auto of_blue = BGDB_TRY(blue.query(core::sql_text("doctor/read_grant_facts.sql"), {role, kOriginFunctions}));
  const auto of_green = BGDB_TRY(green.query(core::sql_text("doctor/read_grant_facts.sql"), {role, kOriginFunctions}));
  const bool bypass = of_blue.boolean(0, "forced_row_security") || of_green.boolean(0, "forced_row_security");
  const auto owners = BGDB_TRY(owners_of(blue, role));
  auto there = BGDB_TRY(owners_of(green, role));
  there.insert(owners.begin(), owners.end());
  Grants grants;
  grants.blue = BGDB_TRY(for_side(blue, role, bypass, owners, of_blue));
  grants.green = BGDB_TRY(for_side(green, role, bypass, there, of_green));
  BGDB_CHECK(add_for_copy(green, blue, role, there, of_green, grants.green));
  return grants;
}

}  // namespace bgdb::doctor
