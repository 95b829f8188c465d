#include "core/shared_list.h"

#include <string>

#include "support/check.h"

using bgdb::core::SharedList;

TEST_CASE("copies of a list share their elements until one changes") {
  SharedList<std::string> list{"a", "b"};
  const auto copy = list;
  CHECK(copy.shares(list));
  list.push_back("c");
  CHECK_FALSE(copy.shares(list));
  CHECK(list == SharedList<std::string>{"a", "b", "c"});
  CHECK(copy == SharedList<std::string>{"a", "b"});
}

TEST_CASE("an element that is reached through a list that may change belongs to that list alone") {
  SharedList<std::string> list{"a", "b"};
  const auto copy = list;
  for (auto& text : list) text += "!";
  list.front() += "?";
  list[1] += "?";
  CHECK(list == SharedList<std::string>{"a!?", "b!?"});
  CHECK(copy == SharedList<std::string>{"a", "b"});
}

TEST_CASE("an empty list takes elements in and gives them away") {
  SharedList<int> list;
  CHECK(list.empty());
  CHECK(list.begin() == list.end());
  list.insert(list.end(), 2);
  list.insert(list.begin(), 1);
  list.erase(list.begin());
  CHECK(list == SharedList<int>{2});
  list.clear();
  CHECK(list == SharedList<int>{});
}
