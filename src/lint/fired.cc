// What a write sets off: triggers of its table, and foreign keys that pass a DELETE or UPDATE on to other tables, whose
// triggers fire in turn. Their locks are the statement's, until its transaction ends. What they do to rows they do for
// every write of the old version as well: no breakage and no loss of this migration's own.
#include <algorithm>

#include "core/contains.h"
#include "lint/inside.h"
#include "lint/scope.h"

namespace bgdb::lint {

namespace {

bool common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return core::contains(b, one); });
}

class Firing {
 public:
  explicit Firing(Scope& scope)
      : scope_(scope), action_(scope.action("trigger")), fired_(scope.context.fired ? scope.context.fired : &own_) {}

  void write(const Target& target, const Writing& what) {
    if (target.relation == nullptr || scope_.context.call_depth >= schema::kCallDepthMax) return;
    on(*target.relation, what);
    if (!what.update && !what.remove && !is_partitioned(target)) return;
    for (const auto& heir : scope_.heirs(target)) {
      if (heir.relation != nullptr) on(*heir.relation, what);
    }
  }

  void done() {
    const auto& set = action_.effects;
    if (set.locks.empty() && set.rewrites.empty() && set.index_builds.empty()) return;
    action_.data = true;
    scope_.add(std::move(action_));
  }

 private:
  bool first(const QualifiedName& what, const std::string& event) { return fired_->insert({what, event}).second; }

  void on(const schema::Relation& relation, const Writing& what) {
    for (const auto& trigger : relation.triggers) {
      if (trigger.enabled != 'O' && trigger.enabled != 'A') continue;
      const auto& of = trigger.update_columns;
      const bool touched = of.empty() || what.columns.empty() || common(of, what.columns);
      if (what.insert && trigger.on_insert) run(trigger, "INSERT");
      if (what.update && trigger.on_update && touched) run(trigger, "UPDATE");
      if (what.remove && trigger.on_delete) run(trigger, "DELETE");
      if (what.truncate && trigger.on_truncate) run(trigger, "TRUNCATE");
    }
    if (what.update || what.remove) pass_on(relation, what);
  }

  void run(const schema::Trigger& trigger, const std::string& operation) {
    const auto body = schema::body_of_trigger(scope_.before, trigger);
    if (body == nullptr || body->statements.empty() || !first(trigger.function, operation)) return;
    if (!action_.facts.contains("name")) action_.facts["name"] = trigger.name;
    auto context = scope_.context;
    context.fired = fired_;
    effects_inside(scope_.before, context, *body, operation, [&](const auto&, const Effects& effects) {
      for (const auto& inner : effects.actions) {
        EffectSet set;
        set.locks = inner.effects.locks;
        set.rewrites = inner.effects.rewrites;
        set.index_builds = inner.effects.index_builds;
        // How rows are found in a single write is the planner's choice.
        if (!inner.data || inner.kind == "refresh-materialized-view") set.scans = inner.effects.scans;
        merge(action_.effects, set);
      }
    });
  }

  // ON DELETE and ON UPDATE of the foreign keys that refer to the relation.
  void pass_on(const schema::Relation& relation, const Writing& what) {
    for (const auto* other : scope_.before.referencing(relation.name)) {
      for (const auto& key : other->constraints) {
        if (key.kind != parse::ConstraintKind::foreign_key || scope_.resolve(key.referenced) != relation.name) continue;
        const bool rekeyed = what.update && (what.columns.empty() || common(key.referenced_columns, what.columns));
        const auto sets = [](char action) { return action == 'n' || action == 'd'; };
        Writing next;
        next.remove = what.remove && key.on_delete == 'c';
        next.update =
            (what.remove && sets(key.on_delete)) || (rekeyed && (key.on_update == 'c' || sets(key.on_update)));
        next.columns = key.columns;
        if (!next.remove && !next.update) continue;
        const auto target = scope_.target(other->name);
        lock(action_, target, LockMode::row_exclusive);
        if (first(target.name, next.remove ? "passed on: delete" : "passed on: update")) write(target, next);
      }
    }
  }

  Scope& scope_;
  Action action_;
  FiredSet own_;
  FiredSet* fired_;
};

}  // namespace

void fired_effects(Scope& scope, const std::vector<std::pair<Target, Writing>>& writes) {
  Firing firing(scope);
  for (const auto& [target, what] : writes) firing.write(target, what);
  firing.done();
}

}  // namespace bgdb::lint
