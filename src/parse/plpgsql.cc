// PL/pgSQL bodies. Their outer grammar is small (blocks, IF, LOOP, CASE; a statement ends at its semicolon, a condition
// at THEN or LOOP), so it is read here from tokens: spans are exact, one odd statement costs only itself, and nothing
// has to be known about variables, argument or return types. The SQL inside goes through PostgreSQL's parser.
#include <algorithm>
#include <initializer_list>
#include <string>

#include "parse/parser.h"
#include "parse/position.h"
#include "parse/prepare.h"
#include "parse/scan.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

using Words = std::initializer_list<std::string_view>;

struct Part {
  size_t begin = 0;  // first token
  size_t end = 0;    // behind the last token
  size_t after = 0;  // behind the terminator
  bool empty() const { return begin >= end; }
};

class BodyReader {
 public:
  explicit BodyReader(std::string_view body)
      : original_(body), prepared_(prepare(body)), text_(prepared_.text), lines_(body, {}) {}

  ParsedBody run() {
    for (Token token = next_solid(text_, 0); token.kind != TokenKind::end;) {
      token = next_solid(text_, std::max(statement(token), token.begin + 1));
    }
    if (blocks_seen_ == 0) fail("the body has no BEGIN");
    if (!open_.empty()) fail("the body ends inside a block");
    std::stable_sort(out_.statements.begin(), out_.statements.end(),
                     [](const Statement& a, const Statement& b) { return a.span.offset < b.span.offset; });
    return std::move(out_);
  }

 private:
  // Reads what begins at `first` and yields where the next statement may begin.
  size_t statement(const Token& first) {
    if (symbol(first, '<')) return behind_label(first);
    if (symbol(first, ';')) return first.end;
    if (const size_t value = behind_assignment(first); value != 0) return read_expression(value, {}).after;
    if (const size_t at = block(first); at != 0) return at;
    if (const size_t at = control(first); at != 0) return at;
    if (const size_t at = simple(first); at != 0) return at;
    const Part part = until(first.begin, {});
    sql(part.begin, part.end);
    return part.after;
  }

  // ---- structure
  size_t block(const Token& first) {
    if (word(first, {"declare"})) return declarations(first.end);
    if (word(first, {"begin"})) {
      ++blocks_seen_;
      return open(first.end);
    }
    if (word(first, {"exception"})) {
      if (!open_.empty()) open_.back() = true;
      return first.end;
    }
    if (!word(first, {"end"})) return 0;
    if (open_.empty()) {
      fail("END without a block");
    } else {
      open_.pop_back();
    }
    return until(first.end, {}).after;
  }

  size_t control(const Token& first) {
    if (word(first, {"else"})) return first.end;
    if (word(first, {"loop"})) return open(first.end);
    if (word(first, {"if"})) return open(read_expression(first.end, {"then"}).after);
    if (word(first, {"elsif", "elseif"})) return read_expression(first.end, {"then"}).after;
    if (word(first, {"while"})) return open(read_expression(first.end, {"loop"}).after);
    if (word(first, {"case"})) return open(read_expression(first.end, {"when"}).end);
    if (word(first, {"foreach"})) return open(until(first.end, {"loop"}).after);
    if (word(first, {"for"})) return open(for_loop(first));
    if (!word(first, {"when"})) return 0;
    const bool handler = !open_.empty() && open_.back();  // EXCEPTION WHEN unique_violation THEN
    return handler ? until(first.end, {"then"}).after : read_expression(first.end, {"then"}).after;
  }

  // FOR i IN a..b LOOP, FOR r IN query LOOP, FOR r IN EXECUTE text LOOP, FOR r IN cursor LOOP
  size_t for_loop(const Token& first) {
    const Part source = until(until(first.end, {"in"}).after, {"loop"});
    const Token head = next_solid(text_, source.begin);
    const bool range = text_.substr(source.begin, source.end - source.begin).find("..") != std::string_view::npos;
    if (word(head, {"execute"})) {
      execute(head);
    } else if (!range && (word(head, {"select", "with", "values", "insert", "update", "delete", "table", "merge"}) ||
                          symbol(head, '('))) {
      sql(source.begin, source.end);
    }
    return source.after;
  }

  size_t declarations(size_t at) {
    for (;;) {
      const Token name = next_solid(text_, at);
      if (name.kind == TokenKind::end || word(name, {"begin", "declare"}) || symbol(name, '<')) return name.begin;
      const Part part = until(name.begin, {});
      declaration(name, part);
      at = std::max(part.after, name.end);
    }
  }

  // name [CONSTANT] type [NOT NULL] { DEFAULT | := | = } expression, name [NO SCROLL] CURSOR [(args)] { FOR | IS }
  // query
  void declaration(const Token& name, const Part& part) {
    bool cursor = false;
    for (Token token = next_solid(text_, name.end); token.begin < part.end; token = next_solid(text_, token.end)) {
      if (symbol(token, '(')) token.end = behind_matching(text_.substr(0, part.end), token.begin);
      if (word(token, {"cursor"})) cursor = true;
      if (cursor && word(token, {"for", "is"})) return sql(next_solid(text_, token.end).begin, part.end);
      if (!cursor && (word(token, {"default"}) || symbol(token, '='))) {
        return expression(next_solid(text_, token.end).begin, part.end);
      }
    }
  }

  // ---- statements of one line
  size_t simple(const Token& first) {
    if (word(first, {"execute"})) return execute(first);
    const Part rest = until(first.end, {});
    if (word(first, {"perform"})) {
      perform(first, rest);
    } else if (word(first, {"return"})) {
      return_statement(rest);
    } else if (word(first, {"raise"})) {
      const Token level = next_solid(text_, rest.begin);
      if (rest.empty() || !word(level, {"debug", "log", "info", "notice", "warning"})) out_.raises = true;
    } else if (word(first, {"open"})) {
      const Part head = until(first.end, {"for"});
      if (head.after < rest.end) query(head.after, rest.end);
    } else if (word(first, {"assert"})) {
      expression(rest.begin, rest.end);
    } else if (word(first, {"exit", "continue"})) {
      const Part label = until(first.end, {"when"});
      if (label.after < rest.end) expression(next_solid(text_, label.after).begin, rest.end);
    } else if (!word(first, {"null", "get", "fetch", "move", "close"})) {
      return 0;
    }
    return rest.after;
  }

  void perform(const Token& first, const Part& rest) {
    std::string select = std::string(text_.substr(first.begin, rest.end - first.begin));
    select.replace(0, first.end - first.begin, "SELECT ");  // as long as PERFORM
    add(select, 0, first.begin, rest.end);
  }

  void return_statement(const Part& rest) {
    const Token head = next_solid(text_, rest.begin);
    if (rest.empty()) return;
    if (word(head, {"query"})) return query(head.end, rest.end);
    const size_t begin = word(head, {"next"}) ? next_solid(text_, head.end).begin : rest.begin;
    expression(begin, rest.end);
  }

  // A query or EXECUTE text.
  void query(size_t at, size_t end) {
    const Token head = next_solid(text_, at);
    if (word(head, {"execute"})) {
      execute(head);
    } else if (head.begin < end) {
      sql(head.begin, end);
    }
  }

  // EXECUTE expression [INTO ...] [USING ...]; yields the end of the statement (or of the FOR loop's head).
  size_t execute(const Token& first) {
    const Part text = until(first.end, {"into", "using", "loop"});
    const Part rest = until(first.end, {});
    std::optional<std::string> literal;
    {
      const std::string select = "SELECT " + std::string(text_.substr(text.begin, text.end - text.begin));
      const PgTree tree(select);
      try {
        literal = only_constant_text(tree);
      } catch (const TooDeep&) {
        literal = std::nullopt;
      }
    }
    if (literal) {
      add_executed(*literal, text);
    } else {
      out_.dynamic.push_back(lines_.span(first.begin, std::max(text.end, first.end)));
    }
    return rest.after;
  }

  // The statements of a literal: at their true places when the literal stands verbatim in the body, else at the whole
  // expression.
  void add_executed(const std::string& literal, const Part& part) {
    const Token token = next_token(text_, part.begin);
    size_t base = 0;
    if (token.end == part.end && token.kind == TokenKind::string) base = text_.find('\'', token.begin) + 1;
    if (token.end == part.end && token.kind == TokenKind::dollar_string) base = text_.find('$', token.begin + 1) + 1;
    const bool verbatim = base != 0 && text_.substr(base, literal.size()) == literal;
    for (Statement& statement : parse_sql(literal).statements) {
      const auto place = [&](const Span& span) {
        return verbatim ? lines_.span(base + span.offset, base + span.offset + span.length)
                        : lines_.span(part.begin, part.end);
      };
      statement.span = place(statement.span);
      if (!statement.parsed) statement.error_span = place(statement.error_span);
      statement.has_placeholder = statement.has_placeholder || touches_placeholder(part.begin, part.end);
      out_.statements.push_back(std::move(statement));
    }
  }

  // ---- SQL
  void sql(size_t begin, size_t end) {
    if (begin < end) add(without_into(begin, end), 0, begin, end);
  }

  Part read_expression(size_t at, Words stop) {
    const Part part = until(at, stop);
    expression(part.begin, part.end);
    return part;
  }

  // Kept only when it reads a table, writes one or calls a function.
  void expression(size_t begin, size_t end) {
    if (begin >= end) return;
    const size_t before = out_.statements.size();
    const std::string_view head = "SELECT ";
    add(std::string(head) + std::string(text_.substr(begin, end - begin)), head.size(), begin, end);
    if (out_.statements.size() == before || !out_.statements.back().parsed) return;
    const auto* query = std::get_if<Query>(&out_.statements.back().node);
    if (query != nullptr && query->reads.empty() && query->writes.empty() && query->functions.empty()) {
      out_.statements.pop_back();
    }
  }

  // SELECT a INTO b FROM c: the target is PL/pgSQL's, not SQL's. Blanked, so that positions stay true.
  std::string without_into(size_t begin, size_t end) const {
    std::string copy(text_.substr(begin, end - begin));
    const Token first = next_token(text_, begin);
    if (word(first, {"import", "create", "alter"})) return copy;
    Token before = first;
    for (Token token = next_solid(text_, first.end); token.begin < end; token = next_solid(text_, token.end)) {
      if (word(token, {"into"}) && !word(before, {"insert", "merge"})) {
        const size_t target_end = behind_targets(token.end, end);
        for (size_t i = token.begin; i < target_end; ++i) {
          if (!is_blank(copy[i - begin])) copy[i - begin] = ' ';
        }
        return copy;
      }
      before = token;
    }
    return copy;
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

  // Parses `sql`, whose text from `head` on is the body from `begin` to `end`.
  void add(const std::string& sql, size_t head, size_t begin, size_t end) {
    Statement statement;
    statement.span = lines_.span(begin, end);
    statement.text = std::string(original_.substr(begin, end - begin));
    statement.has_placeholder = touches_placeholder(begin, end);
    const PgTree tree(sql);
    if (!tree.ok()) {
      statement.parsed = false;
      statement.error = tree.error();
      const size_t at = std::clamp(begin + std::max(tree.error_offset(), head) - head, begin, end);
      statement.error_span = lines_.span(at, std::max(at, next_token(text_.substr(0, end), at).end));
      out_.statements.push_back(std::move(statement));
      return;
    }
    for (const PgNode* node : tree.statements()) {
      Statement copy = statement;
      try {
        copy.node = convert_statement(Context{sql, 0, sql.size()}, BGDB_AS(RawStmt, node)->stmt);
      } catch (const TooDeep&) {
        copy.parsed = false;
        copy.error = kTooDeepMessage;
        copy.error_span = copy.span;
      }
      out_.statements.push_back(std::move(copy));
    }
  }

  // ---- tokens
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

  size_t open(size_t at) {
    open_.push_back(false);
    return at;
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
  std::vector<bool> open_;  // blocks, loops, IFs and CASEs; true: its exception handlers are being read
  int blocks_seen_ = 0;
};

}  // namespace

ParsedBody parse_plpgsql(std::string_view body) {
  return BodyReader(body).run();
}

}  // namespace bgdb::parse
