#include "lint/references.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"

namespace bgdb::lint {

using parse::ConstraintKind;

namespace {

// A check that is not valid yet refuses the row as well: it is written.
bool can_be_null(const schema::Relation& relation, const std::string& name) {
  const auto* column = relation.column(name);
  if (column != nullptr && column->not_null) return false;
  return std::none_of(relation.constraints.begin(), relation.constraints.end(), [&](const auto& constraint) {
    const auto& never = constraint.not_null_columns;
    return core::contains(never, name);
  });
}

// The action itself succeeds: the rows that refer go or let go. A default may refer to a row that is there.
bool clears(const schema::Relation& relation, char action, const std::vector<std::string>& set) {
  if (action == 'c') return true;
  if (action != 'n' && action != 'd') return false;
  return std::all_of(set.begin(), set.end(), [&](const auto& name) {
    const auto* column = relation.column(name);
    const bool has_default = action == 'd' && column != nullptr && column->default_sql;
    return has_default || can_be_null(relation, name);
  });
}

// Of the foreign keys over the same columns the first that takes care of the rows leaves nothing for the others.
class Together {
 public:
  explicit Together(const schema::Relation& relation) : relation_(relation) {}
  template <class AnyConstraint>
  void add(const AnyConstraint& one) {
    some_ = true;
    deletes_ =
        deletes_ || clears(relation_, one.on_delete, one.delete_columns.empty() ? one.columns : one.delete_columns);
    updates_ = updates_ || clears(relation_, one.on_update, one.columns);
  }
  ReferredRows rows() const { return {some_ && !deletes_, some_ && !updates_}; }

 private:
  const schema::Relation& relation_;
  bool some_ = false, deletes_ = false, updates_ = false;
};

std::string object_of(const Target& target, const std::vector<std::string>& columns) {
  return fmt::format("{} ({})", target.name.display(), core::join(columns));
}

void tell(Action& action, const std::string& object, const ReferredRows& before, const ReferredRows& now) {
  if (now.delete_refused && !before.delete_refused) narrows(action, "referenced-delete", object);
  if (now.update_refused && !before.update_refused) narrows(action, "referenced-update", object);
}

}  // namespace

ReferredRows referred_rows(const schema::Relation& relation, const std::vector<std::string>& columns,
                           const std::string& without) {
  Together together(relation);
  for (const auto& constraint : relation.constraints) {
    if (constraint.kind == ConstraintKind::foreign_key && constraint.columns == columns && constraint.name != without)
      together.add(constraint);
  }
  return together.rows();
}

ReferredRows referred_rows(const schema::Relation& relation, const std::vector<std::string>& columns) {
  return referred_rows(relation, columns, "");
}

void replaced_reference(Action& action, const Target& target, const parse::Constraint& now,
                        const schema::Relation& holder, const schema::Constraint& old) {
  if (target.relation == nullptr) return;
  Together before(holder), after(*target.relation);
  before.add(old);
  after.add(now);
  const auto object = object_of(target, now.columns);
  tell(action, object, before.rows(), after.rows());
  // Rows that the old version left without a partner, or wrote in front of it, are refused at once.
  if (old.initially_deferred && !now.initially_deferred) narrows(action, "reference-immediate", object);
  const auto keeps = [](char of) { return of == 'n' || of == 'd'; };
  if (keeps(old.on_delete) && now.on_delete == 'c') widens(action, "reference-cascades", object);
}

void dropped_reference(Action& action, const Target& target, const schema::Constraint& dropped) {
  if (target.relation == nullptr) return;
  tell(action, object_of(target, dropped.columns), referred_rows(*target.relation, dropped.columns),
       referred_rows(*target.relation, dropped.columns, dropped.name));
}

void alter_constraint_effects(Scope& scope, const Target& target, const parse::AlterCommand& command) {
  auto action = scope.action("alter-constraint", target);
  action.facts["constraint"] = command.name;
  lock(action, target, LockMode::access_exclusive);
  const auto* old = target.relation == nullptr ? nullptr : target.relation->constraint(command.name);
  const bool born =
      target.born || (scope.context.release != nullptr && scope.context.release->constraint(target.name, command.name));
  if (old != nullptr && command.constraint && !born) {
    action.facts["referenced"] = scope.resolve(old->referenced).display();
    if (old->initially_deferred && !command.constraint->initially_deferred)
      narrows(action, "reference-immediate", object_of(target, old->columns));
  }
  action.neutral = action.effects.narrows.empty();
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
