#include "parse/newer_grammar.h"

#include <vector>

#include "parse/scan.h"

namespace bgdb::parse {

namespace {

class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {
    for (Token token = next_solid(text, 0); token.kind != TokenKind::end; token = next_solid(text, token.end))
      tokens_.push_back(token);
  }

  std::optional<std::string> run() {
    if (!word(0, "alter") && !word(0, "create")) return std::nullopt;
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (virtual_column(at) || not_null_constraint(at) || storage(at)) changed_ = true;
    }
    if (!changed_) return std::nullopt;
    out_ += text_.substr(copied_);
    return out_;
  }

 private:
  bool word(size_t at, std::string_view text) const { return at < tokens_.size() && is_word(text_, tokens_[at], text); }

  void replace(size_t begin, size_t end, std::string_view by) {
    out_ += text_.substr(copied_, begin - copied_);
    out_ += by;
    copied_ = end;
  }

  // The token that begins at or behind `offset`.
  size_t token_from(size_t offset) const {
    size_t at = 0;
    while (at < tokens_.size() && tokens_[at].begin < offset) ++at;
    return at;
  }

  bool virtual_column(size_t at) {
    if (!word(at, "generated") || !word(at + 1, "always") || !word(at + 2, "as")) return false;
    if (at + 3 >= tokens_.size() || text_[tokens_[at + 3].begin] != '(') return false;
    const size_t close = behind_matching(text_, tokens_[at + 3].begin);
    const size_t next = token_from(close);
    if (word(next, "stored")) return false;
    replace(tokens_[at].begin, word(next, "virtual") ? tokens_[next].end : close, " ");
    return true;
  }

  bool not_null_constraint(size_t at) {
    if (!word(0, "alter") || !word(at, "not") || !word(at + 1, "null") || at + 2 >= tokens_.size() || at == 0)
      return false;
    const bool named = at >= 3 && word(at - 2, "constraint") && word(at - 3, "add");
    if (!named && !word(at - 1, "add")) return false;
    const auto& column = tokens_[at + 2];
    const auto name = text_.substr(column.begin, column.end - column.begin);
    replace(tokens_[at].begin, column.end, "CHECK (" + std::string(name) + " IS NOT NULL)");
    return true;
  }

  bool storage(size_t at) {
    if (!word(at, "storage") || at < 2 || word(at - 1, "set") || at + 1 >= tokens_.size()) return false;
    for (const std::string_view kind : {"plain", "external", "extended", "main", "default"}) {
      if (!word(at + 1, kind)) continue;
      replace(tokens_[at].begin, tokens_[at + 1].end, " ");
      return true;
    }
    return false;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::string out_;
  size_t copied_ = 0;
  bool changed_ = false;
};

}  // namespace

std::optional<std::string> in_older_words(std::string_view statement) {
  return Translator(statement).run();
}

}  // namespace bgdb::parse
