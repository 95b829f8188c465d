// One run of a clone over sessions that live: looks at the facts, does what is missing. When a server goes away the run
// ends with an error, and another one goes on (clone.cc).
#pragma once

#include <optional>

#include "clone/clone.h"
#include "clone/dump.h"
#include "clone/facts.h"
#include "clone/post_data.h"
#include "clone/preflight.h"
#include "clone/sessions.h"

namespace bgdb::clone {

class Run {
 public:
  Run(const CloneOptions& options, core::Progress& progress, pg::Session blue, pg::Session green)
      : options_(options), progress_(progress), blue_(std::move(blue)), green_(std::move(green)) {}

  Result<CloneReport> run();
  // After a failure: is anything there that the next run can go on from?
  bool resumable() const { return facts_.stage >= Stage::schema && facts_.stage < Stage::done; }

 private:
  Result<void> check_complete();
  Result<bool> can_go_on();
  Result<bool> blue_has_all_copied();
  Result<void> start_anew();
  Result<void> copy_schema_first();
  Result<Preflight> check_both();
  Result<void> begin(const Preflight& checked);
  Result<void> create_slot(const Plan& plan);
  Result<void> read_blue_in_snapshot();
  Result<void> copy_schema(const SchemaDump& dump);
  Result<void> take_over_schema();
  Result<void> stand_by(pg::Session& session);
  Result<void> read_mapping();
  Result<void> guard(pg::Session& session);
  Result<void> copy_rows();
  Result<void> copy_round(const std::vector<TablePlan>& missing);
  Result<void> go_on();
  Result<void> build();
  Result<void> level();
  Result<void> constrain(const PostData& data);
  Result<void> finish();
  Result<void> set_sequences();
  Result<void> reach(Stage stage);
  Result<void> note_in_journal(const std::string& step);
  Result<void> commit_at(pg::Transaction transaction, pg::Session& session, Stage stage);
  Error take_back(Error error);

  const CloneOptions& options_;
  core::Progress& progress_;
  pg::Session blue_;
  pg::Session green_;
  Facts facts_;
  CloneReport report_;
  std::optional<Snapshot> snapshot_;
  std::string schema_;  // blue's fingerprint in the snapshot
  Plan plan_;           // of blue in the snapshot
  std::string encoding_;
  std::optional<translate::Mapping> mapping_;  // of blue's leaves, where green has a schema of its own
};

}  // namespace bgdb::clone
