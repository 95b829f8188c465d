// Which keys were ever added to a map, roughly: most look-ups of a replay ask for what is not there, and end here. Only
// for keys that have a quick_hash(); others may always be there.
#pragma once

#include <array>
#include <cstdint>

namespace bgdb::core {

template <class Key>
class SeenKeys {
 public:
  template <class Like>
  bool perhaps(const Like&) const {
    return true;
  }
  void add(const Key&) {}
};

template <class Key>
requires requires(const Key& key) {
  quick_hash(key);
}
class SeenKeys<Key> {
 public:
  template <class Like>  // a Key, or what compares and hashes like one
  bool perhaps(const Like& key) const {
    return perhaps_hash(quick_hash(key));
  }
  bool perhaps_hash(uint64_t hash) const {
    const auto at = hash % kBits;
    return (bits_[at / 64] >> (at % 64) & 1U) != 0;
  }
  void add(const Key& key) {
    const auto at = quick_hash(key) % kBits;
    bits_[at / 64] |= uint64_t{1} << (at % 64);
  }

 private:
  static constexpr size_t kBits = 2048;
  std::array<uint64_t, kBits / 64> bits_{};
};

}  // namespace bgdb::core
