// The safe way that a rule shows, in SQL. `{table|orders}` in it stands for a fact and for an example of it: a finding
// shows the user's own names, quoted, when all of them are known, and otherwise the example as a whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/facts.h"

namespace bgdb::lint {

class Advice {
 public:
  // Splits the text of a rule. A fact that does not exist comes out in `unknown`, which is else empty.
  static Advice parse(std::string_view text, std::string& unknown);

  bool empty() const { return example_.empty(); }
  const std::string& example() const { return example_; }
  std::string in(const FactView& facts) const;

 private:
  struct Piece {
    std::string text;
    const KnownFact* fact = nullptr;  // behind the text; null: none
  };
  std::vector<Piece> pieces_;
  std::string example_;
};

}  // namespace bgdb::lint
