// Queries of the old version of the application, tried again and again while a migration runs: which statement broke
// which? Every one runs inside a subtransaction that is rolled back.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pg/session.h"
#include "schema/catalog.h"

namespace bgdb::prove {

struct OldQuery {
  std::string sql;         // as the application writes it
  std::string executable;  // without parameters
  std::set<std::string> names{};
  bool planned_only = false;  // EXPLAIN: with the values at hand it does not run even before the migration
};

struct BrokenQuery {
  std::string sql;
  std::string sqlstate;
  std::string message;
  int statement = -1;  // index in the file of the statement since which it fails
};

// What an application could send that knows `catalog`: reads of every column, inserts, updates, deletes, upserts on
// every unique key, calls of functions, enum labels.
std::vector<std::string> generate_queries(const schema::Catalog& catalog);
// Of a text: statements with parameters $1, $2 ...
std::vector<std::string> queries_of_text(std::string_view text);
// The most called statements of the application that this database saw. Failure: the extension is not there.
Result<std::vector<std::string>> queries_of_statistics(pg::Session& session);

class OldQueries {
 public:
  // Tries each before the migration; those that do not run then are left out and listed in not_tried().
  static Result<OldQueries> prepare(pg::Session& session, const std::vector<std::string>& queries,
                                    const schema::Catalog& catalog);
  // REQUIRES: behind statement `index` of the file. Inside or outside of a transaction. Tries the queries that have a
  // name in common with the statement.
  Result<void> probe(pg::Session& session, int index, std::string_view statement);
  // Behind the last statement: tries all. What broke through a name that no statement has is put down to the last one.
  Result<void> probe_all(pg::Session& session, int index);

  std::vector<BrokenQuery> broken() const;  // at the last probe
  const std::vector<std::string>& not_tried() const { return not_tried_; }
  size_t tried() const { return queries_.size(); }
  size_t planned_only() const;

 private:
  Result<void> probe_some(pg::Session& session, int index, const std::vector<size_t>& positions);
  std::vector<OldQuery> queries_;
  std::vector<std::string> not_tried_;
  std::map<size_t, BrokenQuery> broken_;  // by position in queries_
};

}  // namespace bgdb::prove
