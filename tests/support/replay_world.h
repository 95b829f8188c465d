// The same statements on a real server and in a Replay, and what differs afterwards. PostgreSQL is the judge: a
// difference is a bug of schema/ (replay, diff) or of introspect/. Header only: few test programs link introspect/.
#pragma once

#include <string>
#include <vector>

#include "introspect/introspect.h"
#include "parse/parser.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/servers.h"

namespace bgdb::test {

class ReplayWorld {
 public:
  ReplayWorld();  // a new empty database, a new Replay

  // Runs it on the server; what the server takes is replayed, too. False when the server refuses: a transaction that
  // this broke is rolled back on both sides. What the model foretold is compared with what the server said.
  bool run(const parse::Statement& statement);
  // All statements of a text; the first that is refused fails the test.
  void run_all(const std::string& sql);
  void end_of_file();

  // Lines "what: model / server"; empty when both are the same schema.
  std::vector<std::string> differences();
  // From here on the model is what the server holds: after code that only a server can run.
  void adopt_server();
  const schema::Catalog& model() const { return replay_.catalog(); }
  const std::string& error() const { return error_; }  // of the server, for the last statement
  const std::string& sqlstate() const { return sqlstate_; }
  const schema::ApplyResult& result() const { return result_; }
  const std::vector<std::string>& foretold_refusals() const { return refused_; }
  pg::Session& session() { return session_; }

 private:
  pg::Session session_;
  schema::Replay replay_;
  schema::ApplyResult result_;
  std::vector<std::string> refused_;
  std::string error_;
  std::string sqlstate_;
};

// Temporary objects stand in schemas that introspection leaves out.
inline void forget_temporary(schema::Catalog& catalog) {
  const auto drop = [](auto& map) {
    std::vector<QualifiedName> names;
    for (const auto& [name, value] : map) {
      if (name.schema == "pg_temp") names.push_back(name);
    }
    for (const auto& name : names) map.erase(name);
  };
  drop(catalog.relations);
  drop(catalog.sequences);
  drop(catalog.enums);
  drop(catalog.domains);
  drop(catalog.composites);
}

inline ReplayWorld::ReplayWorld() : session_(connect(fresh_database())) {}

inline bool ReplayWorld::run(const parse::Statement& statement) {
  error_.clear();
  sqlstate_.clear();
  result_ = {};
  const auto* copy = std::get_if<parse::Copy>(&statement.node);
  if (copy != nullptr && copy->from_stdin) return true;  // its rows are no part of the statement
  auto foretold = replay_.catalog();
  refused_ = schema::apply(foretold, statement).refused;
  const auto done = session_.script(statement.text);
  if (done) {
    result_ = replay_.apply(statement);
    return true;
  }
  error_ = done.error().message;
  sqlstate_ = done.error().sqlstate;
  if (session_.in_transaction()) {
    CHECK_OK(session_.script("rollback"));
    for (const auto& rollback : parse::parse_sql("rollback").statements) replay_.apply(rollback);
  }
  return false;
}

inline void ReplayWorld::run_all(const std::string& sql) {
  for (const auto& statement : parse::parse_sql(sql).statements) {
    INFO(statement.text);
    REQUIRE(statement.parsed);
    if (!run(statement)) FAIL(statement.text + ": " + error_);
  }
}

inline void ReplayWorld::end_of_file() {
  if (session_.in_transaction()) CHECK_OK(session_.script("commit"));
  CHECK_OK(session_.script("discard all"));
  replay_.end_of_file();
}

inline void ReplayWorld::adopt_server() {
  auto live = REQUIRE_OK(introspect::read_catalog(session_, {.sizes = false}));
  live.complete = false;
  live.search_path = {"public"};
  replay_ = schema::Replay(std::move(live));
}

inline std::vector<std::string> ReplayWorld::differences() {
  const auto live = REQUIRE_OK(introspect::read_catalog(session_, {.sizes = false}));
  auto model = replay_.catalog();
  forget_temporary(model);
  return schema::diff(model, live, {.column_order = true});
}

inline std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

}  // namespace bgdb::test
