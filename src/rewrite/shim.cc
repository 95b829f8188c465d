#include "rewrite/shim.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parse/parser.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// The relation that a statement is about, where a view could not stand in for it.
const QualifiedName* table_of(const parse::Node& node) {
  if (const auto* alter = std::get_if<parse::AlterTable>(&node)) return &alter->relation;
  if (const auto* index = std::get_if<parse::CreateIndex>(&node)) return &index->relation;
  if (const auto* rename = std::get_if<parse::Rename>(&node)) return &rename->relation;
  if (const auto* move = std::get_if<parse::SetSchema>(&node)) return &move->relation;
  if (const auto* trigger = std::get_if<parse::CreateTrigger>(&node)) return &trigger->relation;
  if (const auto* policy = std::get_if<parse::PolicyStatement>(&node)) return &policy->relation;
  if (const auto* comment = std::get_if<parse::Comment>(&node)) return &comment->relation;
  if (const auto* statistics = std::get_if<parse::CreateStatistics>(&node)) return &statistics->relation;
  return nullptr;
}

// Where the name of the table stands; npos when it cannot be told.
size_t name_token(const std::vector<Token>& tokens, const std::string& sql, const parse::Node& node,
                  const QualifiedName& name) {
  const bool behind_on = !std::holds_alternative<parse::AlterTable>(node) &&
                         !std::holds_alternative<parse::Rename>(node) &&
                         !std::holds_alternative<parse::SetSchema>(node);
  bool reached = !behind_on;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!reached) {
      reached = tokens[i].depth == 0 && tokens[i].is_word("on");
      continue;
    }
    if (tokens[i].depth != 0 || !tokens[i].is_name()) continue;
    if (name.schema.empty()) {
      if (tokens[i].name == name.name) return i;
    } else if (tokens[i].name == name.schema && i + 2 < tokens.size() && tokens[i + 1].is_symbol(".", sql) &&
               tokens[i + 2].name == name.name) {
      return i;
    }
  }
  return tokens.size();
}

// A foreign key cannot refer to a view: "REFERENCES b" -> "REFERENCES a".
std::optional<std::string> references_present(const Draft& draft, const std::string& sql) {
  const auto tokens = tokenize(sql);
  std::string out = sql;
  bool changed = false;
  for (size_t i = tokens.size(); i-- > 1;) {
    if (!tokens[i - 1].is_word("references") || !tokens[i].is_name()) continue;
    const bool qualified = i + 2 < tokens.size() && tokens[i + 1].is_symbol(".", sql);
    const auto& last = tokens[qualified ? i + 2 : i];
    const QualifiedName name = qualified ? QualifiedName{tokens[i].name, last.name} : QualifiedName{"", last.name};
    const auto found = draft.shims.find(draft.now().resolve(name));
    if (found == draft.shims.end()) continue;
    out.replace(tokens[i].offset, last.offset + last.length - tokens[i].offset, found->second.sql());
    changed = true;
  }
  return changed ? std::optional(out) : std::nullopt;
}

std::string with_tables_replaced(const Draft& draft, std::string sql) {
  const auto part_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '"' || (c & 0x80) != 0;
  };
  for (const auto& [shim, table] : draft.shims) {
    const auto from = table.sql();
    const auto to = shim.sql();
    for (size_t at = sql.find(from); at != std::string::npos; at = sql.find(from, at)) {
      const bool begins = at == 0 || (!part_of_name(sql[at - 1]) && sql[at - 1] != '.');
      const size_t end = at + from.size();
      const bool ends = end >= sql.size() || !part_of_name(sql[end]);
      if (!begins || !ends) {
        at = end;
        continue;
      }
      sql.replace(at, from.size(), to);
      at += to.size();
    }
  }
  return sql;
}

}  // namespace

std::string make_shim_sql(const QualifiedName& shim, const QualifiedName& table) {
  return rewrite_sql("make_shim.sql",
                     {{"view", shim.sql()}, {"table", table.sql()}, {"table_literal", quote_literal(table.sql())}});
}

std::vector<Step> refreshed_shims(const Draft& draft) {
  std::vector<Step> steps;
  for (const auto& [shim, table] : draft.shims) {
    const auto* view = draft.relation(shim);
    const auto* relation = draft.relation(table);
    if (view == nullptr || relation == nullptr || view->columns.size() == relation->columns.size()) continue;
    Step step;
    step.sql = make_shim_sql(shim, table);
    step.undo = "DROP VIEW IF EXISTS " + shim.sql() + ";\n";
    step.note = "the new columns of " + table.display();
    steps.push_back(std::move(step));
  }
  return steps;
}

std::optional<std::string> by_present_name(const Draft& draft, const parse::Statement& statement) {
  const bool refers = std::holds_alternative<parse::CreateTable>(statement.node) ||
                      std::holds_alternative<parse::AlterTable>(statement.node);
  if (draft.shims.empty()) return std::nullopt;
  if (refers) {
    if (auto sql = references_present(draft, statement.text)) return sql;
  }
  const auto* written = table_of(statement.node);
  if (written == nullptr) return std::nullopt;
  const auto found = draft.shims.find(draft.now().resolve(*written));
  if (found == draft.shims.end()) return std::nullopt;
  auto sql = statement.text;
  const auto tokens = tokenize(sql);
  const size_t at = name_token(tokens, sql, statement.node, *written);
  if (at >= tokens.size()) return std::nullopt;
  const auto& last = tokens[written->schema.empty() ? at : at + 2];
  sql.replace(tokens[at].offset, last.offset + last.length - tokens[at].offset, found->second.sql());
  return sql;
}

std::string with_final_tables(const Draft& draft, std::string sql) {
  constexpr std::string_view kHead = "-- bgdb: batches ";
  const size_t head = sql.find(kHead);
  if (head == std::string::npos) return with_tables_replaced(draft, std::move(sql));
  // SQL inside of JSON, where names have other quotes around them.
  const size_t begin = head + kHead.size();
  const size_t end = std::min(sql.find('\n', begin), sql.size());
  auto work = nlohmann::json::parse(sql.substr(begin, end - begin), nullptr, false);
  for (const char* key : {"table", "set", "where"}) {
    if (work.is_object() && work.contains(key)) work[key] = with_tables_replaced(draft, work[key].get<std::string>());
  }
  return with_tables_replaced(draft, sql.substr(0, begin)) + work.dump() + with_final_tables(draft, sql.substr(end));
}

}  // namespace bgdb::rewrite
