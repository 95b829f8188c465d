// A persistent map that remembers which keys were touched, for those who keep something up to date with it.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "core/persistent_map.h"

namespace bgdb::core {

// A map that knows which keys were added, edited or erased since forget_changes().
template <class Key, class Value>
class LoggedMap : public PersistentMap<Key, Value> {
  using Map = PersistentMap<Key, Value>;

 public:
  using const_iterator = typename Map::const_iterator;
  Value* edit(const Key& key) {
    auto* value = Map::edit(key);
    if (value != nullptr) changed_.insert(key);
    return value;
  }
  Value& operator[](const Key& key) {
    changed_.insert(key);
    return Map::operator[](key);
  }
  Value& at(const Key& key) {
    changed_.insert(key);
    return Map::at(key);
  }
  const Value& at(const Key& key) const { return Map::at(key); }
  size_t erase(const Key& key) {
    changed_.insert(key);
    return Map::erase(key);
  }
  const_iterator erase(const const_iterator& at) {
    changed_.insert(at->first);
    return Map::erase(at);
  }
  void clear() = delete;
  std::optional<Value> take(const Key& key) {
    changed_.insert(key);
    return Map::take(key);
  }
  template <class Wanted, class Change>
  void edit_where(Wanted wanted, Change change) {
    Map::edit_where(
        wanted, [&](Value& value) { change(value); }, [&](const Key& key) { changed_.insert(key); });
  }

  const std::set<Key>& changed() const { return changed_; }
  void forget_changes() { changed_.clear(); }

 private:
  std::set<Key> changed_;
};

}  // namespace bgdb::core
