// Folds the row changes of one piece of work per table and key (docs/design/link.md): what is left can be written with
// one array statement per table, operation and set of sent columns. Pure. Also keeps every change in source order, for
// the replay row by row when the array statements meet something unexpected.
//
// Fields are views: whoever adds changes keeps their bytes alive until clear().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "replication/pgoutput.h"

namespace bgdb::link {

using replication::Field;
using replication::FieldKind;

enum class Operation : uint8_t { insert, update, remove };

// One row change: `row` has one field per used column of its table (empty for a remove), `key` the *old* key.
struct Change {
  uint32_t table = 0;
  Operation operation = Operation::insert;
  Lsn lsn;
  std::span<const Field> key;
  std::span<const Field> row;
};

// Rows of one table with one operation and one set of sent columns.
struct Group {
  uint32_t table = 0;
  Operation operation = Operation::insert;
  // Per used column; all true for inserts, empty for removes. A key that does not change is not sent with the row.
  std::vector<bool> sent;
  std::vector<const Field*> keys;  // per row; update and remove
  std::vector<const Field*> rows;  // per row; insert and update
  // An insert whose row comes from several tables: what the other parts say, in the parts' order.
  struct Part {
    uint32_t table = 0;
    std::vector<const Field*> rows;
  };
  std::vector<Part> others;
  size_t size() const { return operation == Operation::insert ? rows.size() : keys.size(); }
};

// A table whose rows are parts of another's: which one, which part.
struct PartOf {
  uint32_t merge = 0;
  uint32_t part = 0;
  uint32_t parts = 0;  // 0: it is no part
};

class Coalescer {
 public:
  // Where the key stands in a table's rows; empty = no key: its rows are written as they come, one by one.
  // REQUIRES: called for every table before its first change and not while changes are pending.
  void set_table(uint32_t table, std::vector<uint16_t> key_positions, PartOf part_of = {});

  // false: it may not share a piece with what is pending (a changed key, a table without a key): write the pending,
  // clear, add again. Always true when nothing is pending.
  bool add(const Change& change);

  bool empty() const { return log_.empty(); }
  size_t changes() const { return log_.size(); }
  size_t bytes() const { return bytes_; }
  // The source did something that cannot be folded sensibly (two inserts of one key, ...): do not trust groups(),
  // replay.
  bool irregular() const { return irregular_; }

  // Removes, updates, inserts of each table, tables in order of first touch: to be written in this order. Of parts:
  // what concerns whole rows.
  std::vector<Group> groups() const;
  // In source order, the changes of parts' keys that do not make up whole rows: they are in no group.
  std::vector<Change> apart() const;
  // Every change in source order.
  const std::vector<Change>& log() const { return log_; }
  void clear();

 private:
  enum class State : uint8_t { insert, update, remove, nothing, replace };  // replace: removed, then inserted
  struct Entry {
    State state = State::nothing;
    uint64_t hash = 0;
    const Field* key = nullptr;
    std::vector<Field>* merged = nullptr;  // the row when it is no longer the one that came
    std::span<const Field> row;
  };
  struct Table {
    std::vector<uint16_t> key_positions;
    PartOf part_of;
    std::vector<Entry> entries;
    std::vector<uint32_t> slots;  // open addressing: entry number + 1, 0 = free
    bool touched = false;
  };

  Table& table_of(uint32_t table);
  // The key of an insert lies inside its row, not always side by side.
  static std::span<const Field> key_in(std::span<const Field> row, const std::vector<uint16_t>& positions);
  Entry& find_or_add(Table& table, std::span<const Field> key, bool& found);
  void grow(Table& table);
  void fold(Entry& entry, bool found, const Change& change);
  void merge_update(Entry& entry, std::span<const Field> row);
  static bool is_in(State state, Operation operation);
  static bool has_key(const Table& table, const Entry& entry, std::span<const Field> key);
  static const Entry* find(const Table& table, std::span<const Field> key, uint64_t hash);
  // What a piece says of one key in all parts, in their order; no entry where nothing was changed.
  struct Sibling {
    uint32_t table = 0;
    const Entry* entry = nullptr;
  };
  enum class Together { rows, whole, apart };  // updates of rows that stay; one row comes or goes in all parts; neither
  Together together(const Table& table, const Entry& entry, std::vector<Sibling>& siblings) const;
  std::vector<bool> sent_of(const Table& table, const Entry& entry, Operation operation) const;

  std::vector<Table> tables_;
  std::vector<uint32_t> touched_;
  std::vector<Change> log_;
  std::vector<std::unique_ptr<std::vector<Field>>> owned_rows_;
  size_t bytes_ = 0;
  bool irregular_ = false;
  bool sealed_ = false;  // holds a change that stands alone
};

// The arena of a piece: spans of fields that stay where they are until clear().
class FieldArena {
 public:
  std::span<Field> take(size_t count);
  void clear();

 private:
  static constexpr size_t kBlockFields = 8192;
  std::vector<std::vector<Field>> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

bool same_fields(std::span<const Field> a, std::span<const Field> b);

}  // namespace bgdb::link
