// Every command of bgdb, in the order of --help. A command is one file cli/<name>_command.cc with one add_<name>().
#pragma once

#include <span>

#include "cli/command.h"

namespace bgdb::cli {

void add_init(CLI::App& app, const Global& global, Exit& exit);
void add_lint(CLI::App& app, const Global& global, Exit& exit);
void add_explain(CLI::App& app, const Global& global, Exit& exit);
void add_rewrite(CLI::App& app, const Global& global, Exit& exit);
void add_prove(CLI::App& app, const Global& global, Exit& exit);
void add_rehearse(CLI::App& app, const Global& global, Exit& exit);
void add_doctor(CLI::App& app, const Global& global, Exit& exit);
void add_clone(CLI::App& app, const Global& global, Exit& exit);
void add_mapping(CLI::App& app, const Global& global, Exit& exit);
void add_snapshot(CLI::App& app, const Global& global, Exit& exit);
void add_restore(CLI::App& app, const Global& global, Exit& exit);
void add_migrate(CLI::App& app, const Global& global, Exit& exit);
void add_backfill(CLI::App& app, const Global& global, Exit& exit);
void add_sync(CLI::App& app, const Global& global, Exit& exit);
void add_verify(CLI::App& app, const Global& global, Exit& exit);
void add_lag(CLI::App& app, const Global& global, Exit& exit);
void add_approve(CLI::App& app, const Global& global, Exit& exit);
void add_gate(CLI::App& app, const Global& global, Exit& exit);
void add_cutover(CLI::App& app, const Global& global, Exit& exit);
void add_rollback(CLI::App& app, const Global& global, Exit& exit);
void add_finalize(CLI::App& app, const Global& global, Exit& exit);
void add_cleanup(CLI::App& app, const Global& global, Exit& exit);
void add_release(CLI::App& app, const Global& global, Exit& exit);
void add_traffic(CLI::App& app, const Global& global, Exit& exit);
void add_status(CLI::App& app, const Global& global, Exit& exit);
void add_journal(CLI::App& app, const Global& global, Exit& exit);
void add_demo(CLI::App& app, const Global& global, Exit& exit);
void add_guardian(CLI::App& app, const Global& global, Exit& exit);

std::span<const CommandEntry> commands();

}  // namespace bgdb::cli
