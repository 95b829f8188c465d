#include "app/switch_sql.h"

#include <fmt/format.h>

namespace bgdb::app {

std::string fence_begin_sql(std::chrono::milliseconds lock_timeout, std::chrono::milliseconds rest) {
  return fmt::format(
      "begin; set local lock_timeout = '{}ms'; set local statement_timeout = '{}ms'; "
      "set local idle_in_transaction_session_timeout = '{}ms'",
      std::max<int64_t>(1, lock_timeout.count()), std::max<int64_t>(1, rest.count()),
      std::max<int64_t>(1, rest.count()));
}

std::string fence_lock_sql(const std::vector<SwitchTable>& tables) {
  std::string list;
  for (const auto& table : tables) list += (list.empty() ? "only " : ", only ") + table.name.sql();
  return "lock table " + list + " in share row exclusive mode";
}

std::string guard_sql(const std::vector<SwitchTable>& tables) {
  std::string text;
  for (const auto& table : tables) {
    if (table.guard != 0) {
      text += fmt::format("alter table only {} enable trigger bgdb_guard;\n", table.name.sql());
    } else {
      text += fmt::format(
          "create trigger bgdb_guard before insert or update or delete or truncate on {} "
          "for each statement execute function bgdb.refuse_write();\n",
          table.name.sql());
    }
  }
  return text;
}

std::string unguard_sql(const std::vector<SwitchTable>& tables) {
  std::string text;
  for (const auto& table : tables) {
    if (table.guard == 0 || table.guard == 'D') continue;
    text += fmt::format("alter table only {} disable trigger bgdb_guard;\n", table.name.sql());
  }
  return text;
}

std::string read_sequences_sql(const std::vector<QualifiedName>& sequences) {
  std::string text;
  for (const auto& sequence : sequences) {
    text += fmt::format("{}select {} as schema, {} as name, last_value::text as last_value, is_called from {}",
                        text.empty() ? "" : " union all ", quote_literal(sequence.schema), quote_literal(sequence.name),
                        sequence.sql());
  }
  return text;
}

}  // namespace bgdb::app
