// Ordered map and set with O(1) copies: copies share nodes of one balanced tree, and a change copies the path to it, or
// nothing when nobody else holds it. Unlike std::map, iteration and find() give constants. A value is changed through
// edit(), at() or [], which make it this copy's own: pointers taken before keep showing the old version, as long as
// another copy holds it; references taken through these stay good until the map is copied or the key erased.
// Values (not the map itself) may be read from several threads; copies of one map may live in different threads.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/seen_keys.h"
#include "core/shared.h"

namespace bgdb::core {

// An AVL tree. `KeyOf::key(entry)` is what entries are ordered by.
template <class Entry, class Key, class KeyOf>
class PersistentTree {
  struct Node {
    Shared<Entry> entry;
    Shared<Node> left, right;
    int height = 1;
  };
  using Link = Shared<Node>;
  static constexpr size_t kDepthMax = 64;  // 1.44 * log2(entries) is never more

 public:
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    const_iterator() = default;
    const_iterator(const const_iterator& other) : depth_(other.depth_) { copy_path(other); }
    const_iterator& operator=(const const_iterator& other) {
      depth_ = other.depth_;
      copy_path(other);
      return *this;
    }
    reference operator*() const { return *path_[depth_ - 1]->entry; }
    pointer operator->() const { return path_[depth_ - 1]->entry.get(); }
    const_iterator& operator++() {
      const Node* next = path_[--depth_]->right.get();
      push_leftmost(next);
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator& other) const {
      return depth_ == 0 || other.depth_ == 0 ? depth_ == other.depth_
                                              : path_[depth_ - 1] == other.path_[other.depth_ - 1];
    }

   private:
    friend class PersistentTree;
    void copy_path(const const_iterator& other) {
      std::copy(other.path_.begin(), other.path_.begin() + static_cast<std::ptrdiff_t>(depth_), path_.begin());
    }
    void push(const Node* node) { path_[depth_++] = node; }
    void push_leftmost(const Node* node) {
      for (; node != nullptr; node = node->left.get()) push(node);
    }
    size_t depth_ = 0;
    std::array<const Node*, kDepthMax> path_;  // the nodes whose entries are still to come; only [0, depth_) is set
  };
  using iterator = const_iterator;
  using value_type = Entry;
  using key_type = Key;

  const_iterator begin() const {
    const_iterator it;
    it.push_leftmost(root_.get());
    return it;
  }
  const_iterator end() const { return {}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool operator==(const PersistentTree& other) const {
    return size_ == other.size_ && (root_ == other.root_ || std::equal(begin(), end(), other.begin()));
  }
  size_t count(const Key& key) const { return entry(key) != nullptr ? 1 : 0; }
  bool contains(const Key& key) const { return entry(key) != nullptr; }
  // The same for what compares and hashes like a Key; `hash` is its quick_hash().
  template <class Like>
  bool contains(const Like& key, uint64_t hash) const {
    return seen_.perhaps_hash(hash) && node_entry(key) != nullptr;
  }
  const_iterator find(const Key& key) const {
    const_iterator it;
    if (!seen_.perhaps(key)) return it;
    for (const Node* node = root_.get(); node != nullptr;) {
      const auto order = key <=> KeyOf::key(*node->entry);
      if (order <= 0) it.push(node);
      if (order == 0) return it;
      node = order < 0 ? node->left.get() : node->right.get();
    }
    return end();
  }
  const_iterator lower_bound(const Key& key) const {
    return bound([&](const Entry& entry) { return KeyOf::key(entry) < key; });
  }
  const_iterator upper_bound(const Key& key) const {
    return bound([&](const Entry& entry) { return !(key < KeyOf::key(entry)); });
  }
  size_t erase(const Key& key) {
    if (entry(key) == nullptr) return 0;
    const Key copy = key;  // it may live in the entry
    erase_at(root_, copy);
    --size_;
    return 1;
  }
  const_iterator erase(const const_iterator& at) {
    const Key key = KeyOf::key(*at);
    erase(key);
    return upper_bound(key);
  }
  void clear() {
    root_ = {};
    size_ = 0;
    seen_ = {};
  }

 protected:
  template <class Like>
  const Entry* entry(const Like& key) const {
    return seen_.perhaps(key) ? node_entry(key) : nullptr;
  }
  template <class Like>
  const Entry* node_entry(const Like& key) const {
    for (const Node* node = root_.get(); node != nullptr;) {
      const auto order = key <=> KeyOf::key(*node->entry);
      if (order == 0) return node->entry.get();
      node = order < 0 ? node->left.get() : node->right.get();
    }
    return nullptr;
  }
  // The entry, no longer shared with any copy; null when there is none.
  Entry* own_entry(const Key& key) {
    if (entry(key) == nullptr) return nullptr;
    for (Link* link = &root_;;) {
      Node& node = link->own();
      const auto order = key <=> KeyOf::key(*node.entry);
      if (order == 0) return &node.entry.own();
      link = order < 0 ? &node.left : &node.right;
    }
  }
  // REQUIRES: no entry with its key.
  void add(Shared<Entry> entry) {
    seen_.add(KeyOf::key(*entry));
    add_at(root_, std::move(entry));
    ++size_;
  }

 private:
  template <class Before>
  const_iterator bound(Before before) const {
    const_iterator it;
    for (const Node* node = root_.get(); node != nullptr;) {
      if (before(*node->entry)) {
        node = node->right.get();
      } else {
        it.push(node);
        node = node->left.get();
      }
    }
    return it;
  }
  static int height(const Link& link) { return link ? link->height : 0; }
  static void measure(Node& node) { node.height = 1 + std::max(height(node.left), height(node.right)); }
  static void rotate(Link& top, Link Node::*low, Link Node::*high) {
    Link rising = std::move((*top).*high);
    Node& risen = rising.own();
    (*top).*high = std::move(risen.*low);
    measure(*top);
    risen.*low = std::move(top);
    measure(risen);
    top = std::move(rising);
  }
  static void balance_side(Link& top, Link Node::*low, Link Node::*high) {
    Link& heavy = (*top).*high;
    if (height((*heavy).*low) > height((*heavy).*high)) {
      heavy.own();
      rotate(heavy, high, low);
    }
    rotate(top, low, high);
  }
  // REQUIRES: `top` is owned.
  static void balance(Link& top) {
    const int lean = height(top->right) - height(top->left);
    if (lean > 1) {
      balance_side(top, &Node::left, &Node::right);
    } else if (lean < -1) {
      balance_side(top, &Node::right, &Node::left);
    } else {
      measure(*top);
    }
  }
  static void add_at(Link& at, Shared<Entry> entry) {
    if (!at) {
      at = Link::make();
      at->entry = std::move(entry);
      return;
    }
    Node& node = at.own();
    const bool left = KeyOf::key(*entry) < KeyOf::key(*node.entry);
    add_at(left ? node.left : node.right, std::move(entry));
    balance(at);
  }
  // REQUIRES: the key is there.
  static void erase_at(Link& at, const Key& key) {
    Node& node = at.own();
    const auto order = key <=> KeyOf::key(*node.entry);
    if (order < 0) {
      erase_at(node.left, key);
    } else if (order > 0) {
      erase_at(node.right, key);
    } else if (!node.left || !node.right) {
      at = Link(node.left ? node.left : node.right);
      return;
    } else {
      node.entry = take_first(node.right);
    }
    balance(at);
  }
  static Shared<Entry> take_first(Link& at) {
    Node& node = at.own();
    if (!node.left) {
      auto entry = node.entry;
      at = Link(node.right);
      return entry;
    }
    auto entry = take_first(node.left);
    balance(at);
    return entry;
  }

  Link root_;
  size_t size_ = 0;
  SeenKeys<Key> seen_;
};

template <class Key, class Value>
struct FirstOfPair {
  static const Key& key(const std::pair<const Key, Value>& entry) { return entry.first; }
};

template <class Key, class Value>
class PersistentMap : public PersistentTree<std::pair<const Key, Value>, Key, FirstOfPair<Key, Value>> {
 public:
  using Entry = std::pair<const Key, Value>;
  using mapped_type = Value;

  // The value; null when there is none.
  template <class Like>
  const Value* get(const Like& key) const {
    const auto* entry = this->entry(key);
    return entry == nullptr ? nullptr : &entry->second;
  }
  // The value to change; null when there is none.
  Value* edit(const Key& key) {
    auto* entry = this->own_entry(key);
    return entry == nullptr ? nullptr : &entry->second;
  }
  Value& operator[](const Key& key) {
    if (auto* known = edit(key)) return *known;
    auto entry = Shared<Entry>::make(key, Value{});
    Value& made = entry->second;
    this->add(std::move(entry));
    return made;
  }
  Value& at(const Key& key) {
    auto* known = edit(key);
    if (known == nullptr) throw std::out_of_range("PersistentMap::at");
    return *known;
  }
  const Value& at(const Key& key) const {
    const auto* known = this->entry(key);
    if (known == nullptr) throw std::out_of_range("PersistentMap::at");
    return known->second;
  }
  // The value, which leaves the map.
  std::optional<Value> take(const Key& key) {
    auto* known = edit(key);
    if (known == nullptr) return std::nullopt;
    std::optional<Value> taken(std::move(*known));
    this->erase(key);
    return taken;
  }
  // Changes the values for which `wanted(key, value)`; the others stay shared.
  template <class Wanted, class Change>
  void edit_where(Wanted wanted, Change change) {
    edit_where(wanted, change, [](const Key&) {});
  }

 protected:
  template <class Wanted, class Change, class Note>
  void edit_where(Wanted wanted, Change change, Note note) {
    std::vector<Key> keys;
    for (const auto& [key, value] : *this) {
      if (wanted(key, value)) keys.push_back(key);
    }
    for (const auto& key : keys) {
      note(key);
      change(*edit(key));
    }
  }
};

template <class Key>
struct Itself {
  static const Key& key(const Key& entry) { return entry; }
};

template <class Key>
class PersistentSet : public PersistentTree<const Key, Key, Itself<Key>> {
 public:
  PersistentSet() = default;
  PersistentSet(std::initializer_list<Key> keys) {
    for (const auto& key : keys) insert(key);
  }
  // True when it is new.
  bool insert(Key key) {
    if (this->contains(key)) return false;
    this->add(Shared<const Key>::make(std::move(key)));
    return true;
  }
};

}  // namespace bgdb::core
