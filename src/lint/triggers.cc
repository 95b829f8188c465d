// Triggers and rules: they run for the old version's writes, too. A trigger whose function may raise refuses writes
// that were legal; a BEFORE ROW trigger that returns NULL makes them do nothing.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/text.h"
#include "lint/scope.h"
#include "parse/trigger_run.h"

namespace bgdb::lint {

namespace {

// Lower-case words and symbols of a PL/pgSQL body, one blank between two; comments are left out, strings become ''.
std::string words_of(std::string_view body) {
  std::string out = " ";
  const auto add = [&](char c) {
    if (c != ' ' || out.back() != ' ') out += c;
  };
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    const char next = i + 1 < body.size() ? body[i + 1] : '\0';
    if (c == '-' && next == '-') {
      i = std::min(body.find('\n', i), body.size());
      add(' ');
    } else if (c == '/' && next == '*') {
      i = std::min(body.find("*/", i), body.size() - 2) + 1;
      add(' ');
    } else if (c == '\'') {
      i = std::min(body.find('\'', i + 1), body.size());
      add('\'');
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      add(' ');
    } else {
      add(core::lower(c));
    }
  }
  return out;
}

const schema::Function* trigger_function(const schema::Catalog& catalog, const QualifiedName& written) {
  const auto found = catalog.functions.find(catalog.resolve(written));
  if (found == catalog.functions.end() || found->second.empty()) return nullptr;
  return &found->second.front();
}

parse::CheckValue word(const char* text) {
  auto value = parse::text_value_of(text);
  value.symbol = true;  // the text is all there is to it
  return value;
}

bool may_raise(const std::string& language, const std::string& body) {
  return language == "plpgsql" && parse::parse_plpgsql(body).raises;
}

// How a trigger may end for one of its operations. A body that asks for the operation does not do for a DELETE what it
// does for an INSERT.
parse::TriggerEnds ends_of(const std::string& language, const std::string& body, bool row,
                           const std::vector<const char*>& operations) {
  parse::TriggerEnds ends;
  if (language != "plpgsql") return ends;
  ends.raises = may_raise(language, body);
  ends.returns_null = words_of(body).find(" return null") != std::string::npos;
  if (!ends.raises && !ends.returns_null) return ends;
  parse::TriggerEnds seen;
  for (const auto* operation : operations) {
    parse::CheckNames known;
    known.values["tg_op"] = word(operation);
    known.values["tg_level"] = word(row ? "ROW" : "STATEMENT");
    const auto one = parse::trigger_ends(body, known);
    if (!one) return ends;
    seen.raises = seen.raises || one->raises;
    seen.returns_null = seen.returns_null || one->returns_null;
  }
  return seen;
}

template <class Trigger>
std::vector<const char*> operations_of(const Trigger& trigger) {
  std::vector<const char*> operations;
  if (trigger.on_insert) operations.push_back("INSERT");
  if (trigger.on_update) operations.push_back("UPDATE");
  if (trigger.on_delete) operations.push_back("DELETE");
  if (trigger.on_truncate) operations.push_back("TRUNCATE");
  return operations;
}

}  // namespace

void create_trigger_effects(Scope& scope, const parse::CreateTrigger& create) {
  const auto target = scope.target(create.relation);
  auto action = scope.action("create-trigger", target);
  action.facts["name"] = create.name;
  action.facts["object"] = fmt::format("{} on {}", create.name, target.name.display());
  lock(action, target, LockMode::share_row_exclusive);
  if (create.row && is_partitioned(target)) lock_heirs(scope, action, target, LockMode::share_row_exclusive);
  const bool on_rows = create.on_insert || create.on_update || create.on_delete;
  // OR REPLACE of a trigger that calls the same function: what it does was there before.
  const bool there =
      target.relation != nullptr &&
      std::any_of(target.relation->triggers.begin(), target.relation->triggers.end(), [&](const auto& old) {
        return old.name == create.name && old.function == scope.resolve(create.function);
      });
  if (!target.born && on_rows && create.timing != 'i' && !there) {
    const auto path = column_path(target.name, create.name);
    const auto* function = trigger_function(scope.before, create.function);
    const bool known = function != nullptr && function->body != nullptr && function->language == "plpgsql";
    const auto ends =
        known ? ends_of(function->language, *function->body, create.row, operations_of(create)) : parse::TriggerEnds{};
    if (ends.raises) narrows(action, "trigger-raises", path);
    if (create.row && create.timing == 'b' && ends.returns_null) narrows(action, "trigger-skips", path);
    if (known && create.row && passes_null_on(scope, target, create, *function->body))
      narrows(action, "trigger-passes-null", path);
    if (create.row && action.effects.narrows.empty()) widens(action, "trigger-added", path);
    if (create.row)
      replication(action, Replication::silent_damage, target.name,
                  "ordinary triggers do not fire for replicated rows (ENABLE ALWAYS does)");
  }
  scope.add(std::move(action));
}

// The function of released triggers gets a body that may raise, and did not before.
void replaced_trigger_function(Scope& scope, Action& action, const schema::Function& old,
                               const parse::CreateFunction& create) {
  if (old.body == nullptr || !may_raise(create.language, create.body)) return;
  for (const auto& [name, relation] : scope.before.relations) {
    const auto target = scope.target(name);
    if (target.born) continue;
    for (const auto& trigger : relation.triggers) {
      if (trigger.function != old.name) continue;
      const auto operations = operations_of(trigger);
      if (ends_of(create.language, create.body, trigger.row, operations).raises &&
          !ends_of(old.language, *old.body, trigger.row, operations).raises)
        narrows(action, "trigger-raises", column_path(name, trigger.name));
    }
  }
}

void create_rule_effects(Scope& scope, const parse::CreateRule& create) {
  const auto target = scope.target(create.relation);
  auto action = scope.action("create-rule", target);
  action.facts["name"] = create.name;
  lock(action, target, LockMode::access_exclusive);
  for (const auto& written : create.writes) lock(action, scope.target(written), LockMode::row_exclusive);
  // ON CONFLICT is refused on a table that has a rule for INSERT or UPDATE, even one that does nothing.
  const bool beside = !create.instead && create.event == "delete";
  const auto object = fmt::format("{}.{}", target.name.display(), create.name);
  if (!target.born && beside) widens(action, "rule-added", object);
  if (!target.born && !beside) breaks(action, "rule-added", object);
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
