#include <fmt/format.h>

#include "migrate/runner.h"

namespace bgdb::migrate {

Result<std::vector<Unit>> split_units(const migration::Loaded& loaded, const std::string& file) {
  using parse::TransactionKind;
  std::vector<Unit> units;
  std::optional<size_t> open;
  const auto& statements = loaded.up.statements;
  for (size_t i = 0; i < statements.size(); ++i) {
    const auto* control = std::get_if<parse::TransactionStatement>(&statements[i].node);
    const auto kind = control == nullptr ? TransactionKind::savepoint : control->kind;
    const bool ends = kind == TransactionKind::commit || kind == TransactionKind::rollback;
    if (open) {
      if (kind == TransactionKind::prepare) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{}:{}: PREPARE TRANSACTION in a migration", file, statements[i].span.line),
                    "use COMMIT");
      }
      if (!ends) continue;
      units.push_back({*open, i, false, true});
      open.reset();
    } else if (kind == TransactionKind::begin) {
      open = i;
    } else if (!ends) {  // a COMMIT without BEGIN is a warning on the server, nothing to do
      units.push_back({i, i, migration::outside_transaction_only(statements[i].node), false});
    }
  }
  if (open) {
    return fail(ErrorCode::input,
                fmt::format("{}:{}: the transaction that begins here does not end in the file", file,
                            statements[*open].span.line),
                "add COMMIT");
  }
  return units;
}

}  // namespace bgdb::migrate
