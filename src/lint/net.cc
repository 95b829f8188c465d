#include "lint/net.h"

#include <algorithm>

#include "core/contains.h"
#include "core/ident.h"
#include "lint/demanded.h"
#include "lint/net_paths.h"
#include "lint/policies.h"
#include "lint/scope.h"
#include "parse/parser.h"

namespace bgdb::lint {

using schema::Catalog;
using schema::Relation;

namespace {

const Relation* at(const Catalog& catalog, const QualifiedName& name) {
  return catalog.relation(name);
}

const schema::Column* column_at(const Catalog& catalog, const std::string& object) {
  const auto path = split_path(object);
  const auto* relation = at(catalog, path.relation);
  return relation == nullptr ? nullptr : relation->column(path.part);
}

// Names of a relation's columns; those of a view whose star was not resolved are read from its text. Empty: not known.
std::vector<std::string> column_names(const Relation& relation) {
  std::vector<std::string> out;
  for (const auto& column : relation.columns) out.push_back(column.name);
  if (relation.columns_known || relation.view_sql.empty())
    return relation.columns_known ? out : std::vector<std::string>{};
  const auto parsed = parse::parse_sql("create view x as " + relation.view_sql);
  const auto* view =
      parsed.statements.size() == 1 ? std::get_if<parse::CreateView>(&parsed.statements.front().node) : nullptr;
  if (view == nullptr) return {};
  const auto& names = view->output_columns;
  const bool unclear =
      std::any_of(names.begin(), names.end(), [](const auto& name) { return name.empty() || name == "*"; });
  return unclear ? std::vector<std::string>{} : names;
}

// Everything that could be read through the old relation can be read through the new one.
bool offers_all_columns(const Relation& old, const Relation& now) {
  const auto before = column_names(old), after = column_names(now);
  if (before.empty() || after.empty()) return true;
  return std::all_of(before.begin(), before.end(), [&](const auto& name) { return core::contains(after, name); });
}

bool view_in_place(const Catalog& start, const Catalog& end, const QualifiedName& name) {
  const auto* now = at(end, name);
  if (now == nullptr) return false;
  const auto* old = at(start, name);
  // A table in the place of a view is read as the view was.
  const bool was_view = old != nullptr && old->kind == schema::RelationKind::view;
  return (now->is_view() || was_view) && (old == nullptr || offers_all_columns(*old, *now));
}

// Dropped and made again with every column, type and key that the old version knows; its INSERTs name no other column.
bool table_in_place(const Catalog& start, const Catalog& end, const QualifiedName& name) {
  const auto* old = at(start, name);
  const auto* now = at(end, name);
  if (old == nullptr || now == nullptr || !old->columns_known || !now->columns_known || now->is_view()) return false;
  const auto granted = start.grants.lower_bound({parse::ObjectKind::table, name, ""});  // goes with the table
  if (granted != start.grants.end() && granted->first.object == name) return false;
  const bool same = std::all_of(old->columns.begin(), old->columns.end(), [&](const auto& column) {
    const auto* other = now->column(column.name);
    return other != nullptr && other->type == column.type && (column.not_null || !other->not_null) &&
           other->generated_sql == column.generated_sql && other->identity == column.identity &&
           other->default_sql.has_value() == column.default_sql.has_value();
  });
  const bool optional = std::all_of(now->columns.begin(), now->columns.end(), [&](const auto& column) {
    return old->column(column.name) != nullptr || !column.not_null || column.default_sql || column.identity != 0;
  });
  return same && optional && keys_came_back(*old, *now) && now->triggers.empty() && !now->row_security;
}

bool trigger_still_there(const Catalog& end, const std::string& object) {
  const auto path = split_path(object);
  const auto* relation = at(end, path.relation);
  return relation != nullptr && std::any_of(relation->triggers.begin(), relation->triggers.end(),
                                            [&](const auto& trigger) { return trigger.name == path.part; });
}

bool same_body(const schema::Function& a, const schema::Function& b) {
  return a.body == b.body || (a.body != nullptr && b.body != nullptr && *a.body == *b.body);
}

// The same trigger with the same function was there when the release began.
bool trigger_was_there(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto path = split_path(object);
  const auto* old = at(start, path.relation);
  const auto* now = at(end, path.relation);
  if (old == nullptr || now == nullptr) return false;
  const auto named = [&](const Relation& relation) {
    return std::find_if(relation.triggers.begin(), relation.triggers.end(),
                        [&](const auto& trigger) { return trigger.name == path.part; });
  };
  const auto before = named(*old), after = named(*now);
  if (before == old->triggers.end() || after == now->triggers.end() || before->function != after->function)
    return false;
  const auto was = start.functions.find(before->function), is = end.functions.find(after->function);
  return was == start.functions.end() || is == end.functions.end() ||
         same_body(was->second.front(), is->second.front());
}

// `unseen`: the answer for a policy that the start does not have.
bool policy_came_back(const Catalog& start, const Catalog& end, const std::string& object, bool unseen) {
  const auto path = split_path(object);
  return lint::policy_came_back(at(start, path.relation), at(end, path.relation), path.part, unseen);
}

// DISABLE TRIGGER ... ENABLE TRIGGER around other work.
bool enabled_again(const std::vector<StatementReport>& statements, size_t behind, size_t last,
                   const std::string& object) {
  for (size_t i = behind; i < last; ++i) {
    for (const auto& action : statements[i].effects.actions) {
      if (action.kind == "enable-trigger" && action.table.display() == object) return true;
    }
  }
  return false;
}

// CREATE TRIGGER ... ENABLE ALWAYS TRIGGER: it fires for replicated rows, too.
bool fires_always(const Catalog& end, const Action& action) {
  const auto* relation = at(end, action.table);
  if (action.kind != "create-trigger" || relation == nullptr) return false;
  const auto name = to_text(fact_or_empty(action.facts, "name"));
  return std::any_of(relation->triggers.begin(), relation->triggers.end(), [&](const auto& trigger) {
    return trigger.name == name && (trigger.enabled == 'A' || trigger.enabled == 'R');
  });
}

std::vector<const schema::Function*> functions_named(const Catalog& catalog, const std::string& object) {
  std::vector<const schema::Function*> out;
  if (const auto known = catalog.functions.find(split_name(object)); known != catalog.functions.end()) {
    for (const auto& function : known->second) out.push_back(&function);
  }
  return out;
}

// A call of `old` finds `now`, and gets the same type from it.
bool answers(const schema::Function& now, const schema::Function& old) {
  if (now.returns && old.returns && !(*now.returns == *old.returns)) return false;
  if (now.arguments == old.arguments) return true;
  if (now.arguments.size() < old.arguments.size() || now.parameters.size() != now.arguments.size() ||
      !std::equal(old.arguments.begin(), old.arguments.end(), now.arguments.begin()))
    return false;
  return std::all_of(now.parameters.begin() + static_cast<std::ptrdiff_t>(old.arguments.size()), now.parameters.end(),
                     [](const auto& parameter) { return parameter.has_default; });
}

// Two functions are there at the end that answer the same call.
bool still_ambiguous(const Catalog& end, const std::string& object) {
  const auto name = split_name(object.substr(0, object.find('(')));
  const auto found = end.functions.find(name);
  return found != end.functions.end() && found->second.size() > 1;
}

// Every signature that existed at the start exists at the end.
bool functions_still_there(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto now = functions_named(end, object);
  if (now.empty()) return false;
  const auto old = functions_named(start, object);
  return std::all_of(old.begin(), old.end(), [&](const auto* function) {
    return std::any_of(now.begin(), now.end(), [&](const auto* other) { return answers(*other, *function); });
  });
}

bool labels_kept(const Catalog& start, const Catalog& end, const QualifiedName& type) {
  const auto old = start.enums.find(type), now = end.enums.find(type);
  if (old == start.enums.end() || now == end.enums.end()) return false;
  return std::all_of(old->second.labels.begin(), old->second.labels.end(), [&](const auto& label) {
    const auto& labels = now->second.labels;
    return core::contains(labels, label);
  });
}

// The column has a type of the same name again, and every old value of an enum is still legal.
bool type_came_back(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto* old = column_at(start, object);
  const auto* now = column_at(end, object);
  if (old == nullptr || now == nullptr || !(old->type.name == now->type.name) ||
      old->type.array_dims != now->type.array_dims)
    return false;
  if (old->type.modifiers != now->type.modifiers) return false;
  const auto* enumeration = start.enum_type(old->type);
  return enumeration == nullptr || labels_kept(start, end, enumeration->name);
}

bool type_still_there(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto name = split_name(object);
  const bool released = start.enums.count(name) + start.composites.count(name) + start.domains.count(name) > 0;
  // A name that a released type got in this very release: its rename was judged already.
  if (!released && !start.relations.empty()) return true;
  if (start.enums.count(name) > 0) return labels_kept(start, end, name);
  return end.composites.count(name) + end.domains.count(name) + end.enums.count(name) > 0;
}

bool default_there(const Catalog& end, const std::string& object) {
  const auto* column = column_at(end, object);
  return column != nullptr &&
         (column->default_sql || column->identity != 0 || column->generated_sql || !column->not_null);
}

bool default_same(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto* old = column_at(start, object);
  const auto* now = column_at(end, object);
  const bool gives_value = now != nullptr && (now->default_sql.has_value() || now->identity != 0);
  return gives_value && (old == nullptr || old->default_sql.has_value());
}

bool nullable(const Catalog& end, const std::string& object) {
  const auto* column = column_at(end, object);
  return column != nullptr && !column->not_null;
}

// A view under the table's old name that still shows the renamed column.
bool column_shimmed(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto path = split_path(object);
  // The table may have been renamed, too: look for a view that shows everything under the name of the start.
  const auto* now = at(end, path.relation);
  if (now != nullptr && now->kind == schema::RelationKind::view && now->columns_known &&
      now->column(path.part) != nullptr)
    return true;
  for (const auto& [name, relation] : end.relations) {
    const bool reads = core::contains(relation.reads, path.relation);
    const auto* old = at(start, name);
    const bool was_table = old != nullptr && old->kind != schema::RelationKind::view &&
                           old->kind != schema::RelationKind::materialized_view;
    if (relation.kind != schema::RelationKind::view || !reads || !was_table) continue;
    if (relation.columns_known && relation.column(path.part) != nullptr) return true;
  }
  return false;
}

// REVOKE ALL ... GRANT: each role ends with what it had; where that is not known, with what applications use.
bool granted_again(const Catalog& start, const Catalog& end, const std::string& roles, const std::string& object) {
  const auto names = split_list(roles);
  return std::all_of(names.begin(), names.end(), [&](const auto& role) {
    for (const auto& [key, now] : end.grants) {
      if (key.role != role || key.object.display() != object) continue;
      const auto known = start.grants.find(key);
      const auto wanted = known == start.grants.end() ? rights_of_applications(key.kind) : known->second;
      return std::includes(now.begin(), now.end(), wanted.begin(), wanted.end());
    }
    return false;
  });
}

bool came_back(const Effect& effect, const Catalog& start, const Catalog& end) {
  const std::string_view kind = effect.kind;
  const auto& object = effect.object;
  if (kind == "table-renamed" || kind == "view-renamed" || kind == "view-dropped" ||
      kind == "materialized-view-dropped" || kind == "schema-changed") {
    return view_in_place(start, end, split_name(object));
  }
  if (kind == "table-dropped") return table_in_place(start, end, split_name(object));
  if (kind == "column-renamed") return column_shimmed(start, end, object);
  if (kind == "column-retyped" || kind == "type-narrowed") return type_came_back(start, end, object);
  if (kind == "type-dropped" || kind == "type-renamed") return type_still_there(start, end, object);
  if (kind == "call-ambiguous") return !still_ambiguous(end, object);
  if (kind == "function-dropped" || kind == "function-renamed") return functions_still_there(start, end, object);
  if (kind == "trigger-dropped") return trigger_still_there(end, object);
  if (kind == "trigger-raises" || kind == "trigger-skips" || kind == "trigger-passes-null" || kind == "trigger-added")
    return trigger_was_there(start, end, object);
  if (kind == "policy-dropped") return policy_came_back(start, end, object, true);
  if (kind == "policy-restricts") return policy_came_back(start, end, object, false);
  if (kind == "default-dropped") return default_same(start, end, object);
  if (kind == "required-column")
    return default_there(end, object) ||
           filled_at_end(start, end, split_path(object).relation, split_path(object).part);
  if (kind == "not-null")
    return nullable(end, object) || filled_at_end(start, end, split_path(object).relation, split_path(object).part);
  if (kind == "sequence-dropped") return end.sequences.count(split_name(object)) > 0;
  return constraint_came_back(effect, start, end);
}

// DROP TABLE IF EXISTS x, CREATE TABLE x, and none of the earlier files names x: they make sure that it is new.
bool clears_the_way(const Action& action, const Catalog& start, const Catalog& end) {
  const bool asks = action.kind == "drop-table" && to_text(fact_or_empty(action.facts, "if_exists")) == "true";
  return asks && start.gaps.count(action.table.schema) != 0 && at(start, action.table) == nullptr &&
         at(end, action.table) != nullptr;
}

void forget(EffectSet& set) {
  set.breaks.clear();
  set.narrows.clear();
  set.widens.clear();
  set.loses.clear();
  set.irreversible.clear();
  set.replication.clear();
}

}  // namespace

void settle(std::vector<StatementReport>& statements, size_t first, size_t last, const Catalog& start,
            const Catalog& end) {
  for (size_t i = first; i < last; ++i) {
    bool changed = false;
    for (auto& action : statements[i].effects.actions) {
      const auto undone = [&](const Effect& effect) {
        return came_back(effect, start, end) ||
               (effect.kind == "privilege-revoked" &&
                granted_again(start, end, to_text(fact_or_empty(action.facts, "name")), effect.object)) ||
               (effect.kind == "trigger-disabled" && enabled_again(statements, i, last, effect.object));
      };
      const auto drop = [&](core::SharedList<Effect>& effects) {
        const auto& all = effects.all();
        if (std::none_of(all.begin(), all.end(), undone)) return false;
        std::erase_if(effects.own(), undone);
        return true;
      };
      const bool broke = drop(action.effects.breaks);
      const bool narrowed = drop(action.effects.narrows);
      const bool widened = drop(action.effects.widens);
      const bool cleared = clears_the_way(action, start, end);
      if (cleared) forget(action.effects);
      if (broke || narrowed || widened || cleared) {
        action.facts["recreated"] = true;
        changed = true;
      }
      if (!action.effects.replication.empty() && fires_always(end, action)) {
        action.effects.replication.clear();
        changed = true;
      }
    }
    if (changed) resum(statements[i].effects);
  }
}

void undo(std::vector<StatementReport>& statements, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) {
    auto& effects = statements[i].effects;
    for (auto& action : effects.actions) {
      forget(action.effects);
    }
    resum(effects);
  }
}

}  // namespace bgdb::lint
