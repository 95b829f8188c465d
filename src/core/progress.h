// How long work tells what it is doing. Services call it; cli/ draws it (bars on a terminal, lines or JSON elsewhere).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bgdb::core {

// Called from any thread; implementations lock. Calls are cheap and frequent: implementations limit their own drawing.
class Progress {
 public:
  virtual ~Progress() = default;
  // A stage of the whole, e.g. "schema", "data", "indexes".
  virtual void stage(std::string_view name) = 0;
  // `item` (a table, an index) stands at done of total in `unit` ("bytes", "rows"); total 0 = unknown.
  virtual void item(std::string_view item, int64_t done, int64_t total, std::string_view unit) = 0;
  virtual void item_done(std::string_view item) = 0;
  virtual void note(std::string_view text) = 0;
};

Progress& silent_progress();

}  // namespace bgdb::core
