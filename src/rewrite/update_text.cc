#include "rewrite/update_text.h"

#include "core/ident.h"
#include "parse/parser.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kWhereLength = 5;

// Behind the name of the table: UPDATE [ONLY] a.b [*]; nullopt when an alias follows.
bool only_name_between(const std::vector<Token>& tokens, const std::string& sql, size_t from, size_t until) {
  size_t names = 0;
  for (const auto& token : tokens) {
    if (token.offset < from || token.offset >= until) continue;
    if (token.is_word("only") && names == 0) continue;
    if (token.is_symbol(".", sql)) {
      --names;
      continue;
    }
    if (!token.is_name()) return false;
    ++names;
  }
  return names == 1;
}

// c = COALESCE(c, e) for all rows is c = e WHERE c IS NULL.
void as_fill(Assignment& assignment, std::string& condition) {
  const auto& sql = assignment.expr.sql;
  const auto tokens = tokenize(sql);
  const bool call = tokens.size() > 4 && tokens[0].is_word("coalesce") && tokens[1].is_symbol("(", sql) &&
                    tokens.back().is_symbol(")", sql) && tokens.back().depth == 0;
  if (!call || !tokens[2].is_name() || tokens[2].name != assignment.column || !tokens[3].is_symbol(",", sql)) return;
  const size_t begin = tokens[3].offset + 1;
  auto rest = parse::parse_expression(trim(std::string_view(sql).substr(begin, tokens.back().offset - begin)));
  if (!rest || split_commas(std::string_view(sql).substr(begin, tokens.back().offset - begin)).size() != 1) return;
  assignment.expr = *std::move(rest);
  condition = quote_ident(assignment.column) + " IS NULL";
}

}  // namespace

std::optional<UpdateText> read_update(const std::string& sql) {
  const auto tokens = tokenize(sql);
  if (tokens.empty() || !tokens[0].is_word("update")) return std::nullopt;
  const size_t set = find_after(tokens, {"set"});
  if (set == kNone || !only_name_between(tokens, sql, tokens[0].offset + 6, set - 3)) return std::nullopt;
  const size_t where = find_after(tokens, {"where"}, set);
  if (find_after(tokens, {"from"}, set) != kNone || find_after(tokens, {"returning"}, set) != kNone)
    return std::nullopt;
  UpdateText update;
  const size_t end = where == kNone ? sql.size() : where - kWhereLength;
  if (where != kNone) update.condition = trim(std::string_view(sql).substr(where));
  for (const auto& part : split_commas(std::string_view(sql).substr(set, end - set))) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos || part.front() == '(') return std::nullopt;
    auto expr = parse::parse_expression(trim(std::string_view(part).substr(equals + 1)));
    if (!expr) return std::nullopt;
    const auto name = core::parse_qualified_name(trim(std::string_view(part).substr(0, equals)));
    if (!name.schema.empty()) return std::nullopt;
    update.assignments.push_back({name.name, *std::move(expr)});
  }
  if (update.assignments.empty()) return std::nullopt;
  if (update.assignments.size() == 1 && update.condition.empty()) as_fill(update.assignments[0], update.condition);
  return update;
}

std::string JoinedUpdate::with(const std::string& condition) const {
  if (where == kNone) return sql + " WHERE " + condition;
  return sql.substr(0, where) + " (" + std::string(trim(std::string_view(sql).substr(where))) + ") AND " + condition;
}

std::optional<JoinedUpdate> read_joined_update(const std::string& sql) {
  const auto tokens = tokenize(sql);
  if (tokens.empty() || !tokens[0].is_word("update")) return std::nullopt;
  const size_t set = find_after(tokens, {"set"});
  if (set == kNone || find_after(tokens, {"returning"}, set) != kNone) return std::nullopt;
  JoinedUpdate update;
  for (const auto& token : tokens) {
    if (token.offset + 3 >= set) break;
    if (token.is_symbol("*", sql)) return std::nullopt;
    if (token.is_name()) update.target = sql.substr(token.offset, token.length);  // the alias, else the table's name
  }
  update.sql = sql;
  update.where = find_after(tokens, {"where"}, set);
  return update;
}

std::optional<std::string> delete_condition(const std::string& sql) {
  const auto tokens = tokenize(sql);
  if (tokens.size() < 3 || !tokens[0].is_word("delete") || !tokens[1].is_word("from")) return std::nullopt;
  const size_t where = find_after(tokens, {"where"});
  if (find_after(tokens, {"using"}) != kNone || find_after(tokens, {"returning"}) != kNone) return std::nullopt;
  const size_t end = where == kNone ? sql.size() : where - kWhereLength;
  if (!only_name_between(tokens, sql, tokens[1].offset + 4, end)) return std::nullopt;
  return where == kNone ? std::string() : std::string(trim(std::string_view(sql).substr(where)));
}

bool is_null_test(const std::string& condition, const std::string& column) {
  const auto tokens = tokenize(condition);
  const size_t size = tokens.size();
  if (size != 3 && !(size == 5 && tokens[1].is_symbol(".", condition))) return false;
  return tokens[size - 3].is_name() && tokens[size - 3].name == column && tokens[size - 2].is_word("is") &&
         tokens[size - 1].is_word("null");
}

}  // namespace bgdb::rewrite
