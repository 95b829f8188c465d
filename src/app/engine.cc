#include "app/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/mapping_wiring.h"

namespace bgdb::app {
namespace {

// The first thing that is more than the same columns under the same names; empty: nothing.
std::string beyond_projection(const translate::Mapping& mapping) {
  for (const auto& table : mapping.tables) {
    if (table.merged || mapping.tables_of(table.source).size() > 1) {
      return fmt::format("{} and {} are not one to one", table.source.display(), table.target.display());
    }
    if (table.source != table.target) {
      return fmt::format("{} is called {} on the other side", table.source.display(), table.target.display());
    }
    for (const auto& rule : table.columns) {
      if (rule.column_class == translate::ColumnClass::default_value) continue;
      if (rule.column_class == translate::ColumnClass::identity && rule.expression == quote_ident(rule.target))
        continue;
      return fmt::format("{}.{} is translated ({})", table.target.display(), rule.target, rule.expression);
    }
  }
  return {};
}

}  // namespace

std::string engine_choice(const Config& config, const translate::MappingPair& mapping, int oldest) {
  if (config.link.engine == "relay") return "relay, as link.engine says";
  std::string beyond = beyond_projection(mapping.forward);
  if (beyond.empty()) beyond = beyond_projection(mapping.reverse);
  if (!beyond.empty()) return fmt::format("relay: {}, which a subscription cannot do", beyond);
  if (oldest < 160000) {
    return "relay: before PostgreSQL 16 a subscription would send back what the other link wrote";
  }
  return "relay: a subscription skips a missing row without a sign and stops at a row that does not fit";
}

Result<std::string> engine_choice(const Config& config) {
  auto blue = BGDB_TRY(pg::Session::open({.dsn = config.blue_dsn, .application_name = "bgdb doctor"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = config.green_dsn, .application_name = "bgdb doctor"}));
  const auto mapping = derive_mapping(config, blue, green);
  return engine_choice(config, mapping ? *mapping : translate::MappingPair{},
                       std::min(blue.server_version(), green.server_version()));
}

}  // namespace bgdb::app
