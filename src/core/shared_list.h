// A list whose copies share their elements until one of them changes its own: for values of which many versions live
// side by side (core/persistent_map.h). Whoever has a constant reads what is shared; begin() and the like of one that
// is not constant make the elements its own first, so pointers taken through a constant before may show the old
// version.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "core/shared.h"

namespace bgdb::core {

template <class T>
class SharedList {
  using List = std::vector<T>;

 public:
  using value_type = T;
  using iterator = typename List::iterator;
  using const_iterator = typename List::const_iterator;

  SharedList() = default;
  SharedList(List list) : list_(list.empty() ? Shared<List>() : Shared<List>::make(std::move(list))) {}  // NOLINT
  SharedList(std::initializer_list<T> list) : SharedList(List(list)) {}
  operator const List&() const { return all(); }  // NOLINT(google-explicit-constructor)
  const List& all() const {
    static const List kNone;
    return list_ ? *list_ : kNone;
  }
  // The elements, shared with nobody.
  List& own() { return list_.own(); }

  // Neither was changed since one was copied from the other.
  bool shares(const SharedList& other) const { return list_ == other.list_; }

  size_t size() const { return all().size(); }
  bool empty() const { return !list_ || list_->empty(); }
  const_iterator begin() const { return all().begin(); }
  const_iterator end() const { return all().end(); }
  const T& operator[](size_t at) const { return (*list_)[at]; }
  const T& front() const { return list_->front(); }
  const T& back() const { return list_->back(); }
  const T* data() const { return all().data(); }
  bool operator==(const SharedList& other) const { return shares(other) || all() == other.all(); }

  iterator begin() { return list_ ? own().begin() : iterator(); }
  iterator end() { return list_ ? own().end() : iterator(); }
  T& operator[](size_t at) { return own()[at]; }
  T& front() { return own().front(); }
  T& back() { return own().back(); }
  void push_back(T value) { own().push_back(std::move(value)); }
  template <class... Parts>
  T& emplace_back(Parts&&... parts) {
    return own().emplace_back(std::forward<Parts>(parts)...);
  }
  template <class... Parts>
  iterator insert(Parts&&... parts) {
    return own().insert(std::forward<Parts>(parts)...);
  }
  iterator erase(const_iterator first, const_iterator last) { return own().erase(first, last); }
  iterator erase(const_iterator at) { return own().erase(at); }
  void clear() { list_ = {}; }

 private:
  Shared<List> list_;  // null: empty
};

}  // namespace bgdb::core
