// The stage of the demo: two servers, a pooler, the shop with its data, the project folder of the operator with
// bgdb.yml, mapping.yml and migrations. The destructor takes everything down.
#pragma once

#include <memory>
#include <string>

#include "app/demo/load.h"
#include "core/result.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace bgdb::app::demo {

struct Stage {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> blue;
  std::unique_ptr<scratch::Postgres> green;
  std::unique_ptr<scratch::PgBouncer> bouncer;
  std::string project;  // folder that holds bgdb.yml
  ShopSize size;

  Result<pg::Session> connect(const std::string& side) const;
  int64_t money_cents() const { return size.accounts * 100'000; }
};

constexpr const char* kBreakingMigration = "V2.0.0__rename_retype_split.sql";

// Folder and servers; then data; then the project. Each may take a second or two.
Result<Stage> raise_stage(const ShopSize& size);
Result<void> load_shop(const Stage& stage);
Result<void> write_project(const Stage& stage);

}  // namespace bgdb::app::demo
