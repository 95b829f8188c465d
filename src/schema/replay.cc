// Transactions around apply(). The catalog is copied at the first change behind BEGIN or SAVEPOINT, not at BEGIN
// itself, so that files of data in explicit transactions cost nothing.
#include <algorithm>
#include <cctype>

#include "core/text.h"
#include "schema/apply.h"

namespace bgdb::schema {
namespace {

// Statements that cannot change the catalog need no copy to go back to.
bool changes_nothing(const parse::Node& node) {
  if (const auto* query = std::get_if<parse::Query>(&node)) return query->functions.empty();
  return std::holds_alternative<parse::Other>(node) || std::holds_alternative<parse::Copy>(node) ||
         std::holds_alternative<parse::Lock>(node) || std::holds_alternative<parse::Truncate>(node);
}

// COMMIT AND CHAIN, ROLLBACK AND CHAIN: the next transaction begins at once.
bool chains(const parse::TransactionStatement& statement, const std::string& text) {
  using parse::TransactionKind;
  if (statement.kind != TransactionKind::commit && statement.kind != TransactionKind::rollback) return false;
  std::string words;
  for (const char c : text) words += std::isspace(static_cast<unsigned char>(c)) != 0 ? ' ' : core::lower(c);
  return words.find("and chain") != std::string::npos;
}

}  // namespace

ApplyResult Replay::apply(const parse::Statement& statement) {
  if (!statement.parsed) catalog_.unread = true;
  if (!statement.parsed) return {};
  if (const auto* transaction = std::get_if<parse::TransactionStatement>(&statement.node)) {
    control(*transaction);
    if (chains(*transaction, statement.text)) saved_.emplace_back();
    return {};
  }
  if (!changes_nothing(statement.node)) keep_state();
  if (const auto* set = std::get_if<parse::SetVariable>(&statement.node)) {
    const bool path = set->reset_all || set->name == "search_path";
    if (path && set->local && in_transaction() && !path_behind_local_) path_behind_local_ = catalog_.search_path;
    if (path && !set->local) path_behind_local_.reset();
  }
  return schema::apply(catalog_, statement);
}

void Replay::keep_state() {
  std::shared_ptr<const Catalog> copy;
  for (auto level = saved_.rbegin(); level != saved_.rend() && !level->before; ++level) {
    if (!copy) copy = std::make_shared<const Catalog>(catalog_);
    level->before = copy;
  }
}

void Replay::control(const parse::TransactionStatement& statement) {
  using parse::TransactionKind;
  const auto level = [&] {
    return std::find_if(saved_.rbegin(), saved_.rend(), [&](const Saved& s) { return s.savepoint == statement.name; });
  };
  switch (statement.kind) {
    case TransactionKind::begin:
      if (saved_.empty()) saved_.emplace_back();
      return;
    case TransactionKind::savepoint:
      if (!saved_.empty()) saved_.push_back({statement.name, nullptr});
      return;
    case TransactionKind::commit:
    case TransactionKind::prepare:
      return finish(true);
    case TransactionKind::rollback:
      return finish(false);
    case TransactionKind::release:
      if (const auto at = level(); at != saved_.rend()) saved_.erase(std::prev(at.base()), saved_.end());
      return;
    case TransactionKind::rollback_to:
      if (const auto at = level(); at != saved_.rend()) {
        const auto keep = std::prev(at.base());
        if (keep->before) catalog_ = *keep->before;
        saved_.erase(std::next(keep), saved_.end());
        keep->before = nullptr;  // the savepoint lives on, at the state just restored
      }
      return;
    case TransactionKind::commit_prepared:
    case TransactionKind::rollback_prepared:
      return;
  }
}

void Replay::finish(bool commit) {
  if (!commit && !saved_.empty() && saved_.front().before) catalog_ = *saved_.front().before;
  if (commit && path_behind_local_) catalog_.search_path = *path_behind_local_;
  path_behind_local_.reset();
  saved_.clear();
}

void Replay::end_of_file(bool commit) {
  finish(commit);
  catalog_.search_path = path_at_start_;
  const auto forget_temporary = [](auto& map) {
    for (auto it = map.lower_bound({"pg_temp", ""}); it != map.end() && it->first.schema == "pg_temp";)
      it = map.erase(it);
  };
  forget_temporary(catalog_.relations);
  forget_temporary(catalog_.sequences);
  catalog_.settle();
}

}  // namespace bgdb::schema
