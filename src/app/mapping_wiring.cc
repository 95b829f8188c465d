#include "app/mapping_wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/nearest.h"
#include "introspect/introspect.h"
#include "migration/migration.h"

namespace bgdb::app {
namespace {

namespace fs = std::filesystem;

Result<translate::Overrides> read_overrides(const Config& config) {
  const std::string path = config.resolve(config.mapping);
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || fs::is_directory(path, ignored)) {
    // There may be nothing that cannot be derived; but a name somebody wrote, or a file without permission, counts.
    if (config.mapping == Config{}.mapping && !fs::exists(path, ignored)) return translate::Overrides{};
    return fail(ErrorCode::config, fmt::format("cannot read {} (mapping in {})", path, config.path),
                "correct its name or permissions, or leave the key out when everything can be derived");
  }
  std::ostringstream text;
  text << file.rdbuf();
  return translate::parse_overrides(text.str(), path);
}

// Index of the first file that blue does not have.
Result<size_t> first_pending(const migration::Set& set, const std::string& baseline) {
  if (baseline.empty()) return size_t{0};
  if (const auto behind = migration::behind_version(set, baseline)) return *behind;
  std::vector<std::string> known;
  for (const auto& file : set.files) known.push_back(file.version.empty() ? file.stem() : file.version);
  const std::string near = core::nearest(baseline, known);
  return fail(
      ErrorCode::not_found, fmt::format("migrations.baseline {} is the version of no migration", baseline),
      near.empty() ? "it is the version of the last migration that blue has" : fmt::format("did you mean {}?", near));
}

}  // namespace

Result<std::vector<parse::Statement>> pending_statements(const Config& config) {
  const std::string folder = config.resolve(config.migrations.dir);
  std::vector<parse::Statement> statements;
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) return statements;
  std::optional<migration::Framework> framework;
  if (config.migrations.framework != "auto") {
    framework = BGDB_TRY(migration::framework_from_string(config.migrations.framework));
  }
  const auto set = BGDB_TRY(migration::discover({folder}, framework));
  for (size_t i = BGDB_TRY(first_pending(set, config.migrations.baseline)); i < set.files.size(); ++i) {
    const auto loaded = BGDB_TRY(migration::load(set.files[i]));
    for (const auto& statement : loaded.up.statements) {
      if (!statement.parsed) {
        return fail(ErrorCode::input,
                    fmt::format("{}:{}: this statement cannot be read ({}), so what it renames is unknown",
                                set.files[i].path, statement.span.line, statement.error),
                    "correct it, or write it in a form PostgreSQL accepts");
      }
      statements.push_back(statement);
    }
  }
  return statements;
}

std::vector<QualifiedName> participating_tables(const Config& config, const schema::Catalog& blue) {
  std::vector<QualifiedName> tables;
  for (const auto& [name, relation] : blue.relations) {
    const bool table =
        relation.kind == schema::RelationKind::table || relation.kind == schema::RelationKind::partitioned_table;
    if (table && !relation.partition_of && takes_part(config, name)) tables.push_back(name);
  }
  return tables;
}

Result<translate::MappingPair> derive_mapping(const Config& config, pg::Session& blue, pg::Session& green) {
  const auto blue_catalog = BGDB_TRY(introspect::read_catalog(blue, {.sizes = false}));
  const auto green_catalog = BGDB_TRY(introspect::read_catalog(green, {.sizes = false}));
  const auto cloned = [](const auto& entry) {
    return entry.second.kind == schema::RelationKind::table && entry.first.schema != "bgdb";
  };
  const auto& there = green_catalog.relations;
  if (std::none_of(there.begin(), there.end(), cloned)) {  // every table would be a problem of its own
    return fail(ErrorCode::refused, "green holds no tables yet: there is nothing to translate to",
                "run `bgdb clone` and `bgdb migrate` first");
  }
  translate::DeriveInput input;
  input.blue = &blue_catalog;
  input.green = &green_catalog;
  input.migration = BGDB_TRY(pending_statements(config));
  input.overrides = BGDB_TRY(read_overrides(config));
  input.tables = participating_tables(config, blue_catalog);
  return translate::derive(input);
}

}  // namespace bgdb::app
