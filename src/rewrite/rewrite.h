// A hazardous migration -> an ordered plan of expand, backfill and contract steps, so that the old and the new version
// of an application both work between expand and contract, and going back loses nothing. Pure: no database, no files,
// no clock.
#pragma once

#include <string>
#include <vector>

#include "migration/migration.h"
#include "schema/catalog.h"

namespace bgdb::rewrite {

enum class Phase { expand, backfill, contract };
std::string_view to_string(Phase phase);

// One or more SQL statements that run together.
struct Step {
  Phase phase = Phase::expand;
  bool in_transaction = true;  // false: each statement alone, outside a transaction block
  std::string sql{};           // statements, each ended by ";\n"
  std::string undo{};          // brings back what was before this step; empty: nothing to undo
  std::string gate{};          // what must be true before it runs, for people; empty: nothing
  std::string note{};          // what it is for, one line
};

// A statement that would break the old version and for which there is no (safe) recipe.
struct Refusal {
  int line = 1;
  std::string statement{};  // the first line of it
  std::string reason{};     // names the object and the cause
  std::string hint{};       // the cure
};

// A hazard that was turned into steps.
struct Change {
  int line = 1;
  std::string recipe{};   // "rename-column"
  std::string summary{};  // "public.users.email becomes email_address"
};

struct Plan {
  std::vector<Step> steps;  // in the order in which they run
  std::vector<Change> changes;
  std::vector<Refusal> refused;
  std::vector<std::string> old_version_notes;  // limits for the versions while both run
  bool nothing_to_rewrite() const { return changes.empty() && refused.empty(); }
};

// The plan for one migration file. `before`: the schema that all earlier files leave. Statements without a hazard pass
// through into the expand phase, in order. Failure (input): a statement that cannot be parsed, or one with
// placeholders. Directives in the file's comments:
//   -- bgdb: reverse=<expr>            the way back for the one retyped or dropped column of the file
//   -- bgdb: reverse <column>=<expr>   for a column by name (column or table.column)
Result<Plan> rewrite_text(const migration::File& file, const std::string& text, const schema::Catalog& before);

// What is written to disk for a plan.
struct OutputFile {
  std::string path{};
  std::string text{};
  Phase phase = Phase::expand;
  bool in_transaction = true;
  bool undo = false;
};

// Files in the framework's naming beside the original, each with `-- bgdb: phase=...`, with undo files where the
// framework has a place for them, and PLAN.md last. REQUIRES: plan.refused is empty.
std::vector<OutputFile> render(const Plan& plan, const migration::File& base);
// PLAN.md alone; also for a plan with refusals.
std::string render_plan_text(const Plan& plan, const migration::File& base, const std::vector<OutputFile>& files);

}  // namespace bgdb::rewrite
