#include "app/switch_sql.h"

#include <fmt/format.h>

namespace bgdb::app {

namespace {

std::string lock_list(const std::vector<SwitchTable>& tables) {
  std::string list;
  for (const auto& table : tables) list += (list.empty() ? "only " : ", only ") + table.name.sql();
  return list;
}

int64_t at_least_one(std::chrono::milliseconds time) {
  return std::max<int64_t>(1, time.count());
}

}  // namespace

std::string hold_schema_sql(const std::vector<SwitchTable>& tables, std::chrono::milliseconds patience) {
  return fmt::format(
      "begin; set local lock_timeout = '{0}ms'; set local statement_timeout = '{0}ms'; "
      "set local idle_in_transaction_session_timeout = '{1}ms';\n"
      "lock table {2} in share update exclusive mode",
      at_least_one(patience), 4 * at_least_one(patience), lock_list(tables));
}

std::string fence_lock_sql(const std::vector<SwitchTable>& tables, std::chrono::milliseconds lock_timeout,
                           std::chrono::milliseconds rest) {
  return fmt::format(
      "savepoint attempt; set local lock_timeout = '{0}ms'; set local statement_timeout = '{1}ms'; "
      "set local idle_in_transaction_session_timeout = '{1}ms';\n"
      "lock table {2} in share row exclusive mode",
      at_least_one(lock_timeout), at_least_one(rest), lock_list(tables));
}

std::string guard_sql(const SwitchTable& table) {
  if (table.guard == 'D') return fmt::format("alter table only {} enable trigger bgdb_guard", table.name.sql());
  if (table.guard != 0) return {};
  return fmt::format(
      "create trigger bgdb_guard before insert or update or delete or truncate on {} "
      "for each statement execute function bgdb.refuse_write()",
      table.name.sql());
}

std::string read_sequences_sql(std::span<const QualifiedName> sequences) {
  std::string text;
  for (const auto& sequence : sequences) {
    text += fmt::format("{}select {} as schema, {} as name, last_value::text as last_value, is_called from {}",
                        text.empty() ? "" : " union all ", quote_literal(sequence.schema), quote_literal(sequence.name),
                        sequence.sql());
  }
  return text;
}

}  // namespace bgdb::app
