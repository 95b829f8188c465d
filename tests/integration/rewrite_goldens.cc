// The files of testdata/rewrite/<project>/expected on a real server: they end where the original migration ends, with
// rows in every table; and lint finds nothing wrong with what runs before the old version is retired.
#include "introspect/introspect.h"
#include "lint/linter.h"
#include "migrate/migrate.h"
#include "migration/migration.h"
#include "prove/sample.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> projects() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/rewrite"))
    out.push_back(entry.path());
  REQUIRE(out.size() == 10);
  return out;
}

migration::Set history(const fs::path& project) {
  return REQUIRE_OK(migration::discover({(project / "migrations").string()}));
}

// The folder as it is behind the rewrite: the last migration is gone, its successors stand in its place.
void lay_out(const fs::path& project, const fs::path& to) {
  const auto last = fs::path(history(project).files.back().path);
  fs::copy(project / "migrations", to, fs::copy_options::recursive);
  const auto gone = to / fs::relative(last, project / "migrations");
  const bool foldered = gone.filename() == "up.sql" || gone.filename() == "migration.sql";
  fs::remove_all(foldered ? gone.parent_path() : gone);
  fs::copy(project / "expected", to, fs::copy_options::recursive);
  fs::remove(to / "PLAN.md");
}

migrate::MigrateOptions options_for(const std::string& dsn, const fs::path& folder, migration::Framework framework) {
  migrate::MigrateOptions options;
  options.dsn = dsn;
  options.paths = {folder.string()};
  options.framework = framework;
  options.pace.wait_max = std::chrono::seconds(60);
  return options;
}

schema::Catalog live(const std::string& dsn) {
  auto session = test::connect(dsn);
  return REQUIRE_OK(introspect::read_catalog(session, {.sizes = false}));
}

// Up to the last migration but one, perhaps with a few rows in each table.
std::string prepared(const fs::path& project, const migration::Set& set, bool rows) {
  const auto dsn = test::fresh_database();
  test::TempDir folder;
  auto options = options_for(dsn, project / "migrations", set.framework);
  options.to = set.files.at(set.files.size() - 2).version;
  REQUIRE_OK(migrate::run_migrations(options, core::silent_progress()));
  if (!rows) return dsn;
  auto session = test::connect(dsn);
  for (const auto& empty : REQUIRE_OK(prove::fill_tables(session, live(dsn)))) UNSCOPED_INFO("no rows: " << empty);
  return dsn;
}

}  // namespace

TEST_CASE("every golden rewrite ends in the schema of the original migration") {
  int filled = 0;
  for (const auto& project : projects()) {
    INFO(project.string());
    const auto set = history(project);
    const auto run_original = [&](const std::string& dsn) {
      return migrate::run_migrations(options_for(dsn, project / "migrations", set.framework), core::silent_progress());
    };
    auto original = prepared(project, set, true);
    const auto with_rows = run_original(original);
    if (!with_rows) {  // NOT NULL without a value for the rows that are there
      CHECK(with_rows.error().sqlstate == "23502");
      original = prepared(project, set, false);
      REQUIRE_OK(run_original(original));
    }
    filled += with_rows ? 1 : 0;
    const auto dsn = prepared(project, set, with_rows.has_value());
    const test::TempDir work;
    lay_out(project, work.path() / "migrations");
    for (const char* phase : {"expand", "backfill", "contract"}) {
      auto options = options_for(dsn, work.path() / "migrations", set.framework);
      options.phase = phase;
      const auto report = REQUIRE_OK(migrate::run_migrations(options, core::silent_progress()));
      CHECK((report.ran > 0 || std::string_view(phase) == "backfill"));
    }
    const auto differences = schema::diff(live(original), live(dsn));
    for (const auto& line : differences) UNSCOPED_INFO(line);
    CHECK(differences.empty());
  }
  CHECK(filled > 5);
}

TEST_CASE("lint finds no error in any file of a golden rewrite") {
  const auto rules = REQUIRE_OK(lint::RuleBook::built_in());
  for (const auto& project : projects()) {
    const test::TempDir work;
    lay_out(project, work.path() / "migrations");
    size_t declared = 0;
    lint::Options options;
    options.framework = history(project).framework;
    lint::Linter linter(rules, options, [&](lint::FileReport report) {
      declared += report.path.find("_expand") != std::string::npos ? 1 : 0;
      for (const auto& finding : report.findings) {
        if (finding.severity == lint::Severity::error)
          FAIL_CHECK(report.path << ":" << finding.span.line << ": " << finding.rule << " " << finding.message);
      }
    });
    REQUIRE_OK(linter.run({(work.path() / "migrations").string()}));
    CHECK(declared > 0);
  }
}
