#include "core/atomic_file.h"

#include <filesystem>

#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
namespace fs = std::filesystem;

TEST_CASE("a file appears when it is whole, and an unfinished one leaves nothing behind") {
  const test::TempDir dir;
  const auto path = dir.write("out.txt", "old");
  {
    auto file = REQUIRE_OK(core::AtomicFile::create(path));
    file.stream() << "new";
    CHECK(test::read_file(path) == "old");
  }
  CHECK(test::read_file(path) == "old");
  auto file = REQUIRE_OK(core::AtomicFile::create(path));
  file.stream() << "new";
  CHECK_OK(file.commit());
  CHECK(test::read_file(path) == "new");
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a link stays a link, and a device is written directly") {
  const test::TempDir dir;
  const auto path = dir.write("real.txt", "old");
  const auto link = dir.path() / "link.txt";
  fs::create_symlink(path, link);
  auto file = REQUIRE_OK(core::AtomicFile::create(link.string()));
  file.stream() << "new";
  CHECK_OK(file.commit());
  CHECK(fs::is_symlink(link));
  CHECK(test::read_file(path) == "new");
  auto device = REQUIRE_OK(core::AtomicFile::create("/dev/null"));
  device.stream() << "gone";
  CHECK_OK(device.commit());
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("what cannot be written is an error that names the file") {
  const test::TempDir dir;
  const auto missing = core::AtomicFile::create(dir.path().string() + "/no/such/folder.txt");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("no/such/folder.txt: No such file or directory") != std::string::npos);
  CHECK_FALSE(core::AtomicFile::create(dir.path().string()));
  auto full = REQUIRE_OK(core::AtomicFile::create("/dev/full"));
  full.stream() << "text";
  CHECK_FALSE(full.commit());
}
