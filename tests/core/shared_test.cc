#include "core/shared.h"

#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "core/persistent_buckets.h"

using bgdb::core::PersistentBuckets;
using bgdb::core::Shared;

TEST_CASE("A shared value is one value until a holder makes it its own") {
  auto one = Shared<std::string>::make("first");
  auto two = one;
  REQUIRE(one == two);
  two.own() = "second";
  REQUIRE(*one == "first");
  REQUIRE(*two == "second");
  REQUIRE_FALSE(one == two);
  const auto* before = two.get();
  two.own() += "!";  // held alone: changed where it stands
  REQUIRE(two.get() == before);
  Shared<std::string> none;
  REQUIRE_FALSE(none);
  REQUIRE(none.own().empty());
  REQUIRE(none);
}

TEST_CASE("A shared value lives as long as its last holder, whatever is assigned to what") {
  const auto counted = std::make_shared<int>(1);
  {
    auto one = Shared<std::shared_ptr<int>>::make(counted);
    auto two = one;
    one = one;  // NOLINT
    one = std::move(two);
    REQUIRE(counted.use_count() == 2);
    one = {};
    REQUIRE(counted.use_count() == 1);
  }
  struct Link {
    int number = 0;
    Shared<Link> next;
  };
  Shared<Link> list;
  for (int i = 0; i < 3; ++i) list = Shared<Link>::make(Link{i, list});
  list = Shared<Link>(list->next);  // out of what it lets go of
  REQUIRE(list->number == 1);
  REQUIRE(list->next->number == 0);
}

TEST_CASE("Holders of a shared value on several threads let go of it once") {
  const auto counted = std::make_shared<int>(1);
  for (int round = 0; round < 200; ++round) {
    auto one = Shared<std::shared_ptr<int>>::make(counted);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([mine = one]() mutable {
        const auto copy = mine;
        mine.own() = nullptr;
      });
    }
    one = {};
    for (auto& thread : threads) thread.join();
  }
  REQUIRE(counted.use_count() == 1);
}

TEST_CASE("Buckets behave as a multimap does, and their copies keep what they had") {
  using Buckets = PersistentBuckets<std::pair<uint64_t, int>>;
  using Model = std::multimap<uint64_t, int>;
  const auto values_of = [](const Buckets& buckets, uint64_t hash) {
    std::vector<int> values;
    for (const auto& [key, value] : buckets.at(hash)) {
      if (key == hash) values.push_back(value);
    }
    return values;
  };
  const auto same = [&](const Buckets& buckets, const Model& model, uint64_t hash) {
    std::vector<int> wanted;
    for (auto [it, end] = model.equal_range(hash); it != end; ++it) wanted.push_back(it->second);
    return values_of(buckets, hash) == wanted;
  };
  std::mt19937_64 random(11);
  std::vector<uint64_t> hashes(300);
  for (auto& hash : hashes) hash = random();
  Buckets buckets;
  Model model;
  std::vector<std::pair<Buckets, Model>> copies;
  for (int step = 0; step < 20'000; ++step) {
    const auto hash = hashes[random() % hashes.size()];
    if (random() % 3 == 0) {
      std::erase_if(buckets.edit(hash), [&](const auto& entry) { return entry.first == hash; });
      model.erase(hash);
    } else {
      buckets.edit(hash).emplace_back(hash, step);
      model.emplace(hash, step);
    }
    if (random() % 500 == 0) copies.emplace_back(buckets, model);
    REQUIRE(same(buckets, model, hash));
  }
  copies.emplace_back(buckets, model);
  for (const auto& [kept, wanted] : copies) {
    for (const auto hash : hashes) REQUIRE(same(kept, wanted, hash));
  }
}
