#include "prove/stage.h"

#include <set>

#include <fmt/format.h>

#include "core/interrupt.h"
#include "prove/compare.h"

namespace bgdb::prove {

Result<std::unique_ptr<Stage>> Stage::start(const std::string& bin_dir) {
  std::unique_ptr<Stage> stage(new Stage());
  stage->workspace_ = BGDB_TRY(scratch::Workspace::create("bgdb-prove"));
  stage->postgres_ = BGDB_TRY(scratch::Postgres::start(*stage->workspace_, {.bin_dir = bin_dir}));
  BGDB_CHECK(stage->postgres_->create_database("base"));
  auto session = BGDB_TRY(pg::Session::open({.dsn = stage->postgres_->dsn()}));
  stage->version_ = session.server_version() / 10000;
  return stage;
}

Result<std::string> Stage::copy() {
  auto session = BGDB_TRY(pg::Session::open({.dsn = postgres_->dsn()}));
  BGDB_CHECK(session.script("drop database if exists work with (force)"));
  BGDB_CHECK(session.script("create database work template base"));
  return postgres_->dsn("work");
}

namespace {

// A statement that is refused leaves the transaction around it as it was. Wants to be alone: it runs between two.
Result<pg::Rows> run_alone_or_inside(pg::Session& session, const std::string& sql) {
  if (!session.in_transaction()) return session.script(sql);
  BGDB_CHECK(session.script("savepoint bgdb_stage"));
  auto ran = session.script(sql);
  if (ran) return session.script("release savepoint bgdb_stage");
  BGDB_CHECK(session.script("rollback to savepoint bgdb_stage"));
  const bool alone = ran.error().sqlstate == "25001" || ran.error().sqlstate == "55P04";
  if (!alone) return ran;
  BGDB_CHECK(session.commit());
  return session.script(sql);
}

}  // namespace

Result<std::vector<std::string>> Stage::apply(const migration::Loaded& file) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = postgres_->dsn("base")}));
  std::vector<std::string> refused;
  for (const auto& statement : file.up.statements) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto* copy = std::get_if<parse::Copy>(&statement.node);
    if (copy != nullptr && copy->from_stdin) continue;
    const bool control = std::holds_alternative<parse::TransactionStatement>(statement.node);
    if (file.in_transaction && !control && !session.in_transaction()) BGDB_CHECK(session.begin());
    const auto ran = control ? session.script(statement.text) : run_alone_or_inside(session, statement.text);
    if (ran || about_rows(ran.error())) continue;
    if (ran.error().sqlstate.empty()) return ran.error();
    refused.push_back(fmt::format("{}:{}: {}", file.file.path, statement.span.line, ran.error().message));
  }
  if (session.in_transaction()) BGDB_CHECK(session.commit());
  return refused;
}

namespace {

void roles_of(const parse::Node& node, std::set<std::string>& needed, std::set<std::string>& made) {
  if (const auto* grant = std::get_if<parse::Grant>(&node))
    needed.insert(grant->grantees.begin(), grant->grantees.end());
  if (const auto* policy = std::get_if<parse::PolicyStatement>(&node))
    needed.insert(policy->roles.begin(), policy->roles.end());
  if (const auto* owner = std::get_if<parse::OwnerChange>(&node)) needed.insert(owner->new_owner);
  if (const auto* role = std::get_if<parse::RoleStatement>(&node)) (role->create ? made : needed).insert(role->name);
  if (const auto* alter = std::get_if<parse::AlterTable>(&node)) {
    for (const auto& command : alter->commands) {
      if (command.kind == parse::AlterKind::owner) needed.insert(command.name);
    }
  }
}

}  // namespace

Result<std::vector<std::string>> Stage::make_roles(const migration::Loaded& file) {
  std::set<std::string> needed, made;
  for (const auto& statement : file.up.statements) roles_of(statement.node, needed, made);
  auto session = BGDB_TRY(pg::Session::open({.dsn = postgres_->dsn("base")}));
  std::vector<std::string> out;
  for (const auto& role : needed) {
    static const std::set<std::string> kNoNames = {"",    "public", "current_user", "session_user", "current_role",
                                                   "none"};
    if (kNoNames.count(role) > 0 || made.count(role) > 0 || role.rfind("pg_", 0) == 0) continue;
    const auto known =
        BGDB_TRY(session.scalar("select count(*)::text from pg_catalog.pg_roles where rolname = $1", {role}));
    if (known != "0") continue;
    BGDB_CHECK(session.script("create role " + core::quote_ident(role)));
    out.push_back(role);
  }
  return out;
}

}  // namespace bgdb::prove
