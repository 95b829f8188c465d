#include "prove/stage.h"

#include <fmt/format.h>

#include "core/interrupt.h"

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

Result<void> Stage::apply(const migration::Loaded& file) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = postgres_->dsn("base")}));
  for (const auto& statement : file.up.statements) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto* copy = std::get_if<parse::Copy>(&statement.node);
    if (copy != nullptr && copy->from_stdin) continue;
    const auto ran = session.script(statement.text);
    if (ran) continue;
    if (ran.error().sqlstate.empty()) return ran.error();
    return fail(ErrorCode::input,
                fmt::format("{}:{}: the file does not run on an empty server: {}", file.file.path, statement.span.line,
                            ran.error().message),
                "prove on a copy of a real database with --on, or leave the file out");
  }
  return {};
}

}  // namespace bgdb::prove
