// Writes pieces of work into the target's open transaction: first as array statements and COPY; when those meet
// anything unexpected (a row missing, a unique violation, a value that cannot be translated) the piece is undone and
// replayed row by row in source order, which finds the very row (row_writer.h). Owns the transaction: begin, origin
// progress, commit. A piece is begun and finished in two calls: the server works while the caller reads on.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/lsn.h"
#include "core/result.h"
#include "link/bindings.h"
#include "link/coalescer.h"
#include "link/row_writer.h"
#include "pg/pipeline.h"
#include "pg/session.h"

namespace bgdb::link {

struct Marker {
  std::string id;
  Lsn lsn;
};

// Names of prepared statements by what they do. A statement whose preparation was part of a failed sync is forgotten.
class StatementCache {
 public:
  // counts: it takes one parameter more, the number of rows it has to hit, and fails when it hits others.
  Result<std::string> get(pg::Pipeline& pipeline, const TableBinding& binding, const translate::TableMapping& table,
                          Operation operation, const std::vector<bool>& sent, bool counts = false);
  // INSERT of rows whose parts are these tables'.
  Result<std::string> get_merged(pg::Pipeline& pipeline, const std::vector<const TableBinding*>& parts);
  // sql/link/move_progress.sql
  Result<std::string> get_move_progress(pg::Pipeline& pipeline);
  void keep_fresh();    // the sync that prepared them succeeded
  void forget_fresh();  // it failed

 private:
  // By the binding's number: another description of a table has its columns elsewhere.
  using Key = std::tuple<std::vector<uint32_t>, const translate::TableMapping*, Operation, std::vector<bool>, bool>;
  Result<std::string> prepare(pg::Pipeline& pipeline, Key key, std::string_view sql);

  std::map<Key, std::string> names_;
  std::vector<Key> fresh_;
  int64_t next_ = 0;
};

class BatchWriter {
 public:
  BatchWriter(pg::Session& session, const Bindings& bindings, std::string link_name, std::string origin)
      : session_(&session),
        bindings_(&bindings),
        link_name_(std::move(link_name)),
        origin_(std::move(origin)),
        waiting_(session, bindings, link_name_) {}
  // REQUIRES: before anything else.
  Result<void> load_waiting(const translate::Mapping& mapping) { return waiting_.load(mapping); }

  // Sends all changes of the piece. REQUIRES: no other one is begun and not finished.
  Result<void> begin_piece(const Coalescer& piece);
  // Waits for what the same piece's changes met. Error divergence: the target is not what the source says (table and
  // key in it); the transaction is then to be given up.
  Result<void> finish_piece(const Coalescer& piece);
  // A few rows that are a whole batch: sent with their commit, which the server does only when every statement hit what
  // it should. One round trip. false: nothing was written, and it has to go the long way, which says why.
  // REQUIRES: nothing is open. Errors as of commit().
  Result<bool> write_at_once(const Coalescer& piece, Lsn end_lsn, int64_t commit_time_us);
  // Tables of the source; of the target, as TableMapping::target_rows().
  Result<void> truncate(const std::set<QualifiedName>& sources, const std::set<std::string>& targets);
  // TRUNCATE of parts: of all of them, after which nothing is held; or of one.
  Result<void> forget_parts(const Merge& merge);
  Result<void> truncate_part(const Merge& merge, const translate::TableMapping& part, Lsn lsn);
  // A row of bgdb.quarantine, in the transaction.
  Result<void> hold(Lsn lsn, const Quarantined& held);
  // Commits what was written together with the origin's progress, and with markers durably (synchronous_commit = on).
  // Without writes it still moves the progress. outcome_unknown when the answer was lost.
  Result<void> commit(Lsn end_lsn, int64_t commit_time_us, const std::vector<Marker>& markers);
  void give_up();  // rolls back
  bool open() const { return open_; }
  int64_t take_quarantined() { return std::exchange(quarantined_, 0); }

 private:
  bool needs_rows(const Coalescer& piece) const;
  Result<void> send_piece(const Coalescer& piece);
  Result<void> send_group(const Group& group, bool counts = false);
  Result<void> send_merged(const Group& group, size_t from, size_t count);
  Result<void> send_slice(const Group& group, const TableBinding& binding, size_t from, size_t count, bool counts);
  Result<void> copy_group(const Group& group);
  Result<void> collect();
  Result<void> ensure_open();
  Result<void> undo_piece();
  Result<void> ensure_begun();
  Result<void> replay(const std::vector<Change>& changes);
  Result<void> send_progress(pg::Pipeline& pipeline, Lsn end_lsn, int64_t commit_time_us);

  pg::Session* session_;
  const Bindings* bindings_;
  std::string link_name_;
  std::string origin_;
  Waiting waiting_;
  StatementCache statements_;
  std::optional<pg::Pipeline> pipeline_;  // while statements of a piece are under way
  std::optional<int64_t> copying_;        // rows of the COPY under way
  core::Result<void> sent_;               // what sending the piece met
  bool open_ = false;
  bool written_ = false;    // an earlier piece is in the open transaction
  bool by_row_ = false;     // the piece is replayed at once
  bool savepoint_ = false;  // the last piece began one, and it still stands
  int64_t quarantined_ = 0;
  bool at_once_ = true;        // tables may have rules that forbid it
  int64_t progress_rows_ = 0;  // written since the connection
};

}  // namespace bgdb::link
