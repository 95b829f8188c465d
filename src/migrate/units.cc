#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/text.h"
#include "migrate/runner.h"

namespace bgdb::migrate {
namespace {

// COMMIT or ROLLBACK in a block's text: PostgreSQL refuses such a block inside a transaction.
bool commits_itself(std::string body) {
  body = core::lower(std::move(body));
  for (const std::string_view word : {"commit", "rollback"}) {
    for (size_t at = body.find(word); at != std::string::npos; at = body.find(word, at + 1)) {
      const auto inside = [&](size_t i) {
        return i < body.size() && (std::isalnum(static_cast<unsigned char>(body[i])) != 0 || body[i] == '_');
      };
      if ((at == 0 || !inside(at - 1)) && !inside(at + word.size())) return true;
    }
  }
  return false;
}

Result<Unit> single(const parse::Statement& statement, size_t number, const std::string& file) {
  Unit unit{number, number};
  unit.outside = migration::outside_transaction_only(statement.node);
  unit.may_commit = std::holds_alternative<parse::Call>(statement.node);
  if (const auto* block = std::get_if<parse::DoBlock>(&statement.node)) {
    auto work = work_in(block->body);
    if (!work) return fail(work.error().with_context(fmt::format("{}:{}", file, statement.span.line)));
    unit.work = *std::move(work);
    unit.may_commit = !unit.work && commits_itself(block->body);
  }
  unit.outside = unit.outside || unit.may_commit;
  return unit;
}

}  // namespace

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
      units.push_back({*open, i, false, false, true, {}});
      open.reset();
    } else if (kind == TransactionKind::begin) {
      open = i;
    } else if (!ends) {  // a COMMIT without BEGIN is a warning on the server, nothing to do
      units.push_back(BGDB_TRY(single(statements[i], i, file)));
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

bool runs_together(const migration::Loaded& loaded, const std::vector<Unit>& units) {
  for (const auto& unit : units) {
    if (unit.work || unit.explicit_transaction) return false;
    // Other frameworks would open a transaction all the same; plain files are ours.
    const bool block = std::holds_alternative<parse::DoBlock>(loaded.up.statements[unit.first].node);
    if (unit.may_commit && block && loaded.file.framework == migration::Framework::plain) return false;
  }
  // A file's own COMMIT would end our transaction early.
  for (const auto& statement : loaded.up.statements) {
    if (std::holds_alternative<parse::TransactionStatement>(statement.node)) return false;
  }
  return loaded.in_transaction || (units.size() == 1 && !units[0].outside);
}

StatementReport describe(const parse::Statement& statement) {
  constexpr size_t kTextMax = 120;
  StatementReport report;
  report.line = statement.span.line;
  report.text = statement.text.substr(0, std::min(statement.text.find('\n'), kTextMax));
  return report;
}

}  // namespace bgdb::migrate
