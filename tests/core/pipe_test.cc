#include "core/pipe.h"

#include <thread>

#include "support/check.h"

using bgdb::core::Pipe;

TEST_CASE("a pipe hands over everything in order, however small its bound") {
  for (const size_t bound : {0, 1, 10, 1000}) {
    Pipe<int> pipe(bound);
    std::thread giver([&] {
      for (int i = 0; i < 5000; ++i) pipe.give(i, static_cast<size_t>(i % 7));
      pipe.close();
    });
    int expected = 0;
    while (const auto item = pipe.take()) {
      if (*item != expected) break;
      ++expected;
    }
    pipe.leave();
    giver.join();
    CHECK(expected == 5000);
  }
}

TEST_CASE("few items come out of a pipe when it is closed") {
  Pipe<int> pipe(1000);
  CHECK(pipe.give(1, 1));
  CHECK(pipe.give(2, 1));
  pipe.close();
  CHECK(pipe.take() == 1);
  CHECK(pipe.take() == 2);
  CHECK_FALSE(pipe.take().has_value());
}

TEST_CASE("who gives into a pipe that nobody takes from is told when the taker leaves") {
  Pipe<int> pipe(1);
  REQUIRE(pipe.give(1, 1));
  std::thread taker([&] { pipe.leave(); });
  CHECK_FALSE(pipe.give(2, 1));
  taker.join();
}
