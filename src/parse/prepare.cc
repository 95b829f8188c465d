#include "parse/prepare.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "parse/placeholder.h"
#include "parse/scan.h"

namespace bgdb::parse {
namespace {

bool same_letter(char lower_case, char c) {
  return lower_case == core::lower(c);
}

// Comments by which migration frameworks end a statement that may lack its semicolon.
bool is_separator_comment(std::string_view comment) {
  if (comment.substr(0, 3) == "-->") return comment.find("statement-breakpoint") != std::string_view::npos;
  if (comment.substr(0, 2) != "--") return false;
  comment.remove_prefix(2);
  while (!comment.empty() && is_blank(comment.front())) comment.remove_prefix(1);
  static constexpr std::array<std::string_view, 4> kHeads{"+goose ", "+migrate ", "migrate:up", "migrate:down"};
  return std::any_of(kHeads.begin(), kHeads.end(), [&](std::string_view head) {
    return comment.size() >= head.size() && std::equal(head.begin(), head.end(), comment.begin(), same_letter);
  });
}

// Words that statements of a migration begin with.
bool begins_statement(std::string_view text, size_t at) {
  const Token token = next_solid(text, at);
  static constexpr std::array<std::string_view, 14> kWords{"create", "alter",   "drop",   "insert", "update",
                                                           "delete", "comment", "grant",  "revoke", "select",
                                                           "set",    "begin",   "commit", "do"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view head) { return is_word(text, token, head); });
}

class Preparer {
 public:
  Preparer(std::string_view original, std::string_view delimiter) : delimiter_(delimiter) {
    out_.text = std::string(original);
  }

  Prepared run() {
    replace_unreadable_bytes();
    text_ = out_.text;  // only bytes behind the reader are changed; the buffer never moves
    size_t at = 0;
    while (at < text_.size()) at = delimiter_.empty() || !at_delimiter(at) ? step(next_token(text_, at)) : cut(at);
    end_statement();
    return std::move(out_);
  }

 private:
  void replace_unreadable_bytes() {
    if (out_.text.compare(0, 3, "\xEF\xBB\xBF") == 0) out_.text.replace(0, 3, "   ");
    for (size_t at = out_.text.find('\0'); at != std::string::npos; at = out_.text.find('\0', at)) {
      out_.nul_bytes.push_back(at);
      out_.text[at] = ' ';
    }
  }

  // The delimiter, and nothing behind it on its line; a word (GO) stands alone there.
  bool at_delimiter(size_t at) const {
    if (at + delimiter_.size() > text_.size()) return false;
    for (size_t i = 0; i < delimiter_.size(); ++i) {
      if (!same_letter(core::lower(delimiter_[i]), text_[at + i])) return false;
    }
    if (is_word_start(delimiter_[0])) {
      for (size_t i = at; i > 0 && text_[i - 1] != '\n'; --i) {
        if (!is_blank(text_[i - 1])) return false;
      }
    }
    for (size_t i = at + delimiter_.size(); i < text_.size() && text_[i] != '\n'; ++i) {
      if (!is_blank(text_[i])) return false;
    }
    return true;
  }

  size_t cut(size_t at) {
    blank(at, at + delimiter_.size());
    if (in_statement_) out_.text[at] = ';';
    end_statement();
    return at + delimiter_.size();
  }

  // Handles the token and yields where to go on.
  size_t step(const Token& token) {
    switch (token.kind) {
      case TokenKind::blank:
        return token.end;
      case TokenKind::line_comment:
      case TokenKind::block_comment:
        return comment(token);
      case TokenKind::word:
        return word(token);
      case TokenKind::symbol:
        return symbol(token);
      case TokenKind::quoted_name:
      case TokenKind::string:
        return quoted(token);
      case TokenKind::dollar_string:
        if (!token.terminated) note_doubtful_end(token);
        break;
      default:
        break;
    }
    touch(token.begin, token.end);
    return token.end;
  }

  size_t quoted(const Token& token) {
    if (const size_t end = quoted_template(token); end != 0) return end;
    note_doubtful_end(token);
    if (token.kind == TokenKind::quoted_name) note_quoted_placeholder(token);
    touch(token.begin, token.end);
    return token.end;
  }

  size_t quoted_template(const Token& token) {
    const Range inside = find_template_in_quotes(text_, token);
    if (inside.end == 0) return 0;
    to_name(inside.begin, inside.end);
    out_.placeholders.push_back({token.begin, inside.end + 1});
    touch(token.begin, inside.end + 1);
    return inside.end + 1;
  }

  // A forgotten quote turns what is text and what is code around, up to the next quote.
  void note_doubtful_end(const Token& token) {
    const auto quote = text_.substr(0, token.end);
    for (size_t at = quote.find(';', token.begin); at < quote.size(); at = quote.find(';', at + 1)) {
      const bool line_end = at + 1 < quote.size() && (quote[at + 1] == '\n' || quote[at + 1] == '\r');
      if (!line_end || !begins_statement(quote.substr(0, at + 200), at + 1)) continue;
      out_.doubtful_ends.push_back(at + 1);
      return;
    }
  }

  size_t comment(const Token& token) {
    if (!token.terminated) {  // belongs to a statement, so that somebody reports it
      touch(token.begin, token.end);
      return token.end;
    }
    out_.comments.push_back({token.begin, token.end});
    if (in_statement_ && is_separator_comment(text_.substr(token.begin, token.end - token.begin))) {
      blank(token.begin, token.end);
      out_.text[token.begin] = ';';
      end_statement();
    }
    return token.end;
  }

  // A name such as "{{ .Schema }}" parses, but it is not the real one.
  void note_quoted_placeholder(const Token& token) {
    const std::string_view name = text_.substr(token.begin, token.end - token.begin);
    for (const std::string_view mark : {"{{", "${", "$%"}) {
      if (name.find(mark) != std::string_view::npos) {
        out_.placeholders.push_back({token.begin, token.end});
        return;
      }
    }
  }

  size_t word(Token token) {
    // foo${bar}: the dollar belongs to the placeholder, not to the word.
    if (token.end < text_.size() && text_[token.end - 1] == '$' && text_[token.end] == '{' &&
        token.end - token.begin > 1) {
      --token.end;
    }
    touch(token.begin, token.end);
    read_head(token);
    if (routine_ && depth_ == 0) track_atomic_body(token);
    previous_word_ = token;
    return token.end;
  }

  // The first words say what kind of statement this is, as far as its end depends on it.
  void read_head(const Token& token) {
    ++words_;
    if (words_ == 1) {
      create_ = is_word(text_, token, "create");
      copy_ = is_word(text_, token, "copy");
    } else if (create_ && words_ <= 4 && !routine_ && !rule_) {
      routine_ = is_word(text_, token, "function") || is_word(text_, token, "procedure");
      rule_ = is_word(text_, token, "rule");
    } else if (copy_ && depth_ == 0 && is_word(text_, token, "stdin")) {
      copy_from_stdin_ = is_word(text_, previous_word_, "from");
    }
  }

  // BEGIN ATOMIC ... END may hold semicolons; CASE has an END of its own.
  void track_atomic_body(const Token& token) {
    if (is_word(text_, token, "atomic") && is_word(text_, previous_word_, "begin")) {
      ++begin_depth_;
    } else if (begin_depth_ > 0 && is_word(text_, token, "case")) {
      ++begin_depth_;
    } else if (begin_depth_ > 0 && is_word(text_, token, "end")) {
      --begin_depth_;
    }
  }

  size_t symbol(const Token& token) {
    const char c = text_[token.begin];
    switch (c) {
      case ';':
        return semicolon(token);
      case '\\':
        return meta_command(token.begin);
      case '{':
      case '$':
      case ':':
      case '@':
      case '#':
      case '<':
      case '%':
        if (const size_t end = placeholder(token.begin); end != 0) return end;
        break;
      case '(':
        ++depth_;
        break;
      case ')':
        depth_ = std::max(0, depth_ - 1);
        break;
      case '[':
        ++brackets_;
        break;
      case ']':
        brackets_ = std::max(0, brackets_ - 1);
        break;
      default:
        break;
    }
    touch(token.begin, token.end);
    // :: and := are no placeholders; pass both characters at once.
    if (c == ':' && token.end < text_.size() && (text_[token.end] == ':' || text_[token.end] == '=')) {
      touch(token.begin, token.end + 1);
      return token.end + 1;
    }
    return token.end;
  }

  size_t semicolon(const Token& token) {
    if ((rule_ && depth_ > 0) || begin_depth_ > 0) {
      touch(token.begin, token.end);
      return token.end;
    }
    const bool data = copy_from_stdin_;
    end_statement();
    return data ? copy_data(token.end) : token.end;
  }

  // From the next line to a line "\." (or the end of the text), as psql reads it.
  size_t copy_data(size_t at) {
    const size_t line_end = text_.find('\n', at);
    if (line_end == std::string_view::npos) return at;
    const size_t begin = line_end + 1;
    size_t line = begin;
    while (line < text_.size()) {
      size_t next = text_.find('\n', line);
      if (next == std::string_view::npos) next = text_.size();
      size_t length = next - line;
      if (length > 0 && text_[next - 1] == '\r') --length;
      const bool last = text_.substr(line, length) == "\\.";
      line = std::min(next + 1, text_.size());
      if (last) break;
    }
    if (line > begin) {
      out_.copy_data.push_back({begin, line});
      blank(begin, line);
    }
    return std::max(line, begin);
  }

  // \i file, \set x ... to the end of the line. \g and alike also send the statement, as a semicolon does.
  size_t meta_command(size_t begin) {
    if (begin + 1 < text_.size() && text_[begin + 1] == ';') {  // \; separates statements for psql
      out_.text[begin] = ' ';
      end_statement();
      return begin + 2;
    }
    size_t end = text_.find('\n', begin);
    if (end == std::string_view::npos) end = text_.size();
    const std::string_view line = text_.substr(begin, end - begin);
    Token name = next_token(line, 1);
    const bool sends = in_statement_ && (is_word(line, name, "g") || is_word(line, name, "gx") ||
                                         is_word(line, name, "gset") || is_word(line, name, "gexec") ||
                                         is_word(line, name, "gdesc") || is_word(line, name, "crosstabview"));
    const bool reads = is_word(line, name, "copy") && reads_inline(line, name.end);
    out_.meta_commands.push_back({begin, end});
    blank(begin, end);
    if (sends) {
      out_.text[begin] = ';';
      end_statement();
    }
    return reads ? copy_data(begin) : end;
  }

  static bool reads_inline(std::string_view line, size_t at) {
    Token before;
    for (Token token = next_solid(line, at); token.kind != TokenKind::end; token = next_solid(line, token.end)) {
      if (is_word(line, token, "stdin") && is_word(line, before, "from")) return true;
      before = token;
    }
    return false;
  }

  // Makes the placeholder at `at` readable. Its end, or 0 when none begins there.
  size_t placeholder(size_t at) {
    const Placeholder found = find_placeholder(text_, at, brackets_ > 0);
    if (found.end == 0) return 0;
    out_.placeholders.push_back({at, found.end});
    if (found.kind == Placeholder::Kind::nothing) {
      const size_t end = behind_optional_word(found.end);
      blank(at, end);
      return end;
    }
    if (found.kind == Placeholder::Kind::quoted) {
      out_.text[at] = ' ';
    } else if (found.kind == Placeholder::Kind::number) {
      out_.text[at] = '$';
    } else {
      to_name(at, found.end);
    }
    touch(at, found.end);
    return found.end;
  }

  // {{ if .Live }}CONCURRENTLY{{ end }}: what holds in both cases, and who waits longer, is the statement without it.
  size_t behind_optional_word(size_t at) const {
    const Token word = next_solid(text_, at);
    if (!is_word(text_, word, "concurrently")) return at;
    const size_t next = next_solid(text_, word.end).begin;
    const bool closed = next < text_.size() &&
                        find_placeholder(text_, next, false).kind == Placeholder::Kind::nothing &&
                        find_placeholder(text_, next, false).end != 0;
    return closed ? word.end : at;
  }

  void to_name(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (!is_word_part(text_[i]) || text_[i] == '$' || static_cast<unsigned char>(text_[i]) >= 0x80)
        out_.text[i] = '_';
    }
  }

  void touch(size_t begin, size_t end) {
    if (!in_statement_) begin_ = begin;
    in_statement_ = true;
    end_ = end;
  }

  void end_statement() {
    if (in_statement_) out_.pieces.push_back({begin_, end_});
    in_statement_ = create_ = copy_ = copy_from_stdin_ = routine_ = rule_ = false;
    depth_ = brackets_ = begin_depth_ = words_ = 0;
    previous_word_ = Token{};
  }

  void blank(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (out_.text[i] != '\n' && out_.text[i] != '\r') out_.text[i] = ' ';
    }
  }

  std::string_view delimiter_;
  std::string_view text_;
  Prepared out_;
  bool in_statement_ = false;
  size_t begin_ = 0, end_ = 0;
  bool create_ = false, copy_ = false, copy_from_stdin_ = false, routine_ = false, rule_ = false;
  int depth_ = 0, brackets_ = 0, begin_depth_ = 0, words_ = 0;
  Token previous_word_;
};

}  // namespace

Prepared prepare(std::string_view original, std::string_view delimiter) {
  return Preparer(original, delimiter).run();
}

}  // namespace bgdb::parse
