// A migration file in its framework's convention: discovery, order, up/down sections, transaction mode, version. Pure
// but for discover() and load(), which read files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "parse/parser.h"

namespace bgdb::migration {

enum class Framework { plain, flyway, golang_migrate, goose, dbmate, diesel, prisma, sqlx, sql_migrate };
std::string_view to_string(Framework framework);                 // "golang-migrate"
Result<Framework> framework_from_string(std::string_view name);  // error names the known ones

enum class Direction { up, down, repeatable, undo, baseline };

// One runnable section of a file.
struct Section {
  Direction direction = Direction::up;
  size_t offset = 0;  // into the file's text
  size_t length = 0;
  size_t first_line = 1;
  bool in_transaction = true;  // what the framework does for this section, markers considered
};

struct File {
  std::string path;
  Framework framework = Framework::plain;
  std::string version;                        // "2.4.0", "20240131120000"; empty when it has none
  std::string description;                    // "rename_email"
  Direction direction = Direction::up;        // of the whole file when it has one section
  bool declared_contract = false;             // "-- bgdb: phase=contract" in it
  std::optional<std::string> declared_phase;  // expand | backfill | contract
  // Compared to order files: framework's own rule already applied.
  std::vector<std::string> order_key;

  // "V2.4.0__rename_email", "20240131120000_init": the file's name (or folder's, for diesel and prisma) without
  // extensions.
  std::string stem() const;
};

struct Set {
  Framework framework = Framework::plain;
  std::vector<File> files;  // in the order in which the framework runs them; down files are left out of `files`
  std::vector<File> down_files;
};

// Files below `path` (a file or a folder). `framework` nullopt = detect from names and contents.
Result<Set> discover(const std::vector<std::string>& paths, std::optional<Framework> framework = {});
// From texts, for tests and stdin.
struct Text {
  std::string path;
  std::string text;
};
Set order(std::vector<Text>& texts, std::optional<Framework> framework = {});

// How many files, from the start of the set, are at or below `version` ("V2.3.0", "2.3.0", "20240131120000", or a
// file's stem). not_found when nothing tells.
Result<size_t> count_up_to(const Set& set, std::string_view version);

std::vector<Section> sections(const File& file, std::string_view text);
// The statements that run when the file is applied upwards, positions relative to the whole file.
struct Loaded {
  File file;
  std::string text;
  std::vector<Section> sections;
  parse::ParsedText up;  // of all up sections
  bool in_transaction = true;
};
Result<Loaded> load(const File& file);
// Statements that PostgreSQL refuses inside a transaction block: ... CONCURRENTLY, VACUUM, CREATE DATABASE ...
bool outside_transaction_only(const parse::Node& node);
Loaded load_text(const File& file, std::string text);

// Names for files that rewrite adds behind `base`: phase "expand", "backfill", "contract", in the framework's own
// naming.
struct NewFile {
  std::string up_path;
  std::string down_path;  // empty when the framework has none or the same file holds it
};
NewFile name_for_phase(const File& base, std::string_view phase, int ordinal);

}  // namespace bgdb::migration
