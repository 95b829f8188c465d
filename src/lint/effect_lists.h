// Lists of effects, in which nothing stands twice. Internal to lint/.
#pragma once

#include <algorithm>
#include <functional>

#include "lint/effects.h"

namespace bgdb::lint {

template <class T>
using EffectList = core::SharedList<T>;

template <class T, class Same>
void add_once(EffectList<T>& list, const T& value, Same same) {
  const auto& there = list.all();
  if (std::none_of(there.begin(), there.end(), [&](const auto& one) { return same(one, value); }))
    list.push_back(value);
}

inline void put(EffectList<LockEffect>& locks, const LockEffect& lock) {
  const auto& there = locks.all();
  const auto present =
      std::find_if(there.begin(), there.end(), [&](const auto& one) { return one.relation == lock.relation; });
  if (present == there.end()) return locks.push_back(lock);
  if (present->mode < lock.mode) locks[static_cast<size_t>(present - there.begin())].mode = lock.mode;
}

inline void put(EffectList<RelationEffect>& list, const RelationEffect& effect) {
  add_once(list, effect, [](const auto& a, const auto& b) { return a.relation == b.relation; });
}

template <class T>
void put(EffectList<T>& list, const T& value) {
  add_once(list, value, std::equal_to<>());
}

}  // namespace bgdb::lint
