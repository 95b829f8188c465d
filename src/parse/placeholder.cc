#include "parse/placeholder.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace bgdb::parse {
namespace {

using Kind = Placeholder::Kind;

// A placeholder is short; a lone {{ must not swallow the file.
constexpr size_t kLongest = 2000;

struct Bracket {
  std::string_view open, close;
  bool value;
};
constexpr std::array<Bracket, 8> kBrackets{{{"{{", "}}", true},
                                            {"{%", "%}", false},
                                            {"${", "}", true},
                                            {"$%", "%$", true},
                                            {"#{", "}", true},
                                            {"%{", "}", true},
                                            {"<%=", "%>", true},
                                            {"<%", "%>", false}}};

bool is_name_part(char c) {
  return is_word_part(c) && c != '$' && (static_cast<unsigned char>(c) & 0x80) == 0;
}

// {{ if ... }}, {{ end }}, {{/* comment */}} and alike stand for nothing.
bool is_control(std::string_view inside) {
  while (!inside.empty() && (is_blank(inside.front()) || inside.front() == '-' || inside.front() == '#')) {
    inside.remove_prefix(1);
  }
  if (inside.substr(0, 2) == "/*" || inside.substr(0, 1) == "!" || inside.substr(0, 1) == "/") return true;
  const Token first = next_token(inside, 0);
  static constexpr std::array<std::string_view, 7> kWords{"if", "else", "end", "range", "with", "define", "block"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view keyword) { return is_word(inside, first, keyword); });
}

Placeholder enclosed(std::string_view text, size_t at, const Bracket& bracket) {
  auto near = text.substr(0, std::min(text.size(), at + kLongest));
  // Only templates run over several lines; <% and %> are operators, too.
  if (bracket.open[0] != '{') near = near.substr(0, near.find('\n', at));
  const size_t begin = at + bracket.open.size();
  const size_t end = near.find(bracket.close, begin);
  if (end == std::string_view::npos) return {};
  const bool control = !bracket.value || (bracket.open == "{{" && is_control(text.substr(begin, end - begin)));
  return {end + bracket.close.size(), control ? Kind::nothing : Kind::name};
}

// @schema@, @extschema:name@
Placeholder between_ats(std::string_view text, size_t at) {
  size_t end = at + 1;
  if (end >= text.size() || !is_word_start(text[end])) return {};
  while (end < text.size() && (is_name_part(text[end]) || text[end] == ':')) ++end;
  if (end >= text.size() || text[end] != '@') return {};
  return {end + 1, Kind::name};
}

Placeholder psql_variable(std::string_view text, size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : ' ';
  if (next == '\'' || next == '"') {
    const Token quoted = next_token(text, at + 1);
    return quoted.terminated ? Placeholder{quoted.end, Kind::quoted} : Placeholder{};
  }
  if (!is_name_part(next)) return {};
  size_t end = at + 2;
  while (end < text.size() && is_name_part(text[end])) ++end;
  return {end, core::is_digit(next) ? Kind::number : Kind::name};
}

}  // namespace

Placeholder find_placeholder(std::string_view text, size_t at, bool in_brackets) {
  const auto rest = text.substr(at);
  if (rest[0] == ':') return in_brackets ? Placeholder{} : psql_variable(text, at);
  if (rest[0] == '@') return between_ats(text, at);
  for (const auto& bracket : kBrackets) {
    if (rest.substr(0, bracket.open.size()) == bracket.open) return enclosed(text, at, bracket);
  }
  return {};
}

Range find_template_in_quotes(std::string_view text, const Token& quoted) {
  const auto inside = text.substr(quoted.begin, quoted.end - quoted.begin);
  const size_t open = inside.rfind("{{");
  if (open == std::string_view::npos || inside.find("}}", open) != std::string_view::npos) return {};
  const auto near = text.substr(0, std::min(text.size(), quoted.end + kLongest));
  const size_t close = near.find("}}", quoted.end);
  if (close == std::string_view::npos) return {};
  const size_t end = near.find_first_of("\"'\n", close);
  if (end == std::string_view::npos || text[end] != text[quoted.end - 1]) return {};
  return {quoted.begin + open, end};
}

}  // namespace bgdb::parse
