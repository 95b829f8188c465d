// pgoutput, protocol version 1: the bytes of one XLogData payload -> one message. Pure; no connection, no allocation
// per row: texts are views into the payload, and a Message's vectors are used again by the next decode(). Every length
// is checked, so truncated or corrupted input is an error and nothing else.
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
};

enum class OldTuple : char { none = 0, key = 'K', full = 'O' };

// Which members are set depends on `kind`.
struct Message {
  MessageKind kind = MessageKind::begin;
  Lsn lsn;      // begin: position of the commit record; commit, logical: own position; origin: at the origin
  Lsn end_lsn;  // commit: where to go on
  int64_t commit_time_us = 0;  // begin, commit: since 2000-01-01
  uint32_t xid = 0;            // begin
  std::string_view name;       // origin: its name; logical: prefix
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

// Decodes one payload into `message`. Error: input.
Result<void> decode(std::string_view payload, Message& message);
// The first byte and, for messages of a transaction's frame, what a receiver has to know; nothing else is looked at.
bool is_begin(std::string_view payload);
// end_lsn of a commit; 0/0 when this is none.
Lsn commit_end(std::string_view payload);

}  // namespace bgdb::replication
