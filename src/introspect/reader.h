// One reading of a live catalog: the snapshot it runs in, rows to values. Internal to introspect/.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "introspect/introspect.h"
#include "parse/parser.h"

namespace bgdb::introspect {

// A read-only repeatable-read transaction (or the caller's, when one is open) with an empty search_path, so that the
// server prints every name with its schema. The caller's search_path is restored.
class Snapshot {
 public:
  static Result<Snapshot> open(pg::Session& session);
  Snapshot(Snapshot&& other) noexcept;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();
  const std::vector<std::string>& search_path() const { return search_path_; }

 private:
  explicit Snapshot(pg::Session& session) : session_(&session) {}
  pg::Session* session_;
  bool ours_ = false;
  std::string setting_;
  std::vector<std::string> search_path_;
};

class Reader {
 public:
  Reader(pg::Session& session, const ReadOptions& options) : session_(session), options_(options) {}
  Result<schema::Catalog> read();

 private:
  Result<void> read_schemas();
  Result<void> read_relations();
  Result<void> read_columns();
  Result<void> read_constraints();
  Result<void> read_indexes();
  Result<void> read_triggers();
  Result<void> read_view_reads();
  Result<void> read_types();
  Result<void> read_sequences();
  Result<void> read_functions();
  Result<void> read_statistics();
  Result<void> read_grants();

  // `option`: the query's second parameter, where it has one.
  Result<pg::Rows> run(std::string_view file, std::optional<bool> option = {});
  Result<schema::TypeName> type(const std::string& printed);
  schema::Relation* relation(const std::string& oid);

  pg::Session& session_;
  const ReadOptions& options_;
  schema::Catalog catalog_;
  std::unordered_map<std::string, QualifiedName> by_oid_;
  std::unordered_map<std::string, schema::TypeName> types_;
};

Result<std::vector<std::string>> text_list(const pg::Rows& rows, size_t row, std::string_view column);

}  // namespace bgdb::introspect
