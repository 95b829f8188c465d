// A trigger that copies the row into a table which demands more: INSERT INTO history (who) VALUES (NEW.who), where who
// may be NULL in the row and not in the history, or where a DELETE has no NEW at all. The old version's write fails.
#include <algorithm>
#include <utility>

#include "lint/demanded.h"
#include "lint/plain.h"
#include "lint/scope.h"
#include "parse/scan.h"
#include "schema/apply.h"
#include "schema/code.h"

namespace bgdb::lint {

namespace {

// The items of VALUES (a, b), plain(); empty when there is none.
std::vector<std::string> values_of(std::string_view text) {
  parse::Token token = parse::next_solid(text, 0);
  while (token.kind != parse::TokenKind::end && !parse::is_word(text, token, "values"))
    token = parse::next_solid(text, token.end);
  token = parse::next_solid(text, token.end);
  if (token.kind == parse::TokenKind::end || text[token.begin] != '(') return {};
  const size_t close = parse::behind_matching(text, token.begin) - 1;
  std::vector<std::string> items;
  size_t from = token.end;
  for (token = parse::next_solid(text, from); token.begin < close; token = parse::next_solid(text, token.end)) {
    if (text[token.begin] == '(') token.end = parse::behind_matching(text, token.begin);
    if (text[token.begin] != ',') continue;
    items.push_back(plain(text.substr(from, token.begin - from)));
    from = token.end;
  }
  items.push_back(plain(text.substr(from, close - from)));
  return items;
}

class NullsPassedOn {
 public:
  NullsPassedOn(const Scope& scope, const Target& target, const parse::CreateTrigger& create, const std::string& body)
      : scope_(scope), target_(target), create_(create), body_(parse::parse_plpgsql(body)), words_(plain(body)) {}

  bool any() {
    if (target_.relation == nullptr || !body_.parsed) return false;
    return (create_.on_insert && on("INSERT")) || (create_.on_update && on("UPDATE")) ||
           (create_.on_delete && on("DELETE"));
  }

 private:
  bool on(const std::string& operation) {
    auto catalog = scope_.before;
    schema::BodyWalk walk(body_, operation);
    for (size_t i = 0; i < body_.statements.size(); ++i) {
      const auto& statement = body_.statements[i];
      if (!walk.runs(i, catalog)) continue;
      const auto* query = std::get_if<parse::Query>(&statement.node);
      const bool inserts = query != nullptr && query->kind == parse::QueryKind::insert;
      if (inserts && !caught(i) && passes_null(*query, i, reached(i) ? operation : "")) return true;
      schema::apply_in_code(catalog, statement);
    }
    return false;
  }

  // For the operation that is asked about; else an earlier IF may have returned for it.
  bool reached(size_t i) const {
    const auto& guards = body_.circumstances[i].guards;
    const bool asked = std::any_of(guards.begin(), guards.end(), [&](const auto& guard) {
      return plain(body_.conditions[guard.condition]).find("tg_op") != std::string::npos;
    });
    return asked || body_.conditions.empty() || create_.on_insert + create_.on_update + create_.on_delete == 1;
  }

  bool caught(size_t i) const {
    for (int at = body_.circumstances[i].block; at >= 0; at = body_.blocks[static_cast<size_t>(at)].outer) {
      if (body_.blocks[static_cast<size_t>(at)].catches_duplicates) return true;
    }
    return body_.circumstances[i].handler;
  }

  bool passes_null(const parse::Query& query, size_t i, const std::string& operation) const {
    const auto* into = scope_.before.relation(query.target);
    if (into == nullptr || filled_by_itself(*into)) return false;
    auto columns = query.target_columns;
    if (columns.empty()) {
      for (const auto& column : into->columns) columns.push_back(column.name);
    }
    const auto values = values_of(body_.statements[i].text);
    for (size_t at = 0; at < std::min(values.size(), columns.size()); ++at) {
      const auto* column = into->column(columns[at]);
      if (column != nullptr && column->not_null && may_be_null(values[at], operation) && !looked_at(values[at], i))
        return true;
    }
    return false;
  }

  static bool filled_by_itself(const schema::Relation& relation) {
    return std::any_of(relation.triggers.begin(), relation.triggers.end(),
                       [](const auto& one) { return one.before && one.row && one.on_insert; });
  }

  // new.x or old.x, and nothing around it.
  bool may_be_null(const std::string& value, const std::string& operation) const {
    const auto row = value.substr(0, value.find('.') + 1);
    if (row != "new." && row != "old.") return false;
    if (operation == (row == "new." ? "DELETE" : "INSERT")) return true;
    const auto& columns = target_.relation->columns;
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const auto& column) { return row + plain(column.name) == value; });
    if (found == columns.end() || found->not_null) return false;
    const bool counted = found->default_sql.has_value() && scope_.born_column(target_, found->name);
    return !counted && !kept_not_null(writes_of_old(scope_, target_, false), found->name);
  }

  // The body asks whether it is NULL, or an IF around the statement or the trigger's condition reads it.
  bool looked_at(const std::string& value, size_t i) const {
    const auto& guards = body_.circumstances[i].guards;
    const bool guarded = std::any_of(guards.begin(), guards.end(), [&](const auto& guard) {
      return plain(body_.conditions[guard.condition]).find(value) != std::string::npos;
    });
    return guarded || words_.find(value + "is") != std::string::npos ||
           plain(create_.when_sql).find(value) != std::string::npos;
  }

  const Scope& scope_;
  const Target& target_;
  const parse::CreateTrigger& create_;
  const parse::ParsedBody body_;
  const std::string words_;
};

}  // namespace

bool passes_null_on(const Scope& scope, const Target& target, const parse::CreateTrigger& create,
                    const std::string& body) {
  return NullsPassedOn(scope, target, create, body).any();
}

}  // namespace bgdb::lint
