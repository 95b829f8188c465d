// Comparisons and hashes of short texts, such as names: a few loads instead of calls. The replay of migrations does
// little else but look names up.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bgdb::core {

template <class Word>
Word load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline bool same_text(std::string_view a, std::string_view b) {
  const size_t size = a.size();
  if (size != b.size()) return false;
  const char *p = a.data(), *q = b.data();
  if (size > 16) return std::memcmp(p, q, size) == 0;
  if (size >= 8) {
    return load<uint64_t>(p) == load<uint64_t>(q) && load<uint64_t>(p + size - 8) == load<uint64_t>(q + size - 8);
  }
  if (size >= 4) {
    return load<uint32_t>(p) == load<uint32_t>(q) && load<uint32_t>(p + size - 4) == load<uint32_t>(q + size - 4);
  }
  for (size_t i = 0; i < size; ++i) {
    if (p[i] != q[i]) return false;
  }
  return true;
}

// As std::string compares: by bytes, the shorter first.
inline std::strong_ordering compare_text(std::string_view a, std::string_view b) {
  const size_t common = a.size() < b.size() ? a.size() : b.size();
  const char *p = a.data(), *q = b.data();
  if (common >= 8) {
    const auto order = [&](size_t at) {
      return __builtin_bswap64(load<uint64_t>(p + at)) <=> __builtin_bswap64(load<uint64_t>(q + at));
    };
    for (size_t at = 0; at + 8 < common; at += 8) {
      if (const auto difference = order(at); difference != 0) return difference;
    }
    if (const auto difference = order(common - 8); difference != 0) return difference;
  } else {
    for (size_t i = 0; i < common; ++i) {
      if (p[i] != q[i]) return static_cast<unsigned char>(p[i]) <=> static_cast<unsigned char>(q[i]);
    }
  }
  return a.size() <=> b.size();
}

// Of the beginning, the end and the size; not for untrusted keys of tables that must not degrade.
inline uint64_t quick_hash(std::string_view text) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  const size_t size = text.size();
  uint64_t front = 0, back = 0;
  if (size >= 8) {
    front = load<uint64_t>(text.data());
    back = load<uint64_t>(text.data() + size - 8);
  } else {
    for (const char c : text) front = front << 8U | static_cast<unsigned char>(c);
  }
  const uint64_t mixed = (front * kOdd ^ (back + size)) * kOdd;
  return mixed ^ mixed >> 32U;
}

}  // namespace bgdb::core
