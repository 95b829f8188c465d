// A version of an application that writes one column of one table: inserts, updates of one and of several rows, updates
// of something else, deletes, and it reads what it wrote.
#pragma once

#include "rewrite_harness.h"

namespace bgdb::test {

struct Column {
  std::string table;
  std::string column;
  std::function<std::string(Worker&)> value;
  std::string id = "id";
  int64_t rows = 3000;
};

inline Result<void> one_unit(const Column& at, Worker& worker) {
  auto& session = worker.session;
  const auto id = std::to_string(1 + worker.pick(at.rows));
  const auto value = at.value(worker);
  const auto where = " WHERE " + at.id + " = ";
  switch (worker.pick(6)) {
    case 0:
    case 1: {  // in one transaction: nobody else can change it in between
      auto transaction = BGDB_TRY(pg::Transaction::begin(session));
      const auto made = BGDB_TRY(session.scalar(
          "INSERT INTO " + at.table + " (" + at.column + ", note) VALUES ($1, 'new') RETURNING " + at.id, {value}));
      const auto found = BGDB_TRY(session.scalar("SELECT " + at.column + " FROM " + at.table + where + "$1", {made}));
      if (found != value) return fail(ErrorCode::divergence, "wrote " + value + ", read " + found);
      return transaction.commit();
    }
    case 2:
      return session.execute("UPDATE " + at.table + " SET " + at.column + " = $1" + where + "$2", {value, id});
    case 3:
      return session.execute("UPDATE " + at.table + " SET note = note || '.'" + where + "$1", {id});
    case 4:
      return session.execute("DELETE FROM " + at.table + where + "$1 AND " + at.id + " % 7 = 0", {id});
    default: {  // from high to low ids: against the order of the backfill
      auto transaction = BGDB_TRY(pg::Transaction::begin(session));
      const auto low = std::to_string(std::max<int64_t>(1, std::stoll(id) - 40));
      BGDB_CHECK(session.execute("UPDATE " + at.table + " SET " + at.column + " = $1" + where + "$2", {value, id}));
      BGDB_CHECK(session.execute("UPDATE " + at.table + " SET note = 'both'" + where + "$1", {low}));
      return transaction.commit();
    }
  }
}

inline Version version(const Column& column) {
  return [column](Worker& worker) { return one_unit(column, worker); };
}

inline std::string number_value(Worker& worker) {
  return std::to_string(worker.id * 100000 + worker.count % 100000);
}

}  // namespace bgdb::test
