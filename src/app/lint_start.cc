#include "app/lint_start.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "introspect/introspect.h"
#include "parse/parser.h"
#include "pg/session.h"
#include "schema/apply.h"

namespace bgdb::app {

namespace fs = std::filesystem;

namespace {

constexpr int kOldest = 14;
constexpr int kNewest = 18;

// "-- Dumped from database version 15.18 (Debian ...)".
int version_of_dump(std::string_view text) {
  constexpr std::string_view kMark = "-- Dumped from database version ";
  const auto at = text.substr(0, 4096).find(kMark);
  int version = 0;
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + kMark.size(), text.data() + text.size(), version);
  }
  return version;
}

Result<std::string> read_dump(const std::string& path) {
  const std::string cure = "write one with `pg_dump --schema-only --file schema.sql`";
  std::error_code problem;
  if (!fs::exists(path, problem))
    return fail(ErrorCode::not_found, fmt::format("there is no schema file {}", path), cure);
  if (fs::is_directory(path, problem)) {
    return fail(ErrorCode::input, fmt::format("{} is a folder, not a schema file", path), cure);
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad())
    return fail(ErrorCode::io, fmt::format("cannot read {}", path), "check its permissions");
  if (text.starts_with("PGDMP")) {
    return fail(ErrorCode::input, fmt::format("{} is an archive of pg_dump, not SQL", path),
                fmt::format("turn it into SQL: `pg_restore --schema-only --file schema.sql {}`", path));
  }
  if (text.find('\0') != std::string::npos) {
    return fail(ErrorCode::input, fmt::format("{} holds zero bytes, so it is no SQL", path), cure);
  }
  return text;
}

}  // namespace

Result<LintStart> start_from_server(const std::string& dsn) {
  // Sizes are read under ACCESS SHARE: behind somebody's DDL we would wait, and so would others behind us.
  auto session = BGDB_TRY(pg::Session::open({.dsn = dsn,
                                             .application_name = "bgdb lint",
                                             .settings = {{"lock_timeout", "2s"}, {"statement_timeout", "60s"}}}));
  auto read = introspect::read_catalog(session, {.code_and_rights = true});
  if (!read && read.error().code == ErrorCode::lock_timeout) {
    return fail(read.error().with_hint("somebody changes a table right now; try again, or use --schema with a dump"));
  }
  auto catalog = BGDB_TRY(std::move(read));
  catalog.complete = true;
  LintStart out;
  out.server_version = session.server_version() / 10'000;
  out.from = session.host_display();
  out.applied = BGDB_TRY(read_applied(session));
  out.catalog = std::make_shared<const schema::Catalog>(std::move(catalog));
  return out;
}

Result<LintStart> start_from_dump(const std::string& path) {
  const auto text = BGDB_TRY(read_dump(path));
  schema::Replay replay;
  bool any = false;
  for (const auto& statement : parse::parse_sql(text).statements) {
    replay.apply(statement);
    any = any || statement.parsed;
  }
  replay.end_of_file();
  if (!any) {
    return fail(ErrorCode::input, fmt::format("{} holds no SQL statement that can be read", path),
                "write one with `pg_dump --schema-only --file schema.sql`");
  }
  auto catalog = replay.catalog();
  catalog.complete = true;
  return LintStart{.catalog = std::make_shared<const schema::Catalog>(std::move(catalog)),
                   .server_version = version_of_dump(text),
                   .from = path};
}

Result<int> supported_version(const LintStart& start) {
  const int version = start.server_version;
  if (version == 0 || (version >= kOldest && version <= kNewest)) return version;
  return fail(ErrorCode::unsupported,
              fmt::format("{} is PostgreSQL {}; bgdb knows {} to {}", start.from, version, kOldest, kNewest),
              fmt::format("judge by the nearest: --pg-version {}", version < kOldest ? kOldest : kNewest));
}

}  // namespace bgdb::app
