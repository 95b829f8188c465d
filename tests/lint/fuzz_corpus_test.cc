// Every input that once broke the lint path, and the seeds of its fuzz target.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/lint_path.h"
#include "support/check.h"

TEST_CASE("The lint path survives every input of its fuzz corpus") {
  size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BGDB_SOURCE_DIR "/testdata/fuzz/lint")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    INFO(entry.path());
    bgdb::fuzz::lint_any_bytes(bytes);
    ++inputs;
  }
  CHECK(inputs > 5);
}
