#include "link/coalescer.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "core/result.h"

namespace bgdb::link {
namespace {

uint64_t hash_of(std::span<const Field> key) {
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const Field& field : key) {
    hash ^= std::hash<std::string_view>()(field.text) + static_cast<uint64_t>(field.kind);
    hash *= 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

bool same_fields(std::span<const Field> a, std::span<const Field> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Field& x, const Field& y) { return x.kind == y.kind && x.text == y.text; });
}

std::span<Field> FieldArena::take(size_t count) {
  while (block_ < blocks_.size() && blocks_[block_].size() - used_ < count) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.emplace_back(std::max(kBlockFields, count));
    used_ = 0;
  }
  const std::span<Field> taken(blocks_[block_].data() + used_, count);
  used_ += count;
  return taken;
}

void FieldArena::clear() {
  block_ = 0;
  used_ = 0;
}

void Coalescer::set_table(uint32_t table, std::vector<uint16_t> key_positions, PartOf part_of) {
  if (tables_.size() <= table) tables_.resize(table + 1);
  tables_[table].key_positions = std::move(key_positions);
  tables_[table].part_of = part_of;
}

Coalescer::Table& Coalescer::table_of(uint32_t table) {
  BGDB_ASSERT(table < tables_.size());
  Table& found = tables_[table];
  if (!found.touched) {
    found.touched = true;
    touched_.push_back(table);
  }
  return found;
}

bool Coalescer::add(const Change& change) {
  if (sealed_) return false;
  const std::vector<uint16_t>& positions = tables_[change.table].key_positions;
  bool alone = positions.empty();
  if (!alone && change.operation == Operation::update) {
    for (size_t i = 0; i < positions.size() && !alone; ++i) {
      const Field& now = change.row[positions[i]];
      alone = now.kind != FieldKind::unchanged &&
              (now.kind != change.key[i].kind || now.text != change.key[i].text);  // the key changes
    }
  }
  if (alone && !empty()) return false;
  sealed_ = alone;
  Table& table = table_of(change.table);
  log_.push_back(change);
  for (const Field& field : change.row) bytes_ += field.text.size();
  if (alone) {
    Entry& entry = table.entries.emplace_back();
    entry.key = change.key.data();
    entry.row = change.row;
    entry.state = static_cast<State>(change.operation);
    return true;
  }
  bool found = false;
  Entry* entry = nullptr;
  if (change.operation == Operation::insert) {
    entry = &find_or_add(table, key_in(change.row, positions), found);
    if (!found) entry->key = nullptr;
  } else {
    entry = &find_or_add(table, change.key, found);
    entry->key = change.key.data();
  }
  fold(*entry, found, change);
  return true;
}

std::span<const Field> Coalescer::key_in(std::span<const Field> row, const std::vector<uint16_t>& positions) {
  thread_local std::vector<Field> key;
  key.clear();
  for (const uint16_t position : positions) key.push_back(row[position]);
  return key;
}

bool Coalescer::has_key(const Table& table, const Entry& entry, std::span<const Field> key) {
  for (size_t i = 0; i < key.size(); ++i) {
    const Field& have = entry.key != nullptr ? entry.key[i] : entry.row[table.key_positions[i]];
    if (have.kind != key[i].kind || have.text != key[i].text) return false;
  }
  return true;
}

const Coalescer::Entry* Coalescer::find(const Table& table, std::span<const Field> key, uint64_t hash) {
  if (table.slots.empty()) return nullptr;
  const size_t mask = table.slots.size() - 1;
  for (size_t slot = hash & mask; table.slots[slot] != 0; slot = (slot + 1) & mask) {
    const Entry& entry = table.entries[table.slots[slot] - 1];
    if (entry.hash == hash && has_key(table, entry, key)) return &entry;
  }
  return nullptr;
}

Coalescer::Entry& Coalescer::find_or_add(Table& table, std::span<const Field> key, bool& found) {
  if (table.slots.size() < (table.entries.size() + 1) * 2) grow(table);
  const uint64_t hash = hash_of(key);
  const Entry* known = find(table, key, hash);
  found = known != nullptr;
  if (found) return table.entries[static_cast<size_t>(known - table.entries.data())];
  const size_t mask = table.slots.size() - 1;
  size_t slot = hash & mask;
  while (table.slots[slot] != 0) slot = (slot + 1) & mask;
  Entry& entry = table.entries.emplace_back();
  entry.hash = hash;
  table.slots[slot] = static_cast<uint32_t>(table.entries.size());
  return entry;
}

void Coalescer::grow(Table& table) {
  const size_t size = std::max<size_t>(64, table.slots.size() * 2);
  table.slots.assign(size, 0);
  for (size_t i = 0; i < table.entries.size(); ++i) {
    size_t slot = table.entries[i].hash & (size - 1);
    while (table.slots[slot] != 0) slot = (slot + 1) & (size - 1);
    table.slots[slot] = static_cast<uint32_t>(i + 1);
  }
}

void Coalescer::fold(Entry& entry, bool found, const Change& change) {
  const State before = found ? entry.state : State::nothing;
  switch (change.operation) {
    case Operation::insert:
      if (before == State::insert || before == State::update || before == State::replace) irregular_ = true;
      // A new row, not a change of the old one: columns that only the target has begin again with their default.
      entry.state = before == State::remove ? State::replace : State::insert;
      entry.row = change.row;
      entry.merged = nullptr;
      return;
    case Operation::update:
      if (before == State::remove || (found && before == State::nothing)) irregular_ = true;
      if (before == State::insert || before == State::update || before == State::replace) {
        merge_update(entry, change.row);
      } else {
        entry.state = State::update;
        entry.row = change.row;
        entry.merged = nullptr;
      }
      return;
    case Operation::remove:
      if (before == State::remove || (found && before == State::nothing)) irregular_ = true;
      entry.state = before == State::insert ? State::nothing : State::remove;
      return;
  }
}

// The newer values, and what was known before where the newer say "unchanged".
void Coalescer::merge_update(Entry& entry, std::span<const Field> row) {
  const bool complete =
      std::none_of(row.begin(), row.end(), [](const Field& field) { return field.kind == FieldKind::unchanged; });
  if (complete) {
    entry.row = row;
    entry.merged = nullptr;
    return;
  }
  if (entry.merged == nullptr) {
    owned_rows_.push_back(std::make_unique<std::vector<Field>>(entry.row.begin(), entry.row.end()));
    entry.merged = owned_rows_.back().get();
    entry.row = *entry.merged;
  }
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i].kind != FieldKind::unchanged) (*entry.merged)[i] = row[i];
  }
}

bool Coalescer::is_in(State state, Operation operation) {
  if (state == State::replace) return operation != Operation::update;
  return state == static_cast<State>(operation);
}

std::vector<bool> Coalescer::sent_of(const Table& table, const Entry& entry, Operation operation) const {
  if (operation == Operation::remove) return {};
  std::vector<bool> sent;
  for (const Field& field : entry.row) sent.push_back(field.kind != FieldKind::unchanged);
  if (operation == Operation::insert || sealed_) return sent;
  for (const uint16_t position : table.key_positions) sent[position] = false;
  return sent;
}

std::vector<Group> Coalescer::groups() const {
  std::vector<Group> groups;
  std::vector<Sibling> siblings;
  for (const uint32_t number : touched_) {
    const Table& table = tables_[number];
    for (const Operation operation : {Operation::remove, Operation::update, Operation::insert}) {
      const size_t first = groups.size();
      size_t complete = SIZE_MAX;  // the group of rows without unchanged values: nearly all
      for (const Entry& entry : table.entries) {
        if (!is_in(entry.state, operation)) continue;
        if (table.part_of.parts > 0) {
          const Together what = together(table, entry, siblings);
          if (what == Together::apart) continue;
          if (what == Together::whole && table.part_of.part > 0) continue;  // written with the first part
        }
        const bool whole = std::none_of(entry.row.begin(), entry.row.end(),
                                        [](const Field& field) { return field.kind == FieldKind::unchanged; });
        size_t at = complete;
        if (!whole || complete == SIZE_MAX) {
          std::vector<bool> sent = sent_of(table, entry, operation);
          at = first;
          while (at < groups.size() && groups[at].sent != sent) ++at;
          if (at == groups.size()) groups.push_back({number, operation, std::move(sent), {}, {}, {}});
          if (whole) complete = at;
        }
        if (operation != Operation::insert) groups[at].keys.push_back(entry.key);
        if (operation != Operation::remove) groups[at].rows.push_back(entry.row.data());
        if (operation != Operation::insert || table.part_of.parts == 0) continue;
        groups[at].others.resize(siblings.size() - 1);
        for (size_t other = 1; other < siblings.size(); ++other) {
          groups[at].others[other - 1].table = siblings[other].table;
          groups[at].others[other - 1].rows.push_back(siblings[other].entry->row.data());
        }
      }
    }
  }
  return groups;
}

Coalescer::Together Coalescer::together(const Table& table, const Entry& entry, std::vector<Sibling>& siblings) const {
  siblings.assign(table.part_of.parts, {});
  const std::span<const Field> key = entry.key != nullptr
                                         ? std::span<const Field>(entry.key, table.key_positions.size())
                                         : key_in(entry.row, table.key_positions);
  for (const uint32_t number : touched_) {
    const Table& other = tables_[number];
    if (other.part_of.parts == 0 || other.part_of.merge != table.part_of.merge) continue;
    siblings[other.part_of.part] = {number, &other == &table ? &entry : find(other, key, entry.hash)};
  }
  if (sealed_) return Together::apart;  // the key changes: the other parts' follow
  const auto state_of = [](const Sibling& one) { return one.entry == nullptr ? State::nothing : one.entry->state; };
  const auto stays = [&](const Sibling& one) {
    return state_of(one) == State::nothing || state_of(one) == State::update;
  };
  if (std::all_of(siblings.begin(), siblings.end(), stays)) return Together::rows;
  const bool alike = std::all_of(siblings.begin(), siblings.end(),
                                 [&](const Sibling& one) { return state_of(one) == state_of(siblings.front()); });
  return alike ? Together::whole : Together::apart;
}

std::vector<Change> Coalescer::apart() const {
  std::vector<Change> changes;
  std::vector<Sibling> siblings;
  for (const Change& change : log_) {
    const Table& table = tables_[change.table];
    if (table.part_of.parts == 0) continue;
    const std::span<const Field> key =
        change.operation == Operation::insert ? key_in(change.row, table.key_positions) : change.key;
    const Entry* entry = sealed_ ? &table.entries.front() : find(table, key, hash_of(key));
    if (entry != nullptr && together(table, *entry, siblings) == Together::apart) changes.push_back(change);
  }
  return changes;
}

void Coalescer::clear() {
  for (const uint32_t number : touched_) {
    Table& table = tables_[number];
    table.entries.clear();
    std::fill(table.slots.begin(), table.slots.end(), 0);
    table.touched = false;
  }
  touched_.clear();
  log_.clear();
  owned_rows_.clear();
  bytes_ = 0;
  irregular_ = false;
  sealed_ = false;
}

}  // namespace bgdb::link
