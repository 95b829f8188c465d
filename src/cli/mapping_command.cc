// bgdb mapping derive: how each column travels, both ways.
#include "app/config.h"
#include "app/mapping_wiring.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

Result<translate::MappingPair> derive(const Global& global) {
  const auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  auto blue = BGDB_TRY(pg::Session::open({.dsn = config.blue_dsn, .application_name = "bgdb mapping"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = config.green_dsn, .application_name = "bgdb mapping"}));
  return app::derive_mapping(config, blue, green);
}

}  // namespace

void add_mapping(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("mapping", "The translation between blue's and green's schema");
  command->require_subcommand(1);
  auto* derive_command = command->add_subcommand("derive", "Derive it and show every column in both directions");
  derive_command->footer(
      "Read from both live schemas, the migrations after migrations.baseline, and mapping.yml. Refuses (exit status 3) "
      "what\n"
      "would stop or damage replication, naming the column and the key to write.\n\nExample:\n  bgdb mapping derive\n");
  derive_command->callback([&global, &exit] {
    const auto pair = derive(global);
    if (!pair) {
      exit.status = report("mapping derive", pair.error());
      return;
    }
    print(global.json ? translate::to_json(*pair) : translate::to_text(*pair));
    exit.status = 0;
  });
}

}  // namespace bgdb::cli
