// The replay: one change at a time, in source order, each under a savepoint. Slow and exact; used for pieces that the
// array statements could not write. Says which row is divergent, and puts rows that cannot be translated into
// bgdb.quarantine.
#pragma once

#include <string>

#include "core/result.h"
#include "link/bindings.h"
#include "link/coalescer.h"
#include "link/merge_writer.h"
#include "link/waiting.h"
#include "pg/session.h"

namespace bgdb::link {

class StatementCache;

// What could not be applied, for bgdb.quarantine.
struct Quarantined {
  std::string relation;
  std::string operation;
  std::string row_json;
  std::string reason;
};

// REQUIRES: the session is in a transaction.
Result<void> insert_quarantine(pg::Session& session, const std::string& link_name, Lsn lsn, const Quarantined& held);

class RowWriter {
 public:
  RowWriter(pg::Session& session, const Bindings& bindings, StatementCache& statements, Waiting& waiting,
            const std::string& link_name)
      : session_(&session), bindings_(&bindings), statements_(&statements), waiting_(&waiting), link_name_(link_name) {}
  // REQUIRES: the session is in a transaction.
  Result<void> write(const Change& change);
  int64_t quarantined() const { return quarantined_; }

 private:
  Result<void> write_change(const Change& change, const TableBinding& binding);
  Result<bool> write_part(const Change& change, const TableBinding& binding);
  Result<void> on_error(const Change& change, const TableBinding& binding, const Error& error);
  Result<bool> lacks_partition(const Error& error);
  Result<void> try_write(const Change& change, const TableBinding& binding);
  Result<void> on_missing(const Change& change, const TableBinding& binding, const Error& error);
  Result<void> quarantine(const Change& change, const TableBinding& binding, const std::string& reason);

  pg::Session* session_;
  const Bindings* bindings_;
  StatementCache* statements_;
  Waiting* waiting_;
  const std::string& link_name_;
  Waiting::Row before_;  // what waits of the row being written
  int64_t quarantined_ = 0;
  int64_t parked_ = 0;  // of these, changes as they came
};

}  // namespace bgdb::link
