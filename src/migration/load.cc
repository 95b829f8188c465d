// A file's statements: up sections only, split where the framework itself splits.
#include <fmt/format.h>

#include <algorithm>

#include "migration/markers.h"
#include "migration/naming.h"
#include "migration/tree.h"
#include "parse/dialect.h"

namespace bgdb::migration {
namespace {

void append(parse::ParsedText& all, parse::ParsedText&& more) {
  const auto move = [](auto& to, auto& from) {
    if (to.empty()) {
      to = std::move(from);
      return;
    }
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(all.statements, more.statements);
  move(all.comments, more.comments);
  move(all.skipped, more.skipped);
}

parse::ParsedText parse_part(std::string_view text, const Section& section) {
  parse::ParseOptions options;
  options.first_line = section.first_line;
  options.first_offset = section.offset;
  options.delimiter = section.delimiter;
  return parse::parse_sql(text.substr(section.offset, section.length), options);
}

Wrap wrap_of(const File& file) {
  // Atlas runs its own files in a transaction; those in golang-migrate's naming are usually run by that.
  if (file.framework == Framework::atlas && ends_with(file.path, ".up.sql")) return Wrap::script;
  return convention(file.framework).wrap;
}

// What the runner makes of the file, beyond markers.
void settle_transaction(Loaded& loaded) {
  const auto& statements = loaded.up.statements;
  const auto is_outside = [](const auto& s) { return outside_transaction_only(s.node); };
  const auto is_setting = [](const auto& s) { return std::holds_alternative<parse::SetVariable>(s.node); };
  const auto is_control = [](const auto& s) { return std::holds_alternative<parse::TransactionStatement>(s.node); };
  const auto any = [&](const auto& is) { return std::any_of(statements.begin(), statements.end(), is); };
  bool transaction = loaded.in_transaction;
  switch (wrap_of(loaded.file)) {
    case Wrap::flyway: {
      // It looks at the statements itself: those that refuse a transaction switch it off, and beside others they are
      // refused unless mixed=true.
      const bool all = std::all_of(statements.begin(), statements.end(),
                                   [&](const auto& s) { return is_outside(s) || is_setting(s); });
      transaction = transaction && !(any(is_outside) && (all || loaded.file.mixed));
      break;
    }
    case Wrap::guess:
      transaction = transaction && !any(is_outside) && !any(is_control);
      break;
    case Wrap::script:
      transaction = transaction && statements.size() > 1;
      loaded.one_script = transaction;
      break;
    default:
      break;
  }
  if (transaction == loaded.in_transaction) return;
  loaded.in_transaction = transaction;
  for (auto& section : loaded.sections) {
    if (section.direction != Direction::down) section.in_transaction = transaction;
  }
}

// Statements that cannot be read because they are written for another database say so; a file of them is one.
void settle_dialect(Loaded& loaded) {
  size_t unread = 0;
  std::string dialect;
  for (auto& statement : loaded.up.statements) {
    if (statement.parsed) continue;
    ++unread;
    const auto found = parse::other_dialect(statement.text);
    if (found.empty()) continue;
    statement.error += fmt::format(" (this looks like {})", found);
    if (dialect.empty()) dialect = found;
  }
  if (unread * 2 >= loaded.up.statements.size()) loaded.other_dialect = dialect;
}

// Diesel's metadata.toml and Flyway's .conf beside the SQL.
Result<void> read_settings(Loaded& loaded) {
  auto text = BGDB_TRY(Disk().read(loaded.file.settings));
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; }), text.end());
  each_line(text, [&](size_t, std::string_view line) {
    if (line.rfind("run_in_transaction=false", 0) != 0 && line.rfind("executeInTransaction=false", 0) != 0) return;
    loaded.in_transaction = false;
    for (auto& section : loaded.sections) section.in_transaction = false;
  });
  return {};
}

}  // namespace

bool outside_transaction_only(const parse::Node& node) {
  if (const auto* index = std::get_if<parse::CreateIndex>(&node)) return index->concurrently;
  if (const auto* drop = std::get_if<parse::Drop>(&node))
    return drop->concurrently || drop->object == parse::ObjectKind::database;
  if (const auto* reindex = std::get_if<parse::Reindex>(&node)) {
    return reindex->concurrently || reindex->target == "schema" || reindex->target == "system" ||
           reindex->target == "database";
  }
  if (const auto* vacuum = std::get_if<parse::Vacuum>(&node)) return !vacuum->analyze_only;
  if (const auto* cluster = std::get_if<parse::Cluster>(&node)) return cluster->relation.empty();
  if (const auto* alter = std::get_if<parse::AlterTable>(&node)) {
    return std::any_of(alter->commands.begin(), alter->commands.end(),
                       [](const auto& c) { return c.kind == parse::AlterKind::detach_partition && c.concurrently; });
  }
  if (const auto* other = std::get_if<parse::Other>(&node)) {
    constexpr std::string_view kOutside[] = {
        "CreatedbStmt",           "DropdbStmt",      "CreateTableSpaceStmt", "DropTableSpaceStmt",
        "CreateSubscriptionStmt", "AlterSystemStmt", "DropSubscriptionStmt"};
    return std::find(std::begin(kOutside), std::end(kOutside), other->node) != std::end(kOutside);
  }
  return false;
}

Loaded load_text(const File& file, std::string text) {
  Loaded loaded;
  loaded.file = file;
  loaded.text = std::move(text);
  const auto phase = find_declared_phase(loaded.text);
  if (phase) loaded.file.declared_phase = phase;
  loaded.file.declared_contract = loaded.file.declared_phase == "contract";
  loaded.sections = sections(file, loaded.text);
  const std::string_view whole = loaded.text;
  if (const size_t head = loaded.sections.front().offset;
      head > 0) {  // what stands before the first marker does not run
    Section preamble;
    preamble.length = head;
    loaded.up.comments = parse_part(whole, preamble).comments;
  }
  bool first = true;
  for (const auto& section : loaded.sections) {
    if (section.direction == Direction::down && file.direction != Direction::down) continue;
    if (first) loaded.in_transaction = section.in_transaction;
    first = false;
    if (section.length > 0) append(loaded.up, parse_part(whole, section));
  }
  settle_transaction(loaded);
  settle_dialect(loaded);
  return loaded;
}

Result<Loaded> load(const File& file) {
  auto loaded = load_text(file, BGDB_TRY(Disk().read(file.path)));
  if (!file.settings.empty()) BGDB_CHECK(read_settings(loaded));
  return loaded;
}

}  // namespace bgdb::migration
