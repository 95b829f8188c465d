// A small reader of PostgreSQL's lexical structure: enough to tell strings, quoted names, dollar quotes, nested
// comments and words apart, so that statements can be found in text that the grammar refuses.
#pragma once

#include <cstddef>
#include <string_view>

namespace bgdb::parse {

enum class TokenKind {
  end,
  blank,
  line_comment,
  block_comment,
  string,
  quoted_name,
  dollar_string,
  word,
  number,
  symbol
};

struct Token {
  TokenKind kind = TokenKind::end;
  size_t begin = 0;
  size_t end = 0;
  bool terminated = true;  // false: a quote or comment runs to the end of the text
};

// The token at `at`. Every byte belongs to exactly one token; runs of blanks are one token.
Token next_token(std::string_view text, size_t at);
// The next token that is neither blank nor comment.
Token next_solid(std::string_view text, size_t at);

bool is_blank(char c);
bool is_word_start(char c);
bool is_word_part(char c);
// Case-insensitive; `word` in lower case.
bool is_word(std::string_view text, const Token& token, std::string_view word);
// Behind the bracket that closes the one at `open`; text.size() when none does.
size_t behind_matching(std::string_view text, size_t open);

// From the first token at or behind `from` to the last one: no comments or blanks at the ends.
std::string_view solid_text(std::string_view text, size_t from);

}  // namespace bgdb::parse
