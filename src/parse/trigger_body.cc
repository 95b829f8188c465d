#include "parse/trigger_body.h"

#include "parse/plpgsql_text.h"

namespace bgdb::parse {
namespace {

class TriggerReader : private BodyText {
 public:
  explicit TriggerReader(std::string_view body) : BodyText(body) {}

  TriggerBody run() {
    Token token = next_solid(text_, 0);
    while (symbol(token, '#')) token = next_solid(text_, std::min(text_.find('\n', token.begin), text_.size()));
    size_t at = token.begin;
    if (symbol(token, '<')) at = behind_label(token);
    at = step(next_solid(text_, at), body_.steps);
    // DECLARE is a step of its own in front of the block.
    if (next_solid(text_, at).kind != TokenKind::end) step(next_solid(text_, at), body_.steps);
    body_.understood = body_.understood && out_.parsed;
    return std::move(body_);
  }

 private:
  std::string text_between(size_t begin, size_t end) const {
    return begin < end ? std::string(text_.substr(begin, end - begin)) : std::string();
  }

  // Statements up to a word that ends their list; yields where that word stands.
  size_t steps(size_t at, std::vector<BodyStep>& out) {
    for (;;) {
      const Token token = next_solid(text_, at);
      if (token.kind == TokenKind::end || word(token, {"end", "else", "elsif", "elseif", "exception"}))
        return token.begin;
      at = std::max(step(token, out), token.end);
    }
  }

  // Yields where the next statement may begin.
  size_t step(const Token& first, std::vector<BodyStep>& out) {
    if (symbol(first, ';')) return first.end;
    if (const size_t value = behind_assignment(first); value != 0) return assignment(first, value, out);
    if (word(first, {"declare"})) return declarations(first.end, out);
    if (word(first, {"begin"})) return block(first, out);
    if (word(first, {"if"})) return branch(first, out);
    const Part rest = until(first.end, {});
    if (word(first, {"return"})) {
      out.push_back({BodyStep::Kind::leave, "", text_between(rest.begin, rest.end), {}});
    } else if (word(first, {"raise"})) {
      const Token level = next_solid(text_, rest.begin);
      const bool harmless = !rest.empty() && word(level, {"debug", "log", "info", "notice", "warning"});
      out.push_back({harmless ? BodyStep::Kind::something : BodyStep::Kind::raise, "", "", {}});
    } else if (word(first, {"select", "with", "insert", "update", "delete", "execute", "merge"})) {
      forgets(first, rest, out);
    } else if (!word(first, {"null", "perform", "notify"})) {
      body_.understood = false;
    }
    return rest.after;
  }

  size_t assignment(const Token& first, size_t value, std::vector<BodyStep>& out) {
    const Part part = until(value, {});
    auto target = target_name(first);
    if (target.empty()) body_.understood = false;  // an element of an array, a field of a field
    out.push_back({BodyStep::Kind::assign, std::move(target), text_between(part.begin, part.end), {}});
    return part.after;
  }

  // name or record.field; empty for anything longer.
  std::string target_name(const Token& first) const {
    const size_t end = behind_name(first, text_.size());
    if (end == first.end) return name_text(first);
    const Token dot = next_solid(text_, first.end);
    const Token field = next_solid(text_, dot.end);
    return symbol(dot, '.') && field.end == end ? name_text(first) + "." + name_text(field) : std::string();
  }

  // SELECT ... INTO [STRICT] a, b and RETURNING ... INTO a, b
  void forgets(const Token& first, const Part& rest, std::vector<BodyStep>& out) {
    Token before = first;
    for (Token token = next_solid(text_, first.end); token.begin < rest.end; token = next_solid(text_, token.end)) {
      const bool target = word(token, {"into"}) && !word(before, {"insert", "merge"});
      before = token;
      if (!target) continue;
      const size_t end = behind_targets(token.end, rest.end);
      for (Token name = next_solid(text_, token.end); name.begin < end; name = next_solid(text_, name.end)) {
        if (symbol(name, ',') || word(name, {"strict"})) continue;
        const auto called = target_name(name);
        if (called.empty() || called == "new") body_.understood = false;
        out.push_back({BodyStep::Kind::forget, called, "", {}});
        name.end = behind_name(name, end);
      }
      return;
    }
  }

  // name [CONSTANT] type [NOT NULL] [{ DEFAULT | := | = } expression];
  size_t declarations(size_t at, std::vector<BodyStep>& out) {
    for (;;) {
      const Token name = next_solid(text_, at);
      if (name.kind == TokenKind::end || word(name, {"begin", "declare"}) || symbol(name, '<')) return name.begin;
      const Part part = until(name.begin, {});
      Token begin = next_solid(text_, name.end);
      if (word(begin, {"constant"})) begin = next_solid(text_, begin.end);
      size_t end = part.end;
      for (Token token = begin; token.begin < part.end; token = next_solid(text_, token.end)) {
        if (token.begin == begin.begin ||
            !(word(token, {"default", "not"}) || symbol(token, ':') || symbol(token, '=')))
          continue;
        end = std::min(end, token.begin);
        if (word(token, {"not"})) continue;
        Token value = next_solid(text_, token.end);
        if (symbol(token, ':')) value = next_solid(text_, value.end);
        out.push_back({BodyStep::Kind::assign, name_text(name), text_between(value.begin, part.end), {}});
        break;
      }
      const auto type = parse_type(text_between(begin.begin, end));
      body_.variables.emplace_back(name_text(name), type ? *type : TypeName());
      at = std::max(part.after, name.end);
    }
  }

  size_t block(const Token& first, std::vector<BodyStep>& out) {
    const size_t at = steps(first.end, out);
    if (!word(next_solid(text_, at), {"end"})) body_.understood = false;  // handlers of exceptions
    return until(at, {}).after;
  }

  size_t branch(const Token& first, std::vector<BodyStep>& out) {
    BodyStep made{BodyStep::Kind::branch, "", "", {}};
    Token token = first;
    while (word(token, {"if", "elsif", "elseif"})) {
      const Part condition = until(token.end, {"then"});
      made.arms.push_back({text_between(condition.begin, condition.end), {}});
      token = next_solid(text_, steps(condition.after, made.arms.back().steps));
    }
    if (word(token, {"else"})) {
      made.arms.push_back({"", {}});
      token = next_solid(text_, steps(token.end, made.arms.back().steps));
    }
    if (!word(token, {"end"})) body_.understood = false;
    out.push_back(std::move(made));
    return until(token.begin, {}).after;
  }

  TriggerBody body_;
};

}  // namespace

TriggerBody read_trigger_body(std::string_view body) {
  return TriggerReader(body).run();
}

}  // namespace bgdb::parse
