// A migration file in its framework's convention: discovery, order, up/down sections, transaction mode, version. Pure
// but for discover(), discover_all() and load(), which read files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "parse/parser.h"

namespace bgdb::migration {

enum class Framework {
  plain,
  flyway,
  golang_migrate,
  goose,
  dbmate,
  diesel,
  prisma,
  sqlx,
  sql_migrate,
  sqitch,
  atlas,
  drizzle,
  rails,
  alembic,
  django,
  liquibase,
  graphile,
  supabase,
  node_pg_migrate,
  postgres_migrations,
  pop,
  soda,
  morph,
  temporal,
  procrastinate,
  tern,
  hasura
};
std::string_view to_string(Framework framework);                 // "golang-migrate"
Result<Framework> framework_from_string(std::string_view name);  // error names the known ones
// The folder carries the name and the version, as with diesel and prisma.
bool folder_is_name(Framework framework);

enum class Direction { up, down, repeatable, undo, baseline };

// One section of a file.
struct Section {
  Direction direction = Direction::up;
  size_t offset = 0;  // into the file's text
  size_t length = 0;
  size_t first_line = 1;
  bool in_transaction = true;  // what the framework does for this section, markers considered
  std::string delimiter;       // ends a statement beside the semicolon (Liquibase's endDelimiter)
};

struct File {
  std::string path;
  Framework framework = Framework::plain;
  std::string version;                  // "2.4.0", "20240131120000"; empty when it has none
  std::string description;              // "rename_email"
  Direction direction = Direction::up;  // of the whole file when it has one section
  bool wanted = true;                   // asked for; the others are the history before and between
  std::string next_version;             // of the file that runs behind it; empty: it is the last
  std::string last_version;             // the highest of the history
  bool no_transaction = false;          // said by the file's name
  bool mixed = false;                   // Flyway's mixed=true: no transaction when one statement refuses it
  std::string settings;                 // a file beside it that may switch the transaction off; empty: none
  std::string complaint;                // why its runner refuses it or passes it over; empty: nothing
  // Compared to order files: framework's own rule already applied.
  std::vector<std::string> order_key;
  // Known after load(): "-- bgdb: phase=contract" in it.
  bool declared_contract = false;
  std::optional<std::string> declared_phase;  // expand | backfill | contract
  std::string declared_release;               // "-- bgdb: release=NAME": files of one name are one release

  // "V2.4.0__rename_email", "20240131120000_init": the file's name (or folder's, for diesel and prisma) without
  // extensions.
  std::string stem() const;
};

// One history: files that one runner applies one after the other.
struct Set {
  Framework framework = Framework::plain;
  std::string folder;       // where it lives, as the user would name it
  std::vector<File> files;  // in the order in which the framework runs them; down files are left out of `files`
  std::vector<File> down_files;
  std::vector<std::string> notes;  // what was left out, and steps that are no SQL
};

// All histories at and below `paths` (files or folders), each apart from the others. A file brings the history it
// belongs to, with only itself wanted. `framework` nullopt = detect from names, neighbours and contents.
struct Tree {
  std::vector<Set> histories;
  std::vector<std::string> way_back;  // files that were given, but run only on the way back
  std::vector<std::string> notes;     // what was found and left out
};
Result<Tree> discover_all(const std::vector<std::string>& paths, std::optional<Framework> framework = {});
// The one history that `paths` mean together; refused (input) when there are several. Empty when there is none.
Result<Set> discover(const std::vector<std::string>& paths, std::optional<Framework> framework = {});
struct Text {
  std::string path;
  std::string text;
};
// The history in which an editor's text stands or would stand, only itself wanted. Nothing when it has no place in an
// order.
Result<std::optional<Set>> history_around(const Text& text, std::optional<Framework> framework = {});
// From texts, for tests and stdin: one history.
Set order(const std::vector<Text>& texts, std::optional<Framework> framework = {});

// Index behind the last file with `version`, in any way people write one: "V2.3.0", "2_3_0", "v2.3", "12" for 000012,
// a stem, a file's name or path, a Sqitch change. Nothing when no file has it.
std::optional<size_t> behind_version(const Set& set, std::string_view version);
// The same, but a version that no file has counts the files below it. not_found when nothing tells.
Result<size_t> count_up_to(const Set& set, std::string_view version);

std::vector<Section> sections(const File& file, std::string_view text);
// The statements that run when the file is applied upwards, positions relative to the whole file.
struct Loaded {
  File file;
  std::string text;
  std::vector<Section> sections;
  parse::ParsedText up;  // of all up sections
  // The text is large: each_statement() parses it again, and `up` holds no statements.
  bool streamed = false;
  size_t statement_count = 0;
  bool in_transaction = true;
  // Sent as one script of several statements: what stands behind a COMMIT is in a transaction again.
  bool one_script = false;
  std::string other_dialect;  // "MySQL" when the text is written for it and PostgreSQL cannot read it
};
// Texts of more than `stream_above` bytes are streamed.
inline constexpr size_t kNeverStream = static_cast<size_t>(-1);
Result<Loaded> load(const File& file, size_t stream_above = kNeverStream);
// The statements in order; they are gone behind it.
void each_statement(Loaded& loaded, const std::function<void(parse::Statement)>& visit);
// Statements that PostgreSQL refuses inside a transaction block: ... CONCURRENTLY, VACUUM, CREATE DATABASE ...
bool outside_transaction_only(const parse::Node& node);
Loaded load_text(const File& file, std::string text, size_t stream_above = kNeverStream);

// Names for files that rewrite adds in the place of `base`: phase "expand", "backfill", "contract", in the framework's
// own naming. Unique among the history that `base` was discovered in, and in order.
struct NewFile {
  std::string up_path;
  std::string down_path;  // empty when the framework has none or the same file holds it
};
NewFile name_for_phase(const File& base, std::string_view phase, int ordinal);

}  // namespace bgdb::migration
