// testdata/rewrite/<project>/migrations: the last migration of each is rewritten, expected/ holds what comes out, read
// by a person. BGDB_UPDATE=1 writes it anew; read the difference before you keep it.
#include <cstdlib>
#include <map>

#include "app/rewrite_file.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb::app {

namespace fs = std::filesystem;

namespace {

// Relative path -> text, of the files below a folder.
std::map<std::string, std::string> read_tree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = test::read_file(entry.path());
  }
  return files;
}

Rewritten rewrite_last(const fs::path& project, const fs::path& output) {
  const auto set = REQUIRE_OK(migration::discover({(project / "migrations").string()}));
  RewriteOptions options;
  options.file = set.files.back().path;
  options.output_folder = output.string();
  return REQUIRE_OK(rewrite_file(options));
}

}  // namespace

TEST_CASE("real-looking migrations are rewritten as expected, file by file") {
  size_t projects = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/rewrite")) {
    INFO(entry.path().string());
    ++projects;
    const test::TempDir work;
    const auto result = rewrite_last(entry.path(), work.path() / "out");
    for (const auto& refusal : result.plan.refused) UNSCOPED_INFO(refusal.statement << ": " << refusal.reason);
    REQUIRE(result.plan.refused.empty());
    CHECK_OK(write_rewritten(result));
    const auto written = read_tree(work.path() / "out");
    const auto expected = entry.path() / "expected";
    if (std::getenv("BGDB_UPDATE") != nullptr) {
      fs::remove_all(expected);
      fs::copy(work.path() / "out", expected, fs::copy_options::recursive);
    }
    CHECK(written == read_tree(expected));
  }
  CHECK(projects == 10);
}

}  // namespace bgdb::app
