// What the audience of the demo sees. The script of the night tells; the command draws. Calls come from one thread, but
// for live(), which comes from the ticker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb::app::demo {

struct Check {
  std::string name;
  bool pass = false;
  std::string detail;
};

class View {
 public:
  virtual ~View() = default;
  virtual void step(std::string_view title) = 0;              // a new step begins
  virtual void command(std::string_view line) = 0;            // "bgdb cutover", as the operator would type it
  virtual void output(std::string_view line) = 0;             // a line that a command printed
  virtual void result(std::string_view line, bool good) = 0;  // what the step came to
  virtual void live(std::string_view line) = 0;               // replaces the last one; "" erases it
  virtual void checks(const std::vector<Check>& checks) = 0;
};

}  // namespace bgdb::app::demo
