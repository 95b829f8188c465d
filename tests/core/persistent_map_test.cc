#include "core/persistent_map.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "core/ident.h"

using bgdb::core::PersistentMap;
using bgdb::core::PersistentSet;

namespace {

using Map = PersistentMap<int, std::string>;

std::map<int, std::string> copy_of(const Map& map) {
  std::map<int, std::string> out;
  for (const auto& [key, value] : map) out.emplace_hint(out.end(), key, value);
  return out;
}

}  // namespace

TEST_CASE("A persistent map behaves as std::map does, and its copies keep what they had") {
  std::mt19937 random(7);
  Map map;
  std::map<int, std::string> model;
  std::vector<std::pair<Map, std::map<int, std::string>>> copies;
  for (int step = 0; step < 20'000; ++step) {
    const int key = static_cast<int>(random() % 500);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        map[key] = model[key] = std::to_string(step);
        break;
      case 3:
      case 4:
        REQUIRE(map.erase(key) == model.erase(key));
        break;
      case 5: {
        auto* value = map.edit(key);
        REQUIRE((value != nullptr) == (model.count(key) == 1));
        if (value != nullptr) *value += "!";
        if (value != nullptr) model[key] += "!";
        break;
      }
      case 6: {
        const auto taken = map.take(key);
        REQUIRE(taken.has_value() == (model.count(key) == 1));
        model.erase(key);
        break;
      }
      default:
        if (step % 16 == 0) copies.emplace_back(map, model);
    }
    REQUIRE(map.size() == model.size());
    const auto at = map.lower_bound(key);
    const auto expected = model.lower_bound(key);
    REQUIRE((at == map.end()) == (expected == model.end()));
    if (expected != model.end()) REQUIRE(at->second == expected->second);
    if (step % 100 == 0) REQUIRE(copy_of(map) == model);
  }
  REQUIRE(copies.size() > 50);
  for (const auto& [copy, as_it_was] : copies) REQUIRE(copy_of(copy) == as_it_was);
}

TEST_CASE("A persistent map stays shallow when keys come in order") {
  PersistentMap<int, int> map;
  for (int i = 0; i < 100'000; ++i) map[i] = i;
  int expected = 0;
  for (const auto& [key, value] : map) REQUIRE((key == expected && value == expected++));
  for (auto it = map.begin(); it != map.end();) it = it->first % 2 == 0 ? map.erase(it) : std::next(it);
  CHECK(map.size() == 50'000);
  CHECK(map.find(2) == map.end());
  CHECK(map.find(3)->second == 3);
  CHECK(map.upper_bound(3)->first == 5);
}

TEST_CASE("A reference to a value survives changes of other keys") {
  Map map;
  for (int i = 0; i < 100; ++i) map[i] = "x";
  const Map before = map;
  auto& value = map.at(50);
  for (int i = 0; i < 100; ++i) {
    if (i != 50) map[i] = "y";
    map[100 + i] = "z";
  }
  map.erase(49);
  value = "mine";
  CHECK(map.find(50)->second == "mine");
  CHECK(before.at(50) == "x");
}

TEST_CASE("Only the values that are wanted are changed, in this copy alone") {
  Map map;
  for (int i = 0; i < 10; ++i) map[i] = std::to_string(i);
  const Map before = map;
  map.edit_where([](int key, const std::string&) { return key % 2 == 0; }, [](std::string& value) { value += "+"; });
  CHECK(map.at(4) == "4+");
  CHECK(&std::as_const(map).at(5) == &before.at(5));
  CHECK(before.at(4) == "4");
}

TEST_CASE("Copies of a persistent map are changed in several threads at once") {
  Map map;
  for (int i = 0; i < 1'000; ++i) map[i] = "x";
  std::vector<std::thread> threads;
  std::vector<size_t> sizes(4);
  for (size_t t = 0; t < sizes.size(); ++t) {
    threads.emplace_back([copy = map, t, &sizes]() mutable {
      for (int i = 0; i < 1'000; i += 2) copy.erase(i);
      for (int i = 1; i < 1'000; i += 2) copy[i] += "y";
      sizes[t] = copy.size();
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto size : sizes) CHECK(size == 500);
  CHECK(map.size() == 1'000);
  CHECK(map.at(1) == "x");
}

TEST_CASE("A persistent set keeps its keys in order") {
  PersistentSet<std::string> set = {"b", "a"};
  const auto before = set;
  CHECK(set.insert("c"));
  CHECK_FALSE(set.insert("a"));
  CHECK(set.erase("b") == 1);
  CHECK(std::set<std::string>(set.begin(), set.end()) == std::set<std::string>{"a", "c"});
  CHECK(before.contains("b"));
}

TEST_CASE("A persistent map finds every key that it tells the absence of quickly") {
  using Names = PersistentMap<bgdb::core::QualifiedName, int>;
  Names names;
  for (int i = 0; i < 3000; ++i) {
    CHECK_FALSE(names.contains({"public", "table_" + std::to_string(i)}));
    names[{"public", "table_" + std::to_string(i)}] = i;
  }
  const auto copy = names;
  for (int i = 0; i < 3000; i += 2) names.erase({"public", "table_" + std::to_string(i)});
  for (int i = 0; i < 3000; ++i) {
    const bgdb::core::QualifiedName name{"public", "table_" + std::to_string(i)};
    CHECK(names.contains(name) == (i % 2 == 1));
    REQUIRE(copy.find(name) != copy.end());
    CHECK(copy.find(name)->second == i);
  }
}
