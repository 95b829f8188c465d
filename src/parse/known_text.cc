#include "parse/known_text.h"

#include <algorithm>
#include <array>
#include <functional>

#include "parse/ast.h"
#include "parse/parser.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

constexpr size_t kTextsMax = 64;  // of one EXECUTE
// What is not known of a text is a name or a number.
constexpr std::array<const char*, 2> kFillings{"unknown", "1"};

const ResTarget* safe_target(const PgTree& tree) {
  const ResTarget* target = only_target(tree);
  if (target == nullptr) return nullptr;
  try {
    collect_facts(target->val);
  } catch (const TooDeep&) {
    return nullptr;
  }
  return target;
}

bool is_harmless(const Statement& statement, const std::string& filling) {
  const auto known = [&](const QualifiedName& name) { return name.name != filling && name.schema != filling; };
  if (const auto* comment = std::get_if<Comment>(&statement.node))
    return comment->object == ObjectKind::statistics || known(comment->relation);
  if (const auto* statistics = std::get_if<CreateStatistics>(&statement.node)) return known(statistics->relation);
  if (const auto* grant = std::get_if<Grant>(&statement.node))
    return !grant->revoke && std::all_of(grant->objects.begin(), grant->objects.end(), known);
  const auto* alter = std::get_if<AlterTable>(&statement.node);
  return alter != nullptr && known(alter->relation) &&
         std::all_of(alter->commands.begin(), alter->commands.end(),
                     [](const auto& command) { return command.kind == AlterKind::set_statistics; });
}

// '{a,b}' with plain elements.
std::vector<std::string> split_array_literal(const std::string& text) {
  std::vector<std::string> out;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}' || text.find_first_of("\"\\") != std::string::npos)
    return out;
  std::string element;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != ',' && i + 1 != text.size()) {
      if (text[i] != ' ') element += text[i];
      continue;
    }
    out.push_back(std::move(element));
    element.clear();
  }
  return out;
}

}  // namespace

std::vector<std::string> KnownText::texts(std::string_view sql) const {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = safe_target(tree);
  if (target == nullptr) return {};
  // Counts through the values of all variables that the expression uses.
  std::vector<std::pair<std::string, size_t>> used;
  const TextOf value_of = [&](const std::string& name) -> std::optional<std::string> {
    const auto known = values_.find(name);
    if (known == values_.end() || known->second.empty()) return std::nullopt;
    auto at = std::find_if(used.begin(), used.end(), [&](const auto& one) { return one.first == name; });
    if (at == used.end()) at = used.insert(used.end(), {name, 0});
    return known->second[at->second];
  };
  std::vector<std::string> out;
  for (;;) {
    auto text = text_value(target->val, value_of);
    if (!text || out.size() == kTextsMax) return {};
    out.push_back(std::move(*text));
    size_t digit = 0;
    while (digit < used.size() && ++used[digit].second == values_.at(used[digit].first).size())
      used[digit++].second = 0;
    if (digit == used.size()) return out;
  }
}

std::string KnownText::filled(std::string_view sql, const std::string& unknown) const {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = safe_target(tree);
  if (target == nullptr) return {};
  const auto text = text_value(target->val, [&](const std::string& name) -> std::optional<std::string> {
    const auto value = values_.find(name);
    return value != values_.end() && value->second.size() == 1 ? value->second.front() : unknown;
  });
  return text.value_or("");
}

std::string KnownText::harmless_text(std::string_view sql) const {
  if (auto text = with_literals(sql); !text.empty()) return text;
  for (const std::string filling : kFillings) {
    auto text = filled(sql, filling);
    const auto statements = parse_sql(text).statements;
    if (statements.size() == 1 && statements[0].parsed && is_harmless(statements[0], filling)) return text;
  }
  return {};
}

std::string KnownText::with_literals(std::string_view sql) const {
  const std::string mark = "\x01", quoted = "'\x01'";
  auto text = filled(sql, mark);
  for (size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at)) text[at + 1] = '1';
  return text.find(mark) == std::string::npos ? text : std::string();
}

std::vector<std::string> KnownText::elements(std::string_view sql) const {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = safe_target(tree);
  if (target == nullptr) return {};
  const PgNode* node = target->val;
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;
  if (const auto* column = BGDB_AS(ColumnRef, node)) {
    const auto known = arrays_.find(string_value(Nodes(column->fields)[0]));
    return known == arrays_.end() ? std::vector<std::string>{} : known->second;
  }
  std::vector<std::string> out;
  if (const auto* array = BGDB_AS(A_ArrayExpr, node)) {
    for (const PgNode* element : Nodes(array->elements)) {
      auto text = text_value(element, [](const std::string&) { return std::nullopt; });
      if (!text) return {};
      out.push_back(std::move(*text));
    }
    return out;
  }
  const auto text = text_value(node, [](const std::string&) { return std::nullopt; });
  return text ? split_array_literal(*text) : out;
}

void KnownText::assign(const std::string& name, std::string_view sql, bool perhaps) {
  auto fresh = texts(sql);
  auto array = elements(sql);
  if (fresh.empty() && array.empty()) return forget(name);
  auto& values = values_[name];
  // What was unknown before stays so when this happens on some path only.
  if (!perhaps) values.clear();
  if (perhaps && values.empty() && !fresh.empty()) fresh.clear();
  values.insert(values.end(), fresh.begin(), fresh.end());
  arrays_[name] = std::move(array);
}

void KnownText::forget(const std::string& name) {
  values_.erase(name);
  arrays_.erase(name);
}

void KnownText::loop_over_array(const std::string& name, std::string_view sql) {
  values_[name] = elements(sql);
}

// SELECT unnest(array), SELECT * FROM unnest(array), VALUES ('a'), ('b')
void KnownText::loop_over_query(const std::string& name, std::string_view sql) {
  forget(name);
  const std::string text(sql);
  const PgTree tree(text);
  if (!tree.ok() || tree.statements().size() != 1) return;
  const auto* select = BGDB_AS(SelectStmt, BGDB_AS(RawStmt, tree.statements()[0])->stmt);
  if (select == nullptr || select->op != SETOP_NONE || select->whereClause != nullptr) return;
  std::vector<std::string> values;
  std::string column = "column1";
  if (Nodes(select->valuesLists).size() > 0) {
    for (const PgNode* row : Nodes(select->valuesLists)) {
      const Nodes cells(reinterpret_cast<const PgList*>(row));
      const auto value =
          cells.size() == 1 ? text_value(cells[0], [](const std::string&) { return std::nullopt; }) : std::nullopt;
      if (!value) return;
      values.push_back(*value);
    }
  } else {
    const FuncCall* call = nullptr;
    if (Nodes(select->targetList).size() != 1) return;
    const auto* target = BGDB_AS(ResTarget, Nodes(select->targetList)[0]);
    column = output_name(reinterpret_cast<const PgNode*>(target));
    if (Nodes(select->fromClause).size() == 0) {
      call = BGDB_AS(FuncCall, target->val);
    } else if (const auto* function = BGDB_AS(RangeFunction, Nodes(select->fromClause)[0]);
               function != nullptr && Nodes(select->fromClause).size() == 1) {
      const Nodes parts(BGDB_AS(List, Nodes(function->functions)[0]));
      call = parts.size() > 0 ? BGDB_AS(FuncCall, parts[0]) : nullptr;
      if (function->alias != nullptr) column = text_of(function->alias->aliasname);
    }
    if (call == nullptr || name_of(call->funcname).name != "unnest" || Nodes(call->args).size() != 1) return;
    try {
      collect_facts(Nodes(call->args)[0]);
      values = elements(print_expr(Nodes(call->args)[0]));
    } catch (const TooDeep&) {
      return;
    }
  }
  if (values.empty()) return;
  values_[name + "." + column] = values;
  values_[name] = std::move(values);
}

}  // namespace bgdb::parse
