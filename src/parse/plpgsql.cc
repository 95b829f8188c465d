// PL/pgSQL bodies. Their outer grammar is small (blocks, IF, LOOP, CASE; a statement ends at its semicolon, a condition
// at THEN or LOOP), so it is read here from tokens: spans are exact, one odd statement costs only itself, and nothing
// has to be known about variables, argument or return types. The SQL inside goes through PostgreSQL's parser.
#include <algorithm>
#include <string>

#include "core/text.h"
#include "parse/known_text.h"
#include "parse/plpgsql_text.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

class BodyReader : private BodyText {
 public:
  BodyReader(std::string_view body, const Constants& constants) : BodyText(body), known_(constants) {}

  ParsedBody run() {
    for (Token token = next_solid(text_, 0); token.kind != TokenKind::end;) {
      token = next_solid(text_, std::max(statement(token), token.begin + 1));
    }
    if (blocks_seen_ == 0) fail("the body has no BEGIN");
    if (!open_.empty()) fail("the body ends inside a block");
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.statement.span.offset < b.statement.span.offset; });
    for (auto& one : found_) {
      out_.statements.push_back(std::move(one.statement));
      out_.circumstances.push_back(std::move(one.circumstance));
    }
    return std::move(out_);
  }

 private:
  // Reads what begins at `first` and yields where the next statement may begin.
  size_t statement(const Token& first) {
    if (symbol(first, '<')) return behind_label(first);
    if (symbol(first, ';')) return first.end;
    if (const size_t value = behind_assignment(first); value != 0) return assignment(first, value);
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
      out_.blocks.push_back({innermost_block(), false});
      Frame frame;
      frame.block = static_cast<int>(out_.blocks.size()) - 1;
      open_.push_back(std::move(frame));
      return first.end;
    }
    if (word(first, {"exception"})) {
      if (!open_.empty()) open_.back().handlers = true;
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
    if (word(first, {"else"})) return other_branch(first.end);
    if (word(first, {"loop"})) return open(first.end);
    if (word(first, {"if"})) {
      const Part condition = read_expression(first.end, {"then"});
      open_.emplace_back();
      return branch(condition);
    }
    if (word(first, {"elsif", "elseif"})) {
      other_branch(first.end);
      return branch(read_expression(first.end, {"then"}));
    }
    if (word(first, {"while"})) return open(read_expression(first.end, {"loop"}).after);
    if (word(first, {"case"})) return open(read_expression(first.end, {"when"}).end);
    if (word(first, {"foreach"})) return open(each_element(first));
    if (word(first, {"for"})) return open(for_loop(first));
    if (!word(first, {"when"})) return 0;
    const bool handler = !open_.empty() && open_.back().handlers;  // EXCEPTION WHEN unique_violation THEN
    return handler ? handler_head(first) : read_expression(first.end, {"then"}).after;
  }

  // Inside IF: the statements that follow run when the condition holds; behind ELSE, when it does not.
  size_t branch(const Part& condition) {
    if (open_.empty()) return condition.after;
    out_.conditions.emplace_back(text_.substr(condition.begin, condition.end - condition.begin));
    open_.back().guards.push_back({out_.conditions.size() - 1, true});
    return condition.after;
  }
  size_t other_branch(size_t at) {
    if (!open_.empty() && !open_.back().guards.empty()) open_.back().guards.back().outcome = false;
    return at;
  }

  size_t handler_head(const Token& first) {
    const Part names = until(first.end, {"then"});
    const auto text = core::lower(std::string(text_.substr(names.begin, names.end - names.begin)));
    for (const auto* name : {"duplicate", "others", "42p07", "42710", "42701", "42p06"}) {
      if (text.find(name) != std::string::npos)
        out_.blocks[static_cast<size_t>(open_.back().block)].catches_duplicates = true;
    }
    return names.after;
  }

  // FOREACH name [SLICE n] IN ARRAY expression LOOP
  size_t each_element(const Token& first) {
    const Token name = next_solid(text_, first.end);
    const Part array = until(until(first.end, {"array"}).after, {"loop"});
    known_.loop_over_array(name_text(name), text_.substr(array.begin, array.end - array.begin));
    return array.after;
  }

  size_t assignment(const Token& first, size_t value) {
    const Part part = read_expression(value, {});
    const bool whole = behind_name(first, text_.size()) == first.end;  // not a field or an element
    if (whole)
      known_.assign(name_text(first), text_.substr(part.begin, part.end - part.begin), inside_branch());
    else
      known_.forget(name_text(first));
    return part.after;
  }

  // A statement here may run never or many times.
  bool inside_branch() const {
    return std::any_of(open_.begin(), open_.end(), [](const Frame& f) { return f.block < 0 || f.handlers; });
  }
  int innermost_block() const {
    for (auto frame = open_.rbegin(); frame != open_.rend(); ++frame) {
      if (frame->block >= 0) return frame->block;
    }
    return -1;
  }

  // FOR i IN a..b LOOP, FOR r IN query LOOP, FOR r IN EXECUTE text LOOP, FOR r IN cursor LOOP
  size_t for_loop(const Token& first) {
    const Part source = until(until(first.end, {"in"}).after, {"loop"});
    const Token head = next_solid(text_, source.begin);
    const bool range = text_.substr(source.begin, source.end - source.begin).find("..") != std::string_view::npos;
    if (word(head, {"execute"})) {
      execute(head, true);
    } else if (!range && (word(head, {"select", "with", "values", "insert", "update", "delete", "table", "merge"}) ||
                          symbol(head, '('))) {
      sql(source.begin, source.end);
      known_.loop_over_query(name_text(next_solid(text_, first.end)),
                             text_.substr(source.begin, source.end - source.begin));
    } else {
      known_.forget(name_text(next_solid(text_, first.end)));
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
        const size_t value = next_solid(text_, token.end).begin;
        known_.assign(name_text(name), text_.substr(value, part.end - value), false);
        return expression(value, part.end);
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
      execute(head, true);
    } else if (head.begin < end) {
      sql(head.begin, end);
    }
  }

  // EXECUTE expression [INTO ...] [USING ...]; yields the end of the statement (or of the FOR loop's head). What is put
  // together at run time and is asked for rows only reads when it begins with SELECT.
  size_t execute(const Token& first, bool for_rows = false) {
    const Part text = until(first.end, {"into", "using", "loop"});
    const Part rest = until(first.end, {});
    for_rows = for_rows || until(first.end, {"into"}).after < rest.end;
    const auto texts = known_.texts(text_.substr(text.begin, text.end - text.begin));
    for (const auto& one : texts) add_executed(one, text);
    if (!texts.empty() || (for_rows && begins_with_select(text))) return rest.after;
    if (const auto harmless = known_.harmless_text(text_.substr(text.begin, text.end - text.begin));
        !harmless.empty()) {
      add_executed(harmless, text);
    } else {
      out_.dynamic.push_back(lines_.span(first.begin, std::max(text.end, first.end)));
    }
    return rest.after;
  }

  // 'SELECT ... ' || x, format('SELECT ... %I', x)
  bool begins_with_select(const Part& part) const {
    Token token = next_solid(text_, part.begin);
    while (token.begin < part.end && (symbol(token, '(') || word(token, {"format", "concat"})))
      token = next_solid(text_, token.end);
    size_t inside = 0;
    if (token.kind == TokenKind::string) inside = text_.find('\'', token.begin) + 1;
    if (token.kind == TokenKind::dollar_string) inside = text_.find('$', token.begin + 1) + 1;
    return inside != 0 && word(next_solid(text_, inside), {"select"});
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
      keep(std::move(statement));
    }
  }

  void keep(Statement statement) {
    ParsedBody::Circumstance circumstance;
    circumstance.block = innermost_block();
    for (const auto& frame : open_) {
      circumstance.guards.insert(circumstance.guards.end(), frame.guards.begin(), frame.guards.end());
      circumstance.handler = circumstance.handler || frame.handlers;
    }
    found_.push_back({std::move(statement), std::move(circumstance)});
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
    const size_t before = found_.size();
    const std::string_view head = "SELECT ";
    add(std::string(head) + std::string(text_.substr(begin, end - begin)), head.size(), begin, end);
    if (found_.size() == before || !found_.back().statement.parsed) return;
    const auto* query = std::get_if<Query>(&found_.back().statement.node);
    if (query != nullptr && query->reads.empty() && query->writes.empty() && query->functions.empty()) {
      found_.pop_back();
    }
  }

  // SELECT a INTO b FROM c: the target is PL/pgSQL's, not SQL's. Blanked, so that positions stay true.
  std::string without_into(size_t begin, size_t end) {
    std::string copy(text_.substr(begin, end - begin));
    const Token first = next_token(text_, begin);
    if (word(first, {"import", "create", "alter"})) return copy;
    Token before = first;
    for (Token token = next_solid(text_, first.end); token.begin < end; token = next_solid(text_, token.end)) {
      if (word(token, {"into"}) && !word(before, {"insert", "merge"})) {
        const size_t target_end = behind_targets(token.end, end);
        for (Token target = next_solid(text_, token.end); target.begin < target_end;
             target = next_solid(text_, target.end))
          known_.forget(name_text(target));
        for (size_t i = token.begin; i < target_end; ++i) {
          if (!is_blank(copy[i - begin])) copy[i - begin] = ' ';
        }
        return copy;
      }
      before = token;
    }
    return copy;
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
      keep(std::move(statement));
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
      keep(std::move(copy));
    }
  }

  size_t open(size_t at) {
    open_.emplace_back();
    return at;
  }

  KnownText known_;
  struct Found {
    Statement statement;
    ParsedBody::Circumstance circumstance;
  };
  std::vector<Found> found_;
  struct Frame {  // a block, loop, IF or CASE that is open
    int block = -1;
    bool handlers = false;  // its exception handlers are being read
    std::vector<ParsedBody::Guard> guards;
  };
  std::vector<Frame> open_;
  int blocks_seen_ = 0;
};

}  // namespace

ParsedBody parse_plpgsql(std::string_view body, const Constants& constants) {
  return BodyReader(body, constants).run();
}

}  // namespace bgdb::parse
