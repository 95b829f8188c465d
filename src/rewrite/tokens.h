// A small scanner over SQL text that already parsed: enough to cut a statement at its commas and to replace the name of
// a column, without a deparser. Knows quotes, dollar quotes, comments and parentheses. Internal to rewrite/.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bgdb::rewrite {

struct Token {
  enum class Kind { word, quoted, string, number, symbol };
  Kind kind = Kind::symbol;
  size_t offset = 0;
  size_t length = 0;
  std::string name;  // word: folded to lower case; quoted: unquoted
  int depth = 0;     // of parentheses and brackets; an opening one has the depth outside it

  bool is_name() const { return kind == Kind::word || kind == Kind::quoted; }
  bool is_word(std::string_view word) const { return kind == Kind::word && name == word; }
  bool is_symbol(std::string_view text, std::string_view sql) const {
    return kind == Kind::symbol && sql.substr(offset, length) == text;
  }
};

std::vector<Token> tokenize(std::string_view sql);

// "a, f(b, c), d" -> {"a", "f(b, c)", "d"}.
std::vector<std::string> split_commas(std::string_view sql);

// `sql` with every use of a column replaced by its new name: bare names, and names qualified with one of `qualifiers`.
// Function names, type names behind "::", field selections and strings stay.
std::string rename_columns(std::string_view sql, const std::map<std::string, std::string>& new_names,
                           const std::vector<std::string>& qualifiers);

// The text behind the last word of `words` where they follow each other outside parentheses: find_after("ALTER TABLE a
// SET b",
// {"set"}) = offset of " b". npos when absent.
size_t find_after(const std::vector<Token>& tokens, const std::vector<std::string_view>& words, size_t from = 0);

std::string_view trim(std::string_view text);
// `text` with blanks and comments squeezed to single blanks, at most `width` bytes.
std::string one_line(std::string_view text, size_t width = 90);

// A name of at most 63 bytes: prefix and parts joined by "_"; when too long, cut and ended by a digest of the whole.
std::string object_name(std::string_view prefix, const std::vector<std::string>& parts);

}  // namespace bgdb::rewrite
