// One change of one part of a merged table, exactly: the meaning of parts -> whole (docs/design/split-and-merge.md). A
// row that is in some parts only is held in bgdb.quarantine, one row per key, until its parts are alike again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/result.h"
#include "link/bindings.h"
#include "link/coalescer.h"
#include "pg/session.h"

namespace bgdb::link {

class MergeWriter {
 public:
  enum class Outcome {
    done,
    plain,    // an update of a row that the whole has, or should have: as of any table
    missing,  // the part's row is nowhere
    unclear,  // a changed key whose parts cannot be brought together
  };

  MergeWriter(pg::Session& session, const std::string& link_name) : session_(&session), link_name_(&link_name) {}

  // REQUIRES: the session is in a transaction; `change` is of a part. Errors of values (SQLSTATE 22, 23) leave the
  // transaction to be rolled back to the caller's savepoint. Error divergence: the row is there already.
  Result<Outcome> write(const Change& change, const TableBinding& binding);
  // TRUNCATE of some parts: each of their rows goes. Of all parts: nothing is held any more.
  Result<void> truncate_part(const Merge& merge, const translate::TableMapping& part, Lsn lsn);
  Result<void> forget_all(const Merge& merge);
  // Rows held more (or less) than before.
  int64_t held() const { return held_; }

 private:
  struct Held;
  Result<std::optional<Held>> find(const Merge& merge, const nlohmann::json& key);
  Result<void> store(const Merge& merge, Held held);
  Result<void> forget(const Held& held);
  Result<Outcome> insert(const TableBinding& binding, const nlohmann::json& key, const nlohmann::json& row);
  Result<Outcome> update(const TableBinding& binding, const nlohmann::json& key, const nlohmann::json& row);
  Result<Outcome> remove(const TableBinding& binding, const nlohmann::json& key);
  Result<Outcome> move(const TableBinding& binding, const nlohmann::json& from, const nlohmann::json& to,
                       const nlohmann::json& row);
  Result<void> complete(const Merge& merge, Held held);
  Result<int64_t> set_columns(const translate::TableMapping& part, const nlohmann::json& key,
                              const nlohmann::json& row);
  Result<int64_t> run(const std::string& sql, const std::vector<pg::Value>& parameters);

  pg::Session* session_;
  const std::string* link_name_;
  Lsn lsn_;
  int64_t held_ = 0;
};

}  // namespace bgdb::link
