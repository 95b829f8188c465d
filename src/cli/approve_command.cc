// bgdb approve: a person says yes to the next switch.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/approve.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {

void add_approve(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("approve", "Say yes to the next switch (gates.approval); counts for one switch");
  command->footer("BGDB_ACTOR names the person behind a shared account.\n\nExample:\n  bgdb approve\n");
  command->callback([&global, &exit] {
    const auto config = app::load_parallel_config(global.config_path);
    if (!config) {
      exit.status = report("approve", config.error());
      return;
    }
    const auto approved = app::approve(*config);
    if (!approved) {
      exit.status = report("approve", approved.error());
      return;
    }
    print(global.json
              ? nlohmann::json{{"by", approved->by}, {"side", approved->side}, {"epoch", approved->epoch}}.dump(2) +
                    "\n"
              : fmt::format("{} approved the next switch away from {} (epoch {}).\n", approved->by, approved->side,
                            approved->epoch));
  });
}

}  // namespace bgdb::cli
