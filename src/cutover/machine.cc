#include "cutover/machine.h"

#include "core/result.h"

namespace bgdb::cutover {
namespace {

constexpr auto kRefuse = OnFailure::refuse;
constexpr auto kUndo = OnFailure::undo;
constexpr auto kRetry = OnFailure::retry;
constexpr auto kCarryOn = OnFailure::carry_on;

// What observe() found decides where to begin.
Next begin(Mode mode, Standing standing) {
  switch (standing) {
    case Standing::ready:
      // Nothing was switched. resume and abort only give the way in back to the source (a pooler may still be paused).
      return {.step = mode == Mode::run ? Step::gates : Step::undo_traffic};
    case Standing::fenced:
      if (mode == Mode::resume) return {.step = Step::activate};
      return {.end = End::refused};
    case Standing::switched:
      // The databases are done; traffic and what follows can be repeated.
      if (mode == Mode::resume) return {.step = Step::point};
      return {.end = End::refused};
    case Standing::opposite:
    case Standing::retired:
    case Standing::broken:
    case Standing::unknown:
      return {.end = End::refused};
  }
  return {.end = End::refused};
}

// What settle() found after a COMMIT without an answer.
Next settled(Standing standing) {
  switch (standing) {
    case Standing::ready:
      return {.step = Step::undo_fence};
    case Standing::fenced:
      return {.step = Step::activate};
    case Standing::switched:  // another operator's --resume was faster
      return {.step = Step::point};
    default:
      return {.step = Step::settle, .retry = true};
  }
}

}  // namespace

const std::vector<Row>& table() {
  static const std::vector<Row> kTable = {
      {Step::operator_lock, "operator_lock", Step::observe, kRefuse, false},
      {Step::observe, "observe", Step::gates, kRefuse, false},
      {Step::gates, "gates", Step::intent, kRefuse, false},
      {Step::intent, "intent", Step::pause, kRefuse, false},
      {Step::pause, "pause", Step::fence, kUndo, true},
      {Step::fence, "fence", Step::drain, kUndo, true},
      {Step::drain, "drain", Step::sequences, kUndo, true},
      {Step::sequences, "sequences", Step::final_facts, kUndo, true},
      {Step::final_facts, "final_facts", Step::commit, kUndo, true},
      {Step::commit, "commit", Step::activate, OnFailure::settle, true},
      {Step::settle, "settle", Step::activate, kRetry, false},
      {Step::activate, "activate", Step::point, kRetry, false},
      {Step::point, "point", Step::resume_traffic, kRetry, false},
      {Step::resume_traffic, "resume_traffic", Step::front_door, kRetry, false},
      {Step::front_door, "front_door", Step::evict, kRetry, false},
      {Step::evict, "evict", Step::top_up, kCarryOn, false},
      {Step::top_up, "top_up", Step::finish, kRetry, false},
      {Step::finish, "finish", Step::finish, kCarryOn, false},
      {Step::undo_fence, "undo_fence", Step::undo_traffic, kCarryOn, false},
      {Step::undo_traffic, "undo_traffic", Step::undo_record, kRetry, false},
      {Step::undo_record, "undo_record", Step::undo_record, kCarryOn, false},
  };
  return kTable;
}

const Row& row(Step step) {
  const auto& entry = table()[static_cast<size_t>(step)];
  BGDB_ASSERT(entry.step == step);
  return entry;
}

std::optional<Step> step_named(std::string_view name) {
  for (const auto& entry : table()) {
    if (entry.name == name) return entry.step;
  }
  return std::nullopt;
}

std::string_view to_string(End end) {
  switch (end) {
    case End::switched:
      return "switched";
    case End::back:
      return "back";
    case End::refused:
      return "refused";
    case End::incomplete:
      return "incomplete";
  }
  return "incomplete";
}

Step first_step() {
  return Step::operator_lock;
}

Next next(Mode mode, Step step, const Event& event) {
  const Row& now = row(step);
  if (event.ok) {
    if (step == Step::observe) return begin(mode, event.standing.value_or(Standing::unknown));
    if (step == Step::settle) return settled(event.standing.value_or(Standing::unknown));
    if (step == Step::finish) return {.end = End::switched};
    if (step == Step::undo_record) return {.end = End::back};
    return {.step = now.next};
  }
  switch (now.on_failure) {
    case OnFailure::refuse:
      return {.end = End::refused};
    case OnFailure::undo:
      return {.step = Step::undo_fence};
    case OnFailure::settle:
      return {.step = Step::settle};
    case OnFailure::retry:
      return {.step = step, .retry = true};
    case OnFailure::carry_on:
      return next(mode, step, Event{});
  }
  return {.end = End::refused};
}

}  // namespace bgdb::cutover
