// bgdb gate: every gate of the next switch, once.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/returned.h"
#include "app/shared_gates.h"
#include "app/switch_spec.h"
#include "cli/commands.h"
#include "cli/gates_view.h"
#include "cli/output.h"

namespace bgdb::cli {

void add_gate(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand(
      "gate", "Evaluate every gate of the switch (strategy shared: of contract): pass or hold, and why");
  const auto rollback = std::make_shared<bool>(false);
  command->add_flag("--rollback", *rollback, "The gates of a rollback instead of a cutover");
  command->footer("Exit status: 0 all pass, 1 one holds, 3 both sides take writes.\n\nExample:\n  bgdb gate\n");
  command->callback([rollback, &global, &exit] {
    const auto config = app::load_config(global.config_path);
    if (!config) {
      exit.status = report("gate", config.error());
      return;
    }
    if (!config->shared()) {
      // The one thing that no gate may be read without.
      const auto returned = app::find_returned(*config);
      if (!returned || *returned) {
        const auto error =
            !returned ? returned.error() : make_error(ErrorCode::refused, (*returned)->text(), app::kReturnedHint);
        exit.status = report("gate", error);
        return;
      }
    }
    const auto direction = *rollback ? app::Direction::rollback : app::Direction::cutover;
    const auto gates =
        config->shared() ? app::make_shared_gates(*config) : gate::make_gates(app::gate_inputs(*config, direction));
    const auto decisions = gate::evaluate_all(gates, app::gate_timeout(*config));
    print(global.json ? gates_json(decisions).dump(2) + "\n" : gates_table(decisions));
    exit.status = gate::all_pass(decisions) ? 0 : 1;
  });
}

}  // namespace bgdb::cli
