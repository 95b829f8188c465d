// What lies below a folder, by names only: SQL files, and the files that tell which framework they belong to. Internal
// to migration/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "migration/migration.h"

namespace bgdb::migration {

struct Folder {
  static constexpr size_t kNone = static_cast<size_t>(-1);
  std::string path;  // as the user would write it
  std::string name;  // last component
  size_t parent = kNone;
  size_t depth = 0;                           // below the root
  std::vector<std::string> sql;               // names, sorted
  std::vector<std::string> markers;           // sqitch.plan, _journal.json, atlas.sum, metadata.toml, x.sql.conf ...
  std::map<std::string, size_t> other_steps;  // ".go" -> how many files with a version and this extension
};

// Parents stand before their children. Hidden folders and those that hold no sources (node_modules, target ...) are
// passed over; so are folders that other databases' names stand on. Sub-folders that cannot be read become notes.
// `depth`: how many levels below the root.
Result<std::vector<Folder>> walk(const std::string& root, size_t depth, std::vector<std::string>& notes);

bool is_sql_name(std::string_view name);
bool is_marker_name(std::string_view name);
// "mysql", "sqlite", "clickhouse" ...
bool is_other_database(std::string_view word);

// Where texts come from: the disk, or memory.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  virtual bool exists(const std::string& path) const = 0;
  // At most the first `limit` bytes.
  virtual Result<std::string> read(const std::string& path, size_t limit) const = 0;
};

class Disk : public Source {
 public:
  bool exists(const std::string& path) const override;
  Result<std::string> read(const std::string& path, size_t limit = static_cast<size_t>(-1)) const override;
};

class Memory : public Source {
 public:
  explicit Memory(const std::vector<Text>& texts);
  bool exists(const std::string& path) const override;
  Result<std::string> read(const std::string& path, size_t limit) const override;

 private:
  std::map<std::string, const std::string*> texts_;
};

}  // namespace bgdb::migration
