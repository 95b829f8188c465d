// pgoutput, protocol versions 1 to 4 (PostgreSQL documentation, "Logical Replication Message Formats"): the bytes of
// one XLogData payload -> one message. Pure; no connection, no allocation per row: texts are views into the payload,
// and a Message's vectors are used again by the next decode(). Every length is checked, so truncated or corrupted input
// is an error and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lsn.h"
#include "core/result.h"

namespace bgdb::replication {

struct RelationColumn {
  std::string name;
  bool key = false;
  uint32_t type_oid = 0;
  int32_t type_modifier = -1;
  bool operator==(const RelationColumn&) const = default;
};

struct Relation {
  uint32_t oid = 0;
  std::string schema;
  std::string name;
  char replica_identity = 'd';
  std::vector<RelationColumn> columns;
  bool operator==(const Relation&) const = default;
};

enum class FieldKind : char { null = 'n', unchanged = 'u', text = 't', binary = 'b' };

struct Field {
  FieldKind kind = FieldKind::null;
  std::string_view text;
};

enum class MessageKind : char {
  begin = 'B',
  commit = 'C',
  origin = 'O',
  relation = 'R',
  type = 'Y',
  insert = 'I',
  update = 'U',
  remove = 'D',
  truncate = 'T',
  logical = 'M',
  // From version 2 on, where `streaming` is asked for: parts of transactions that have not committed yet.
  stream_start = 'S',
  stream_stop = 'E',
  stream_commit = 'c',
  stream_abort = 'A',
  // From version 3 on, where `two_phase` is asked for.
  begin_prepare = 'b',
  prepare = 'P',
  commit_prepared = 'K',
  rollback_prepared = 'r',
  stream_prepare = 'p',
};

enum class OldTuple : char { none = 0, key = 'K', full = 'O' };

// Which members are set depends on `kind`.
struct Message {
  MessageKind kind = MessageKind::begin;
  // begin: position of the commit record; commits, prepares, logical: own position; origin: at the origin;
  // rollback_prepared: end of the prepare; stream_abort: own position, 0/0 where the server does not tell
  Lsn lsn;
  Lsn end_lsn;                 // commits, prepares: where to go on
  int64_t commit_time_us = 0;  // begin, commits, prepares, aborts: since 2000-01-01
  // begin, stream_*, prepares; and what stands between stream_start and stream_stop: of the transaction or savepoint
  uint32_t xid = 0;
  uint32_t sub_xid = 0;        // stream_abort: what was rolled back, the transaction itself or a savepoint of it
  bool first_segment = false;  // stream_start
  std::string_view name;       // origin: its name; logical: prefix; prepares: the global identifier
  bool transactional = false;  // logical
  std::string_view content;    // logical
  Relation relation;           // relation
  uint32_t relation_oid = 0;   // insert, update, remove
  OldTuple old_kind = OldTuple::none;
  std::vector<Field> old_tuple;  // update (sometimes), remove
  std::vector<Field> new_tuple;  // insert, update
  std::vector<uint32_t> truncated;
  bool truncate_cascade = false;
  bool truncate_restart_identity = false;
};

// The messages of one connection, in their order: what a message looks like depends on the version that was asked for
// and on whether it stands between stream_start and stream_stop. One thread.
class Decoder {
 public:
  explicit Decoder(int version);  // REQUIRES: 1 to 4
  // Decodes one payload into `message`. Error: input.
  Result<void> decode(std::string_view payload, Message& message);

 private:
  int version_;
  bool in_stream_ = false;
};
// The same for version 1, where every message stands for itself.
Result<void> decode(std::string_view payload, Message& message);
// The first byte and, for messages of a transaction's frame, what a receiver has to know; nothing else is looked at.
bool is_begin(std::string_view payload);
// end_lsn of a commit; 0/0 when this is none.
Lsn commit_end(std::string_view payload);

}  // namespace bgdb::replication
