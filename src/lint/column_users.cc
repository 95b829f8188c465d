// What keeps PostgreSQL from dropping or retyping a column, other than views and foreign keys: policies, triggers and
// generated columns of its own table that name it.
#include <algorithm>

#include "core/contains.h"
#include "lint/scope.h"

namespace bgdb::lint {

namespace {

bool mentions(const std::string& sql, const std::string& column) {
  const auto expression = parse::parse_expression(sql);
  return expression && std::any_of(expression->columns.begin(), expression->columns.end(),
                                   [&](const auto& one) { return one.name == column; });
}

bool names(const schema::Trigger& trigger, const std::string& column) {
  const auto& listed = trigger.update_columns;
  return core::contains(listed, column) || (!trigger.when_sql.empty() && mentions(trigger.when_sql, column));
}

// ALTER TABLE t DROP COLUMN computed, DROP COLUMN source.
bool goes_along(const Scope& scope, const std::string& column) {
  const auto* alter = std::get_if<parse::AlterTable>(&scope.statement.node);
  return alter != nullptr && std::any_of(alter->commands.begin(), alter->commands.end(), [&](const auto& command) {
           return command.kind == parse::AlterKind::drop_column && command.name == column;
         });
}

}  // namespace

void refused_by_users(const Scope& scope, Action& action, const Target& target, const std::string& column) {
  if (target.relation == nullptr) return;
  const auto keeps = [&](const std::string& user) {
    fails(action, "other-objects-depend", column_path(target.name, user));
  };
  for (const auto& policy : target.relation->policies) {
    const auto& reads = policy.columns_read;
    const schema::ColumnRead own{target.name, column};
    if (core::contains(reads, own)) keeps(policy.name);
  }
  for (const auto& trigger : target.relation->triggers) {
    if (!trigger.from_parent && names(trigger, column)) keeps(trigger.name);
  }
  for (const auto& other : target.relation->columns) {
    const bool computed = other.generated_sql && other.name != column && mentions(*other.generated_sql, column);
    if (computed && !goes_along(scope, other.name)) keeps(other.name);
  }
}

}  // namespace bgdb::lint
