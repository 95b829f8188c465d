// DO blocks: what they run is only seen as text, and cannot be moved out. One that only adds passes; any other is
// refused.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

bool only_adds(const Draft& draft, const parse::Node& node) {
  if (const auto* query = std::get_if<parse::Query>(&node)) {
    const bool reads = query->kind == parse::QueryKind::select && query->writes.empty();
    return reads || query->kind == parse::QueryKind::insert ||
           std::all_of(query->writes.begin(), query->writes.end(),
                       [&](const QualifiedName& name) { return draft.is_new_table(name); });
  }
  return std::holds_alternative<parse::CreateEnum>(node) || std::holds_alternative<parse::CreateType>(node) ||
         std::holds_alternative<parse::CreateDomain>(node) || std::holds_alternative<parse::CreateTable>(node) ||
         std::holds_alternative<parse::CreateSchema>(node) || std::holds_alternative<parse::CreateExtension>(node) ||
         std::holds_alternative<parse::CreateSequence>(node) || std::holds_alternative<parse::CreateFunction>(node) ||
         std::holds_alternative<parse::RoleStatement>(node) || std::holds_alternative<parse::Comment>(node) ||
         std::holds_alternative<parse::SetVariable>(node);
}

}  // namespace

bool take_do_block(Draft& draft, const Action& action) {
  const auto* block = action.command == nullptr ? std::get_if<parse::DoBlock>(&action.statement->node) : nullptr;
  if (block == nullptr) return false;
  const auto body = parse::parse_plpgsql(block->body);
  const char* const cure = "write its statements outside of DO, or move it to a migration of its own";
  if (!body.parsed || !body.dynamic.empty()) {
    draft.refuse(action, "what this DO block runs cannot be read", cure);
    return true;
  }
  for (const auto& statement : body.statements) {
    if (statement.parsed && only_adds(draft, statement.node)) continue;
    const auto* grant = std::get_if<parse::Grant>(&statement.node);
    if (grant != nullptr && !grant->revoke) continue;
    draft.refuse(action, "this DO block runs " + one_line(statement.text, 60) + ", which may break the old version",
                 cure);
    return true;
  }
  return false;
}

}  // namespace bgdb::rewrite
