// A file's statements: up sections only, split where the framework itself splits.
#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"
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

using Visit = std::function<void(parse::Statement)>;

parse::ParsedText parse_part(std::string_view text, const Section& section, const Visit& each = {}, bool skim = false) {
  parse::ParseOptions options;
  options.each = each;
  options.skim = skim;
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

// Statements that cannot be read because they are written for another database say so. Yields its name.
std::string tell_dialect(parse::Statement& statement) {
  if (statement.parsed) return {};
  auto found = parse::other_dialect(statement.text);
  if (!found.empty()) statement.error += fmt::format(" (this looks like {})", found);
  return found;
}

// What of all statements together counts for the file.
struct Survey {
  size_t statements = 0, unread = 0;
  bool any_outside = false, any_control = false;
  bool only_outside = true;  // and settings
  std::string dialect;

  void see(parse::Statement& statement) {
    const bool outside = outside_transaction_only(statement.node);
    ++statements;
    any_outside = any_outside || outside;
    any_control = any_control || std::holds_alternative<parse::TransactionStatement>(statement.node);
    only_outside = only_outside && (outside || std::holds_alternative<parse::SetVariable>(statement.node));
    if (!statement.parsed) ++unread;
    const auto found = tell_dialect(statement);
    if (dialect.empty()) dialect = found;
  }
};

// What the runner makes of the file, beyond markers.
void settle_transaction(Loaded& loaded, const Survey& survey) {
  bool transaction = loaded.in_transaction;
  switch (wrap_of(loaded.file)) {
    case Wrap::flyway:
      // It looks at the statements itself: those that refuse a transaction switch it off, and beside others they are
      // refused unless mixed=true.
      transaction = transaction && !(survey.any_outside && (survey.only_outside || loaded.file.mixed));
      break;
    case Wrap::guess:
      transaction = transaction && !survey.any_outside && !survey.any_control;
      break;
    case Wrap::script:
      transaction = transaction && survey.statements > 1;
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
    return core::contains(kOutside, other->node);
  }
  return false;
}

namespace {

bool runs(const Loaded& loaded, const Section& section) {
  return section.direction != Direction::down || loaded.file.direction == Direction::down;
}

}  // namespace

Loaded load_text(const File& file, std::string text, size_t stream_above) {
  Loaded loaded;
  loaded.file = file;
  loaded.text = std::move(text);
  loaded.streamed = loaded.text.size() > stream_above;
  auto declared = find_declared(loaded.text);
  if (declared.phase) loaded.file.declared_phase = declared.phase;
  loaded.file.declared_release = std::move(declared.release);
  loaded.file.declared_contract = loaded.file.declared_phase == "contract";
  loaded.sections = sections(file, loaded.text);
  const std::string_view whole = loaded.text;
  if (const size_t head = loaded.sections.front().offset;
      head > 0) {  // what stands before the first marker does not run
    Section preamble;
    preamble.length = head;
    loaded.up.comments = parse_part(whole, preamble).comments;
  }
  Survey survey;
  Visit each;
  if (loaded.streamed) each = [&](parse::Statement statement) { survey.see(statement); };
  bool first = true;
  for (const auto& section : loaded.sections) {
    if (!runs(loaded, section)) continue;
    if (first) loaded.in_transaction = section.in_transaction;
    first = false;
    if (section.length > 0) append(loaded.up, parse_part(whole, section, each, loaded.streamed));
  }
  for (auto& statement : loaded.up.statements) survey.see(statement);
  loaded.statement_count = survey.statements;
  settle_transaction(loaded, survey);
  if (survey.unread * 2 >= survey.statements) loaded.other_dialect = survey.dialect;
  return loaded;
}

void each_statement(Loaded& loaded, const std::function<void(parse::Statement)>& visit) {
  for (auto& statement : std::exchange(loaded.up.statements, {})) visit(std::move(statement));
  if (!loaded.streamed) return;
  const Visit each = [&](parse::Statement statement) {
    tell_dialect(statement);
    visit(std::move(statement));
  };
  for (const auto& section : loaded.sections) {
    if (runs(loaded, section) && section.length > 0) parse_part(loaded.text, section, each);
  }
}

Result<Loaded> load(const File& file, size_t stream_above) {
  auto loaded = load_text(file, BGDB_TRY(Disk().read(file.path)), stream_above);
  if (!file.settings.empty()) BGDB_CHECK(read_settings(loaded));
  return loaded;
}

}  // namespace bgdb::migration
