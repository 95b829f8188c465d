// The switch's ports over real databases, links and traffic drivers. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "app/switch_spec.h"
#include "app/switch_sql.h"
#include "cutover/ports.h"
#include "gate/gate.h"
#include "journal/journal.h"
#include "pg/session.h"
#include "traffic/driver.h"
#include "traffic/guardian.h"

namespace bgdb::app {

class SwitchWiring : public cutover::Ports {
 public:
  static Result<std::unique_ptr<SwitchWiring>> make(SwitchSpec spec);

  Result<void> lock_operator() override;
  Result<cutover::Facts> observe() override;
  std::vector<cutover::GateLine> gates() override;
  Result<void> prove_links() override;
  Result<void> prepare() override;
  Result<void> record_on_source(const cutover::Note& note) override;
  Result<void> record_on_target(const cutover::Note& note) override;
  Result<void> pause_traffic(milliseconds rest) override;
  Result<void> lock_tables(milliseconds lock_timeout, milliseconds rest) override;
  Result<void> drain(milliseconds rest) override;
  Result<void> copy_sequences(milliseconds rest) override;
  Result<std::vector<std::string>> last_objections(milliseconds rest) override;
  Result<void> commit_fence(int64_t epoch, milliseconds rest) override;
  Result<cutover::Facts> settle() override;
  Result<void> activate_target(int64_t epoch) override;
  Result<void> point_traffic() override;
  Result<void> resume_traffic() override;
  Result<void> check_front_door(int64_t epoch) override;
  Result<int> evict_sessions() override;
  Result<void> top_up_sequences() override;
  void drop_fence() override;
  Result<void> return_traffic() override;

  // What a person should know besides: sequences without a counterpart, sessions ended, ...
  const std::vector<std::string>& remarks() const { return remarks_; }
  // For --dry-run: reads only.
  Result<std::vector<QualifiedName>> read_sequence_names(pg::Session& session);
  traffic::Driver& driver() { return *driver_; }
  const SwitchSpec& spec() const { return spec_; }

 private:
  explicit SwitchWiring(SwitchSpec spec) : spec_(std::move(spec)) {}

  // The operator's session on one side: holds the advisory lock; opened (and locked) again when it was lost.
  Result<pg::Session*> source() { return operator_session(source_, spec_.source); }
  Result<pg::Session*> target() { return operator_session(target_, spec_.target); }
  Result<pg::Session*> operator_session(std::optional<pg::Session>& session, const gate::Place& place);
  // A marker through each of the two links, both under way at once.
  Result<void> round_trips(pg::Session& source, pg::Session& target, const std::string& purpose, milliseconds timeout);
  Result<void> open_fence();
  // prepare() in parts: switch_prepare.cc.
  Result<void> check_front_door_before();
  Result<void> hold_schema();
  Result<void> check_schema();
  Result<void> raise_sequences_ahead();
  Result<void> arm_guardian();
  Result<void> come_near();
  Result<bool> pulse();
  Result<milliseconds> marker_takes(milliseconds limit);
  Result<void> give_writers_back();  // the lock of lock_tables(); DDL stays out
  Result<std::optional<cutover::SideFact>> read_fact(std::optional<pg::Session>& session, const gate::Place& place);
  Result<std::vector<SequenceState>> read_sequences(pg::Session& session);
  Result<void> raise_target_sequences(const std::vector<SequenceState>& states);
  Result<void> lead_own_sequences(milliseconds limit);
  Result<void> lead_own_sequences_ahead();
  Result<void> remark_materialized_views();
  Result<void> read_counterparts();
  const QualifiedName& counterpart(const QualifiedName& sequence) const;
  Result<void> record(pg::Session& session, const gate::Place& place, const cutover::Note& note);
  void mirror(const gate::Place& place, const journal::Record& record);
  void mirror_fenced();
  void remark(std::string text);

  SwitchSpec spec_;
  std::unique_ptr<traffic::Driver> driver_;
  traffic::Guardian guardian_;
  std::vector<std::unique_ptr<gate::Gate>> gates_;
  std::optional<pg::Session> source_;
  std::optional<pg::Session> target_;
  std::optional<pg::Session> fence_;
  std::optional<pg::Session> marker_;  // on the source, outside the fence
  int32_t fence_pid_ = 0;
  std::vector<SwitchTable> tables_;
  int64_t published_ = 0;  // tables that the publication names
  std::vector<QualifiedName> sequences_;
  bool has_own_sequences_ = false;  // the target: such as fill its columns and have no counterpart by name
  std::map<QualifiedName, QualifiedName> counterparts_;  // of sequences that a migration renamed: source -> target
  std::map<std::string, int64_t> raised_for_;            // sequence -> the source's value that the target is ahead of
  std::optional<journal::Record> fenced_record_;         // not yet in the mirror: clients wait
  std::vector<std::string> remarks_;
};

}  // namespace bgdb::app
