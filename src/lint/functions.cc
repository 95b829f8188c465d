// Functions, triggers, rules, and code that runs at once: DO blocks, whose statements are judged like any other.
#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "lint/inside.h"
#include "lint/scope.h"

namespace bgdb::lint {

namespace {

std::vector<parse::TypeName> input_types(const parse::CreateFunction& create) {
  std::vector<parse::TypeName> out;
  for (const auto& argument : create.arguments) {
    if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v') out.push_back(argument.type);
  }
  return out;
}

// Functions have no modifiers in their types, and what search_path finds may be written either way.
bool same_argument_type(const parse::TypeName& a, const parse::TypeName& b) {
  return a.name == b.name && a.array_dims == b.array_dims &&
         (a.schema == b.schema || a.schema.empty() || b.schema.empty());
}

std::string signature(const QualifiedName& name, const std::vector<parse::TypeName>& types) {
  std::vector<std::string> texts;
  for (const auto& type : types) texts.push_back(type.sql);
  return fmt::format("{}({})", name.display(), core::join(texts));
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

namespace {

// Calls that one function answers today are answered by the other alone or beside it: the same types in front, and
// defaults for the rest.
bool also_answers(const parse::CreateFunction& create, const std::vector<parse::TypeName>& types,
                  const schema::Function& old) {
  if (types.size() <= old.arguments.size()) return false;
  if (!std::equal(old.arguments.begin(), old.arguments.end(), types.begin(), same_argument_type)) return false;
  size_t input = 0;
  for (const auto& argument : create.arguments) {
    if (argument.mode != 'i' && argument.mode != 'b' && argument.mode != 'v') continue;
    if (input++ >= old.arguments.size() && !argument.has_default) return false;
  }
  return true;
}

// CREATE OR REPLACE can change neither the names of arguments nor take a default away.
void refused_replacement(Action& action, const schema::Function& old, const parse::CreateFunction& create,
                         const std::string& object) {
  const bool returns = old.returns && create.returns;
  if (returns && (!same_argument_type(*old.returns, *create.returns) || old.returns->set_of != create.returns->set_of))
    return fails(action, "return-type-changed", object);
  for (size_t i = 0; i < old.parameters.size() && i < create.arguments.size(); ++i) {
    const auto& before = old.parameters[i];
    const auto& now = create.arguments[i];
    if (before.mode != now.mode) return;
    if (!before.name.empty() && before.name != now.name) {
      const bool result = before.mode == 'o' || before.mode == 't';
      if (result) return fails(action, "return-type-changed", object);
      fails(action, "argument-renamed", before.name + " of " + object);
    }
    if (before.has_default && !now.has_default) fails(action, "argument-default-dropped", object);
  }
}

}  // namespace

void create_function_effects(Scope& scope, const parse::CreateFunction& create) {
  const auto name = scope.resolve(create.name);
  const auto types = input_types(create);
  const schema::Function* same = nullptr;
  std::vector<const schema::Function*> ambiguous;
  if (const auto known = scope.before.functions.find(name); known != scope.before.functions.end()) {
    for (const auto& overload : known->second) {
      const bool equal = std::equal(overload.arguments.begin(), overload.arguments.end(), types.begin(), types.end(),
                                    same_argument_type);
      if (equal) same = &overload;
      if (also_answers(create, types, overload)) ambiguous.push_back(&overload);
    }
  }
  const bool replaces = same != nullptr && create.or_replace;
  auto action = scope.action(replaces ? "replace-function" : "create-function");
  const auto object = signature(name, types);
  action.facts["object"] = object;
  action.facts["name"] = name.name;
  if (replaces) refused_replacement(action, *same, create, object);
  if (!scope.born_function(create.name)) {
    if (replaces) {
      if (same->body == nullptr || *same->body != create.body) widens(action, "function-replaced", object);
      replaced_trigger_function(scope, action, *same, create);
    } else {
      for (const auto* old : ambiguous) breaks(action, "call-ambiguous", signature(name, old->arguments));
    }
  }
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
void body_effects(Scope& scope, const parse::ParsedBody& body, const char* inside, const std::string& who,
                  Place place) {
  const auto held = scope.context.transaction == nullptr ? nullptr : scope.context.transaction->held_locks;
  effects_inside(scope.before, scope.context, body, "", [&](const parse::Statement& statement, Effects inner) {
    const auto span = place(statement.span);
    scope.out.must_be_outside_transaction = scope.out.must_be_outside_transaction || inner.must_be_outside_transaction;
    scope.out.dynamic_sql = scope.out.dynamic_sql || inner.dynamic_sql;
    for (auto& action : inner.actions) {
      action.span = span;
      const auto* locks =
          inner.held_locks == nullptr || inner.held_locks == held ? nullptr : inner.held_locks->find("held_locks");
      if (locks != nullptr) action.facts["held_locks"] = std::get<std::vector<std::string>>(*locks);
      action.facts["inside"] = std::string(inside);
      if (!action.facts.contains("statement")) action.facts["statement"] = parse::kind_name(statement.node);
      if (action.kind == "select") action.neutral = true;
      scope.add(std::move(action));
    }
  });
  for (const auto& span : body.dynamic)
    unreadable(scope, place(span), inside, fmt::format("EXECUTE of a text that {} put together at run time", who));
}

}  // namespace

void do_block_effects(Scope& scope, const parse::DoBlock& block) {
  const auto called = schema::bodies_run_by(scope.before, scope.statement.node);
  const auto& body = *called.front().body;
  if (!body.parsed)
    return unreadable(scope, scope.statement.span, "do", "a DO block that cannot be read: " + body.error);
  body_effects(scope, body, "do", "is",
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
    if (!called.body->parsed) continue;
    followed.insert(called.name);
    body_effects(scope, *called.body, "function", called.name.display() + " has",
                 [&](const parse::Span&) { return scope.statement.span; });
  }
  return followed;
}

}  // namespace bgdb::lint
