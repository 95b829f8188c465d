#include "parse/scan.h"

#include <array>
#include <cstdint>

#include "core/text.h"

namespace bgdb::parse {
namespace {

constexpr uint8_t kBlank = 1, kWordStart = 2, kWordPart = 4;

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (const unsigned char c : {' ', '\n', '\t', '\r', '\f', '\v'}) classes[c] = kBlank;
  for (size_t c = 0; c < classes.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    if (letter) classes[c] = kWordStart | kWordPart;
    if ((c >= '0' && c <= '9') || c == '$') classes[c] = kWordPart;
  }
  return classes;
}();

bool is(char c, uint8_t kind) {
  return (kClasses[static_cast<unsigned char>(c)] & kind) != 0;
}

Token line_comment(std::string_view text, size_t at) {
  size_t end = text.find('\n', at);
  if (end == std::string_view::npos) end = text.size();
  if (end > at && text[end - 1] == '\r') --end;
  return {TokenKind::line_comment, at, end};
}

Token block_comment(std::string_view text, size_t at) {
  int depth = 0;
  size_t i = at;
  while (i + 1 < text.size()) {
    if (text[i] == '/' && text[i + 1] == '*') {
      ++depth;
      i += 2;
    } else if (text[i] == '*' && text[i + 1] == '/') {
      i += 2;
      if (--depth == 0) return {TokenKind::block_comment, at, i};
    } else {
      ++i;
    }
  }
  return {TokenKind::block_comment, at, text.size(), false};
}

// `quote` stands at `open`; doubled quotes and, in E'' strings, backslashes do not end it.
Token quoted(std::string_view text, size_t at, size_t open, bool backslash) {
  const char quote = text[open];
  const TokenKind kind = quote == '"' ? TokenKind::quoted_name : TokenKind::string;
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (backslash && text[i] == '\\') {
      ++i;
    } else if (!backslash && text[i] != quote) {
      const size_t found = text.find(quote, i);
      if (found == std::string_view::npos) break;
      i = found - 1;
    } else if (text[i] == quote) {
      if (i + 1 < text.size() && text[i + 1] == quote) {
        ++i;
      } else {
        return {kind, at, i + 1};
      }
    }
  }
  return {kind, at, text.size(), false};
}

// $tag$ ... $tag$; end of the opening delimiter, or 0 when `at` starts none.
size_t dollar_delimiter(std::string_view text, size_t at) {
  size_t i = at + 1;
  if (i < text.size() && is_word_start(text[i])) {
    while (i < text.size() && is_word_part(text[i]) && text[i] != '$') ++i;
  }
  return i < text.size() && text[i] == '$' ? i + 1 : 0;
}

Token dollar(std::string_view text, size_t at) {
  const size_t open_end = dollar_delimiter(text, at);
  if (open_end == 0) {
    size_t i = at + 1;
    while (i < text.size() && core::is_digit(text[i])) ++i;  // $1
    return {i > at + 1 ? TokenKind::number : TokenKind::symbol, at, i};
  }
  const std::string_view delimiter = text.substr(at, open_end - at);
  const size_t close = text.find(delimiter, open_end);
  if (close == std::string_view::npos) return {TokenKind::dollar_string, at, text.size(), false};
  return {TokenKind::dollar_string, at, close + delimiter.size()};
}

Token word(std::string_view text, size_t at) {
  if (at + 1 < text.size() && text[at + 1] == '\'') {
    const char prefix = core::lower(text[at]);
    if (prefix == 'e') return quoted(text, at, at + 1, true);
    if (prefix == 'b' || prefix == 'x' || prefix == 'n') return quoted(text, at, at + 1, false);
  }
  if (at + 2 < text.size() && core::lower(text[at]) == 'u' && text[at + 1] == '&' &&
      (text[at + 2] == '\'' || text[at + 2] == '"')) {
    return quoted(text, at, at + 2, false);
  }
  size_t i = at + 1;
  while (i < text.size() && is(text[i], kWordPart)) ++i;
  return {TokenKind::word, at, i};
}

Token number(std::string_view text, size_t at) {
  size_t i = at;
  while (i < text.size() && (is_word_part(text[i]) || (text[i] == '.' && i + 1 < text.size() && text[i + 1] != '.')) &&
         text[i] != '$') {
    ++i;
  }
  return {TokenKind::number, at, i};
}

}  // namespace

bool is_blank(char c) {
  return is(c, kBlank);
}

bool is_word_start(char c) {
  return is(c, kWordStart);
}

bool is_word_part(char c) {
  return is(c, kWordPart);
}

bool is_word(std::string_view text, const Token& token, std::string_view word) {
  if (token.kind != TokenKind::word || token.end - token.begin != word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (core::lower(text[token.begin + i]) != word[i]) return false;
  }
  return true;
}

Token next_token(std::string_view text, size_t at) {
  if (at >= text.size()) return {TokenKind::end, text.size(), text.size()};
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (is(c, kBlank)) {
    size_t i = at + 1;
    while (i < text.size() && is(text[i], kBlank)) ++i;
    return {TokenKind::blank, at, i};
  }
  if (is(c, kWordStart)) return word(text, at);
  if (c == '-' && next == '-') return line_comment(text, at);
  if (c == '/' && next == '*') return block_comment(text, at);
  if (c == '\'' || c == '"') return quoted(text, at, at, false);
  if (c == '$') return dollar(text, at);
  if (core::is_digit(c)) return number(text, at);
  return {TokenKind::symbol, at, at + 1};
}

Token next_solid(std::string_view text, size_t at) {
  for (;;) {
    const Token token = next_token(text, at);
    if (token.kind != TokenKind::blank && token.kind != TokenKind::line_comment &&
        token.kind != TokenKind::block_comment) {
      return token;
    }
    at = token.end;
  }
}

size_t behind_matching(std::string_view text, size_t open) {
  int depth = 0;
  for (Token token = next_solid(text, open); token.kind != TokenKind::end; token = next_solid(text, token.end)) {
    if (token.kind != TokenKind::symbol) continue;
    const char c = text[token.begin];
    if (c == '(' || c == '[') ++depth;
    if ((c == ')' || c == ']') && --depth == 0) return token.end;
  }
  return text.size();
}

std::string_view solid_text(std::string_view text, size_t from) {
  Token token = next_solid(text, from);
  const size_t begin = token.begin;
  size_t end = begin;
  for (; token.kind != TokenKind::end; token = next_solid(text, token.end)) end = token.end;
  return text.substr(begin, end - begin);
}

}  // namespace bgdb::parse
