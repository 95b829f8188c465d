// bgdb init: writes a commented bgdb.yml and mapping.yml into the working directory; never overwrites.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/init.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {

void add_init(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("init", "Write a commented bgdb.yml and mapping.yml");
  command->footer(
      "Files that exist are left alone (exit status 1 when there was nothing to write).\n\nExample:\n  bgdb init\n");
  command->callback([&global, &exit] {
    const auto files = app::write_initial_files(".");
    if (!files) {
      exit.status = report("init", files.error());
      return;
    }
    auto json = nlohmann::json::array();
    std::string text;
    bool any = false;
    for (const auto& file : *files) {
      const auto name = file.path.starts_with("./") ? file.path.substr(2) : file.path;
      json.push_back({{"path", name}, {"written", file.written}});
      text +=
          fmt::format("{} {}\n", file.written ? styled("wrote ", Style::green) : styled("exists", Style::yellow), name);
      any = any || file.written;
    }
    if (any) text += "\nNext: name both databases in bgdb.yml, then `bgdb lint` and `bgdb clone`.\n";
    print(global.json ? json.dump(2) + "\n" : text);
    exit.status = any ? 0 : 1;
  });
}

}  // namespace bgdb::cli
