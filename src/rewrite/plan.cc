// One file -> a plan: each statement (each command of an ALTER TABLE) is offered to the recipes; what none takes and
// what is harmless passes through into expand.
#include "rewrite/assemble.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/recipe.h"
#include "rewrite/shim.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// Where the commands of ALTER TABLE [IF EXISTS] [ONLY] name [*] begin.
size_t commands_offset(const std::string& sql) {
  const auto tokens = tokenize(sql);
  size_t i = 2;  // ALTER TABLE
  const auto at = [&](size_t k) { return k < tokens.size() ? tokens[k] : Token{}; };
  if (at(i).is_word("if")) i += 2;
  if (at(i).is_word("only")) ++i;
  ++i;  // the name
  while (at(i).is_symbol(".", sql)) i += 2;
  if (at(i).is_symbol("*", sql)) ++i;
  return i < tokens.size() ? tokens[i].offset : sql.size();
}

bool offer(Draft& draft, const Action& action) {
  for (const auto& recipe : kRecipes) {
    if (recipe.take(draft, action)) return true;
  }
  if (const auto hazard = hazard_of(draft, action)) {
    draft.refuse(action, hazard->reason, hazard->hint);
    return true;
  }
  return false;
}

// Commands that nobody takes stay together in one statement.
void take_alter(Draft& draft, const parse::Statement& statement, const parse::AlterTable& alter, bool in_transaction) {
  const size_t begin = commands_offset(statement.text);
  const std::string head(trim(std::string_view(statement.text).substr(0, begin)));
  const auto parts = split_commas(std::string_view(statement.text).substr(begin));
  Action action{.statement = &statement, .alter = &alter, .command = nullptr, .sql = statement.text};
  if (parts.size() != alter.commands.size()) {
    draft.refuse(action, "the commands of this ALTER TABLE cannot be told apart", "write one ALTER TABLE for each");
    return;
  }
  std::string rest;
  const auto flush = [&] {
    if (!rest.empty()) draft.pass(action, rest, in_transaction);
    rest.clear();
  };
  for (size_t i = 0; i < parts.size(); ++i) {
    Action one{.statement = &statement, .alter = &alter, .command = &alter.commands[i], .sql = head + " " + parts[i]};
    const size_t expand_before = draft.expand.size();
    const bool taken = offer(draft, one);
    draft.run_original(one);
    if (!taken) {
      rest += rest.empty() ? one.sql : ", " + parts[i];
    } else if (!rest.empty() && draft.expand.size() != expand_before) {  // keep the order of the file
      std::vector<Draft::Item> added(draft.expand.begin() + static_cast<std::ptrdiff_t>(expand_before),
                                     draft.expand.end());
      draft.expand.resize(expand_before);
      flush();
      draft.expand.insert(draft.expand.end(), added.begin(), added.end());
    }
  }
  flush();
}

Result<void> take(Draft& draft, const parse::Statement& statement, bool in_transaction) {
  if (!statement.parsed) {
    return fail(ErrorCode::input, "line " + std::to_string(statement.span.line) + " cannot be read: " + statement.error,
                "bgdb rewrites only what it understands; correct the statement or move it to a file of its own");
  }
  if (statement.has_placeholder) {
    return fail(ErrorCode::input, "line " + std::to_string(statement.span.line) + " holds a placeholder",
                "replace placeholders by their values first: what a statement does depends on them");
  }
  if (std::holds_alternative<parse::TransactionStatement>(statement.node)) return {};  // each output file has its own
  if (const auto sql = by_present_name(draft, statement)) {
    auto parsed = parse::parse_sql(*sql);
    if (parsed.statements.size() == 1 && parsed.statements[0].parsed) {
      parsed.statements[0].span = statement.span;
      return take(draft, parsed.statements[0], in_transaction);
    }
  }
  const auto* alter = std::get_if<parse::AlterTable>(&statement.node);
  if (alter != nullptr && alter->object == parse::ObjectKind::table) {
    take_alter(draft, statement, *alter, in_transaction);
    return {};
  }
  Action action{.statement = &statement, .alter = nullptr, .command = nullptr, .sql = statement.text};
  const bool taken = offer(draft, action);
  draft.run_original(action);
  if (taken) return {};
  bool inside = in_transaction;
  if (const auto* index = std::get_if<parse::CreateIndex>(&statement.node)) inside = !index->concurrently;
  if (const auto* drop = std::get_if<parse::Drop>(&statement.node)) inside = !drop->concurrently;
  if (std::holds_alternative<parse::Vacuum>(statement.node)) inside = false;
  draft.pass(action, statement.text, inside);
  return {};
}

}  // namespace

Result<Plan> rewrite_text(const migration::File& file, const std::string& text, const schema::Catalog& before) {
  const auto loaded = migration::load_text(file, text);
  for (const auto& skipped : loaded.up.skipped) {
    return fail(ErrorCode::input, "line " + std::to_string(skipped.span.line) + " is a " + skipped.what,
                "move it to a file of its own: only SQL statements can be rewritten");
  }
  Draft draft(before, loaded.up);
  for (const auto& statement : loaded.up.statements) {
    BGDB_CHECK(take(draft, statement, loaded.in_transaction));
  }
  for (const auto& key : draft.not_null) become_not_null(draft, key);
  return assemble(draft);
}

}  // namespace bgdb::rewrite
