// Functions, triggers, rules, and code that runs at once: DO blocks, whose statements are judged like any other.
#include <algorithm>

#include <fmt/format.h>

#include "lint/scope.h"
#include "schema/apply.h"

namespace bgdb::lint {

namespace {

std::vector<parse::TypeName> input_types(const parse::CreateFunction& create) {
  std::vector<parse::TypeName> out;
  for (const auto& argument : create.arguments) {
    if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v') out.push_back(argument.type);
  }
  return out;
}

std::string signature(const QualifiedName& name, const std::vector<parse::TypeName>& types) {
  std::vector<std::string> texts;
  for (const auto& type : types) texts.push_back(type.sql);
  return fmt::format("{}({})", name.display(), join(texts));
}

// Spans of statements inside a body are relative to it; findings must point into the file.
parse::Span shifted(const parse::Statement& outer, int body_offset, const parse::Span& inner) {
  if (body_offset < 0) return outer.span;
  auto span = inner;
  const auto start = static_cast<size_t>(body_offset);
  span.offset = outer.span.offset + start + inner.offset;
  int line = outer.span.line, column = outer.span.column;
  const auto advance = [&](size_t from, size_t to) {
    for (size_t i = from; i < to && i < outer.text.size(); ++i) {
      if (outer.text[i] == '\n') {
        ++line;
        column = 1;
      } else {
        ++column;
      }
    }
  };
  advance(0, start + inner.offset);
  span.line = line;
  span.column = column;
  advance(start + inner.offset, start + inner.offset + inner.length);
  span.end_line = line;
  span.end_column = column;
  return span;
}

}  // namespace

void create_function_effects(Scope& scope, const parse::CreateFunction& create) {
  const auto name = scope.resolve(create.name);
  const auto types = input_types(create);
  const schema::Function* same = nullptr;
  if (const auto known = scope.before.functions.find(name); known != scope.before.functions.end()) {
    for (const auto& overload : known->second) {
      if (overload.arguments == types) same = &overload;
    }
  }
  auto action = scope.action(same != nullptr && create.or_replace ? "replace-function" : "create-function");
  action.facts["object"] = signature(name, types);
  action.facts["name"] = name.name;
  if (same != nullptr && create.or_replace && !scope.born_function(create.name)) {
    widens(action, "function-replaced", signature(name, types));
    const bool returns_known = same->returns && create.returns;
    if (returns_known && !(*same->returns == *create.returns))
      fails(action, "return-type-changed", signature(name, types));
  }
  scope.add(std::move(action));
}

void create_trigger_effects(Scope& scope, const parse::CreateTrigger& create) {
  const auto target = scope.target(create.relation);
  auto action = scope.action("create-trigger", target);
  action.facts["name"] = create.name;
  action.facts["object"] = fmt::format("{} on {}", create.name, target.name.display());
  lock(action, target, LockMode::share_row_exclusive);
  if (create.constraint && !create.referenced.empty())
    lock(action, scope.target(create.referenced), LockMode::share_row_exclusive);
  if (!target.born && create.row && (create.on_insert || create.on_update || create.on_delete) &&
      create.timing != 'i') {
    widens(action, "trigger-added", fmt::format("{}.{}", target.name.display(), create.name));
    replication(action, Replication::silent_damage, target.name,
                "ordinary triggers do not fire for replicated rows (ENABLE ALWAYS does)");
  }
  scope.add(std::move(action));
}

void create_rule_effects(Scope& scope, const parse::CreateRule& create) {
  const auto target = scope.target(create.relation);
  auto action = scope.action("create-rule", target);
  action.facts["name"] = create.name;
  lock(action, target, LockMode::access_exclusive);
  if (!target.born) breaks(action, "rule-added", fmt::format("{}.{}", target.name.display(), create.name));
  scope.add(std::move(action));
}

void do_block_effects(Scope& scope, const parse::DoBlock& block) {
  if (block.language != "plpgsql" && !block.language.empty()) {
    auto action = scope.action("dynamic-sql");
    action.facts["dynamic_sql"] = true;
    action.effects.unknown.push_back("a DO block in " + block.language);
    scope.out.dynamic_sql = true;
    return scope.add(std::move(action));
  }
  const auto body = parse::parse_plpgsql(block.body);
  const auto unreadable = [&](const parse::Span& span, std::string what) {
    auto action = scope.action("dynamic-sql");
    action.span = span;
    action.facts["dynamic_sql"] = true;
    action.facts["inside"] = std::string("do");
    action.facts["why"] = what;
    action.effects.unknown.push_back(std::move(what));
    scope.out.dynamic_sql = true;
    scope.add(std::move(action));
  };
  if (!body.parsed) return unreadable(scope.statement.span, "a DO block that cannot be read: " + body.error);
  // Each statement sees the schema that the ones before it left, as if no branch was skipped.
  auto catalog = scope.before;
  for (const auto& statement : body.statements) {
    const auto span = shifted(scope.statement, block.body_offset, statement.span);
    auto inner = effects_of(statement, catalog, scope.context);
    scope.out.must_be_outside_transaction = scope.out.must_be_outside_transaction || inner.must_be_outside_transaction;
    scope.out.dynamic_sql = scope.out.dynamic_sql || inner.dynamic_sql;
    for (auto& action : inner.actions) {
      action.span = span;
      action.facts["inside"] = std::string("do");
      if (action.kind == "select") action.neutral = true;
      scope.add(std::move(action));
    }
    if (statement.parsed) schema::apply(catalog, statement);
  }
  for (const auto& span : body.dynamic) {
    unreadable(shifted(scope.statement, block.body_offset, span), "EXECUTE of a text that is put together at run time");
  }
  if (scope.out.actions.empty()) {
    auto action = scope.action("do");
    action.neutral = true;
    scope.add(std::move(action));
  }
}

}  // namespace bgdb::lint
