#include "lint/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/contains.h"
#include "core/ident.h"

namespace bgdb::lint {

namespace {

constexpr std::array<std::string_view, 4> kPaths{"table", "referenced", "name", "index"};
constexpr std::array<std::string_view, 3> kNames{"column", "constraint", "new_name"};

std::string quoted_path(std::string_view path) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) return core::quote_ident(path);
  return core::quote_ident(path.substr(0, dot)) + "." + core::quote_ident(path.substr(dot + 1));
}

// As it is written in a statement; empty: it is not known.
std::string sql_of(const KnownFact& fact, const FactView& facts) {
  const auto* value = facts.find(fact);
  if (value == nullptr) return {};
  if (const auto* list = std::get_if<std::vector<std::string>>(value)) {
    const bool expressions =
        std::any_of(list->begin(), list->end(), [](const auto& one) { return one.find_first_of("( ") != one.npos; });
    return expressions ? std::string() : core::quote_ident_list(*list);
  }
  const auto text = to_text(*value);
  if (text.empty()) return {};
  if (core::contains(kPaths, fact.name)) return quoted_path(text);
  return core::contains(kNames, fact.name) ? core::quote_ident(text) : text;
}

}  // namespace

Advice Advice::parse(std::string_view text, std::string& unknown) {
  Advice advice;
  size_t from = 0;
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const auto bar = text.find_first_of("|{}\n", at + 1);
    if (bar == std::string_view::npos || text[bar] != '|') continue;  // a brace of SQL
    const auto end = text.find('}', bar);
    if (end == std::string_view::npos) break;
    const auto name = text.substr(at + 1, bar - at - 1);
    const auto* fact = known_fact(name);
    if (fact == nullptr) {
      unknown = name;
      return {};
    }
    const auto before = text.substr(from, at - from);
    advice.pieces_.push_back({std::string(before), fact});
    advice.example_.append(before).append(text.substr(bar + 1, end - bar - 1));
    from = end + 1;
    at = end;
  }
  advice.pieces_.push_back({std::string(text.substr(from)), nullptr});
  advice.example_.append(text.substr(from));
  return advice;
}

std::string Advice::in(const FactView& facts) const {
  if (pieces_.size() < 2) return example_;
  std::string out;
  for (const auto& piece : pieces_) {
    out += piece.text;
    if (piece.fact == nullptr) continue;
    const auto sql = sql_of(*piece.fact, facts);
    if (sql.empty()) return example_;
    out += sql;
  }
  return out;
}

}  // namespace bgdb::lint
