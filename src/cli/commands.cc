#include "cli/commands.h"

namespace bgdb::cli {
namespace {

// clang-format off
constexpr CommandEntry kCommands[] = {
    {"init", add_init},
    // Before the merge.
    {"lint", add_lint},
    {"explain", add_explain},
    {"rewrite", add_rewrite},
    {"prove", add_prove},
    {"rehearse", add_rehearse},
    // Release night.
    {"release", add_release},
    {"doctor", add_doctor},
    {"clone", add_clone},
    {"migrate", add_migrate},
    {"backfill", add_backfill},
    {"mapping", add_mapping},
    {"sync", add_sync},
    {"verify", add_verify},
    {"lag", add_lag},
    {"snapshot", add_snapshot},
    {"gate", add_gate},
    {"approve", add_approve},
    {"traffic", add_traffic},
    {"cutover", add_cutover},
    {"rollback", add_rollback},
    {"restore", add_restore},
    {"finalize", add_finalize},
    {"cleanup", add_cleanup},
    {"status", add_status},
    {"journal", add_journal},
    {"demo", add_demo},
    {"__guardian", add_guardian},  // hidden: started by a switch
};
// clang-format on

}  // namespace

std::span<const CommandEntry> commands() {
  return kCommands;
}

}  // namespace bgdb::cli
