#pragma once

#include <algorithm>
#include <iterator>

namespace bgdb::core {

// Of a short list.
template <class List, class Value>
bool contains(const List& list, const Value& wanted) {
  return std::find(std::begin(list), std::end(list), wanted) != std::end(list);
}

}  // namespace bgdb::core
