// The text of a PL/pgSQL body as tokens: what plpgsql.cc reads with. Private to parse/.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>

#include "core/text.h"
#include "parse/parser.h"
#include "parse/position.h"
#include "parse/prepare.h"
#include "parse/scan.h"

namespace bgdb::parse {

using Words = std::initializer_list<std::string_view>;

struct Part {
  size_t begin = 0;  // first token
  size_t end = 0;    // behind the last token
  size_t after = 0;  // behind the terminator
  bool empty() const { return begin >= end; }
};

class BodyText {
 protected:
  explicit BodyText(std::string_view body)
      : original_(body), prepared_(prepare(body)), text_(prepared_.text), lines_(body, {}) {}

  bool symbol(const Token& token, char c) const { return token.kind == TokenKind::symbol && text_[token.begin] == c; }

  bool word(const Token& token, Words words) const {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view candidate) { return is_word(text_, token, candidate); });
  }

  // The tokens from `at` up to a semicolon or, outside brackets, one of the words. A semicolon met while waiting for a
  // word is left for the next statement.
  Part until(size_t at, Words words) {
    Part part;
    part.begin = part.end = next_solid(text_, at).begin;
    int brackets = 0;
    for (Token token = next_solid(text_, at); token.kind != TokenKind::end; token = next_solid(text_, token.end)) {
      if (!token.terminated) fail("a quoted text is not closed");
      if (symbol(token, '(') || symbol(token, '[')) ++brackets;
      if (symbol(token, ')') || symbol(token, ']')) --brackets;
      if (symbol(token, ';')) {
        part.after = words.size() > 0 ? token.begin : token.end;
        return part;
      }
      if (brackets <= 0 && word(token, words)) {
        part.after = token.end;
        return part;
      }
      part.end = token.end;
    }
    part.after = text_.size();
    return part;
  }

  size_t behind_label(const Token& first) const {
    const size_t close = text_.find(">>", first.end);
    return close == std::string_view::npos ? text_.size() : close + 2;
  }

  std::string name_text(const Token& token) const {
    const auto text = text_.substr(token.begin, token.end - token.begin);
    return token.kind == TokenKind::quoted_name ? std::string(text.substr(1, text.size() - 2))
                                                : core::lower(std::string(text));
  }

  // Behind [STRICT] name[.field][[index]] {, ...}
  size_t behind_targets(size_t at, size_t end) const {
    Token token = next_solid(text_, at);
    if (word(token, {"strict"})) token = next_solid(text_, token.end);
    for (;;) {
      size_t last = behind_name(token, end);
      token = next_solid(text_, last);
      if (token.begin >= end || !symbol(token, ',')) return last;
      token = next_solid(text_, token.end);
    }
  }

  size_t behind_name(const Token& first, size_t end) const {
    size_t last = first.end;
    for (Token token = next_solid(text_, last); token.begin < end; token = next_solid(text_, last)) {
      if (symbol(token, '.')) {
        last = next_solid(text_, token.end).end;
      } else if (symbol(token, '[')) {
        last = behind_matching(text_.substr(0, end), token.begin);
      } else {
        break;
      }
    }
    return std::min(last, end);
  }

  // `name := ...` or `name = ...`: where the value begins, else 0.
  size_t behind_assignment(const Token& first) const {
    if (first.kind != TokenKind::word && first.kind != TokenKind::quoted_name && first.kind != TokenKind::number) {
      return 0;
    }
    Token token = next_solid(text_, behind_name(first, text_.size()));
    if (symbol(token, ':')) token = next_token(text_, token.end);
    return symbol(token, '=') ? next_solid(text_, token.end).begin : 0;
  }

  bool touches_placeholder(size_t begin, size_t end) const {
    const auto& all = prepared_.placeholders;
    const auto at = std::lower_bound(all.begin(), all.end(), begin,
                                     [](const Range& range, size_t offset) { return range.begin < offset; });
    return at != all.end() && at->begin < end;
  }

  void fail(std::string why) {
    if (out_.parsed) out_.error = std::move(why);
    out_.parsed = false;
  }

  std::string_view original_;
  Prepared prepared_;
  std::string_view text_;
  LineIndex lines_;
  ParsedBody out_;
};

}  // namespace bgdb::parse
