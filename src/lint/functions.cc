// Functions, triggers, rules, and code that runs at once: DO blocks, whose statements are judged like any other.
#include <algorithm>

#include <fmt/format.h>

#include "lint/scope.h"
#include "schema/apply.h"
#include "schema/code.h"

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

namespace {

// Its function holds a RAISE EXCEPTION: rows that were legal may be refused now.
bool trigger_raises(const Scope& scope, const parse::CreateTrigger& create) {
  for (const auto& [name, overloads] : scope.before.functions) {
    if (name.name != create.function.name || (!create.function.schema.empty() && name.schema != create.function.schema))
      continue;
    for (const auto& function : overloads) {
      if (function.body != nullptr && function.language == "plpgsql" && parse::parse_plpgsql(*function.body).raises)
        return true;
    }
  }
  return false;
}

}  // namespace

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
    if (trigger_raises(scope, create))
      narrows(action, "trigger-raises", fmt::format("{}.{}", target.name.display(), create.name));
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

namespace {

void unreadable(Scope& scope, const parse::Span& span, const char* inside, std::string what) {
  auto action = scope.action("dynamic-sql");
  action.span = span;
  action.facts["dynamic_sql"] = true;
  action.facts["inside"] = std::string(inside);
  action.facts["why"] = what;
  action.effects.unknown.push_back(std::move(what));
  scope.out.dynamic_sql = true;
  scope.add(std::move(action));
}

// The statements of a body, each seeing the schema that the ones before it left. `place` tells where one stands in the
// file.
template <class Place>
void body_effects(Scope& scope, const parse::ParsedBody& body, const char* inside, Place place) {
  auto catalog = scope.before;
  auto context = scope.context;
  ++context.call_depth;
  schema::BodyWalk walk(body);
  for (size_t i = 0; i < body.statements.size(); ++i) {
    const auto& statement = body.statements[i];
    if (!walk.runs(i, catalog)) continue;
    const auto span = place(statement.span);
    auto inner = effects_of(statement, catalog, context);
    scope.out.must_be_outside_transaction = scope.out.must_be_outside_transaction || inner.must_be_outside_transaction;
    scope.out.dynamic_sql = scope.out.dynamic_sql || inner.dynamic_sql;
    for (auto& action : inner.actions) {
      action.span = span;
      action.facts["inside"] = std::string(inside);
      if (action.kind == "select") action.neutral = true;
      scope.add(std::move(action));
    }
    if (!schema::apply_in_code(catalog, statement).collided) continue;
    if (const auto* before = walk.caught(i)) catalog = *before;
  }
  for (const auto& span : body.dynamic)
    unreadable(scope, place(span), inside, "EXECUTE of a text that is put together at run time");
}

}  // namespace

void do_block_effects(Scope& scope, const parse::DoBlock& block) {
  const auto body = parse::parse_routine_body(block.language, block.body);
  if (!body.parsed)
    return unreadable(scope, scope.statement.span, "do", "a DO block that cannot be read: " + body.error);
  body_effects(scope, body, "do",
               [&](const parse::Span& span) { return shifted(scope.statement, block.body_offset, span); });
  if (scope.out.actions.empty()) {
    auto action = scope.action("do");
    action.neutral = true;
    scope.add(std::move(action));
  }
}

std::set<QualifiedName> called_code_effects(Scope& scope) {
  std::set<QualifiedName> followed;
  if (scope.context.call_depth >= schema::kCallDepthMax) return followed;
  for (const auto& called : schema::bodies_run_by(scope.before, scope.statement.node)) {
    if (!called.body.parsed) continue;
    followed.insert(called.name);
    body_effects(scope, called.body, "function", [&](const parse::Span&) { return scope.statement.span; });
  }
  return followed;
}

}  // namespace bgdb::lint
