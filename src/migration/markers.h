// Comments by which frameworks steer: where Up and Down begin, what runs outside a transaction. Internal to migration/.
#pragma once

#include "migration/convention.h"

namespace bgdb::migration {

// Calls `line(offset, text)` for each line, without its line end.
template <class OnLine>
void each_line(std::string_view text, OnLine on_line) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    on_line(at, line);
    at = end + 1;
  }
}

// Words of a line, compared without case. A cursor: nothing is copied.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  // The next word, or empty.
  std::string_view next();
  // Takes the next word when it is `word` (in lower case).
  bool take(std::string_view word);
  // `word` stands among the words left.
  bool has(std::string_view word) const;
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool same_word(std::string_view text, std::string_view lower_case);

struct Marker {
  Direction direction = Direction::up;
  bool runs = true;  // false: a changeset for another database, or one to be passed over
  bool in_transaction = true;
  std::string delimiter;
};
// The marker on a line that begins a section, as the framework reads it.
std::optional<Marker> read_marker(Style style, std::string_view line);
// The style whose first marker stands in the text; Style::none when there is none.
Style style_of_text(std::string_view text);

// The comment on this line switches the transaction off for the whole file.
bool switches_transaction_off(Framework framework, std::string_view line);

// The framework that a text's own markers name.
std::optional<Framework> framework_of_text(std::string_view head);

// "-- bgdb: phase=contract release=V2__authors"
struct Declared {
  std::optional<std::string> phase;
  std::string release;
};
Declared find_declared(std::string_view text);

}  // namespace bgdb::migration
