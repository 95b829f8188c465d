// testdata/frameworks/<name>/tree/: folders as their frameworks have them, and expected.txt (written by hand): which
// histories there are, their files in order, each with its version, transaction mode and the statements that run
// upwards. BGDB_UPDATE=1 rewrites expected.txt; read the difference before you keep it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "migration/migration.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb::migration {

namespace fs = std::filesystem;

namespace {

std::string mode_of(const Loaded& loaded) {
  std::string mode;
  for (const auto& section : loaded.sections) {
    if (section.direction == Direction::down) continue;
    mode += (mode.empty() ? "" : ",") + std::string(section.in_transaction ? "tx" : "none");
  }
  if (loaded.one_script) mode += "(script)";
  return mode.empty() ? "-" : mode;
}

// "CreateTable@3"; ? holds a placeholder, ! cannot be read.
std::string statements_of(const Loaded& loaded) {
  std::string text;
  for (const auto& statement : loaded.up.statements) {
    text += fmt::format(" {}@{}{}{}", statement.parsed ? parse::kind_name(statement.node) : "", statement.span.line,
                        statement.has_placeholder ? "?" : "", statement.parsed ? "" : "!");
  }
  for (const auto& skipped : loaded.up.skipped) text += fmt::format(" [{}@{}]", skipped.what, skipped.span.line);
  if (!loaded.other_dialect.empty()) text += " other dialect: " + loaded.other_dialect;
  return text;
}

std::string below(const std::string& path, const fs::path& tree) {
  const auto rest = fs::path(path).lexically_relative(tree).string();
  return rest == "." ? "(root)" : rest;
}

std::string without_root(std::string text, const fs::path& tree) {
  for (size_t at; (at = text.find(tree.string())) != std::string::npos;) text.replace(at, tree.string().size(), ".");
  return text;
}

std::string describe(const fs::path& tree) {
  const auto found = REQUIRE_OK(discover_all({tree.string()}));
  std::string out;
  for (const auto& set : found.histories) {
    out += fmt::format("history {}: {}\n", below(set.folder, tree), to_string(set.framework));
    for (const auto& file : set.files) {
      const auto loaded = REQUIRE_OK(load(file));
      CHECK(fs::exists(file.path));
      out += fmt::format("  {}  {}  {} {}", below(file.path, set.folder), file.version.empty() ? "-" : file.version,
                         mode_of(loaded), statements_of(loaded));
      if (loaded.file.declared_phase) out += "  phase " + *loaded.file.declared_phase;
      if (!file.complaint.empty()) out += "  complaint: " + file.complaint;
      out += '\n';
    }
    for (const auto& file : set.down_files) out += "  down " + below(file.path, set.folder) + '\n';
    for (const auto& note : set.notes) out += "  note " + without_root(note, tree) + '\n';
  }
  for (const auto& note : found.notes) out += "note " + without_root(note, tree) + '\n';
  return out;
}

std::string read_expected(const fs::path& path) {
  std::istringstream in(test::read_file(path));
  std::string line, out;
  while (std::getline(in, line)) {
    if (!line.empty() && line[0] != '#') out += line + '\n';
  }
  return out;
}

std::string head_comments(const fs::path& path) {
  std::ifstream in(path);
  std::string line, out;
  while (std::getline(in, line) && !line.empty() && line[0] == '#') out += line + '\n';
  return out;
}

std::vector<fs::path> cases() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/frameworks")) {
    if (entry.is_directory()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("each framework's tree gives its histories, order, sections and transaction modes") {
  const auto folders = cases();
  CHECK(folders.size() >= 25);
  for (const auto& folder : folders) {
    const auto told = describe(folder / "tree");
    const auto path = folder / "expected.txt";
    if (std::getenv("BGDB_UPDATE") != nullptr) {
      const auto head = head_comments(path);
      std::ofstream(path) << head << told;
    }
    INFO(folder.filename().string());
    CHECK(told == read_expected(path));
  }
}

TEST_CASE("a file named alone finds the same history and its place in it as its folder does") {
  for (const auto& folder : cases()) {
    const auto whole = REQUIRE_OK(discover_all({(folder / "tree").string()}));
    for (const auto& set : whole.histories) {
      for (const auto& file : set.files) {
        INFO(file.path);
        const auto one = REQUIRE_OK(discover_all({file.path}));
        REQUIRE(one.histories.size() == 1);
        size_t wanted = 0;
        for (const auto& other : one.histories[0].files) wanted += other.wanted ? 1 : 0;
        CHECK(wanted == 1);
        const bool ordered = !set.files.front().version.empty() && !file.version.empty();
        if (ordered) CHECK(one.histories[0].files.size() == set.files.size());
        if (ordered) CHECK(one.histories[0].framework == set.framework);
      }
    }
  }
}

}  // namespace bgdb::migration
