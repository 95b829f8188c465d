// A file's statements: up sections only, split where the framework itself splits.
#include <algorithm>

#include "migration/naming.h"

namespace bgdb::migration {
namespace {

struct Piece {
  size_t offset = 0;
  size_t length = 0;
  size_t line = 1;
};

// goose's StatementBegin/End and drizzle's breakpoint separate statements by themselves, without a semicolon.
bool separates(std::string_view line) {
  for (const auto* prefix : {"+goose", "+migrate"}) {
    const auto words = marker_words(line, prefix);
    if (words.size() > 1 && (words[1] == "statementbegin" || words[1] == "statementend")) return true;
  }
  return line.rfind("--> statement-breakpoint", 0) == 0;
}

std::vector<Piece> pieces_of(std::string_view text, const Section& section) {
  std::vector<Piece> pieces = {{section.offset, 0, section.first_line}};
  const auto part = text.substr(section.offset, section.length);
  size_t number = section.first_line;
  each_line(part, [&](size_t offset, std::string_view line) {
    ++number;
    if (line.rfind("--", 0) != 0 || !separates(line)) return;
    const size_t behind = std::min(part.find('\n', offset), part.size() - 1) + 1;
    pieces.back().length = section.offset + behind - pieces.back().offset;  // the marker itself stays: it is a comment
    pieces.push_back({section.offset + behind, 0, number});
  });
  pieces.back().length = section.offset + section.length - pieces.back().offset;
  return pieces;
}

void append(parse::ParsedText& all, parse::ParsedText&& more) {
  const auto move = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(all.statements, more.statements);
  move(all.comments, more.comments);
  move(all.skipped, more.skipped);
}

parse::ParsedText parse_part(std::string_view text, size_t offset, size_t length, size_t line) {
  parse::ParseOptions options;
  options.first_line = line;
  options.first_offset = offset;
  return parse::parse_sql(text.substr(offset, length), options);
}

// What the runner makes of the file, beyond markers.
void settle_transaction(Loaded& loaded) {
  const auto& statements = loaded.up.statements;
  const bool outside =
      std::any_of(statements.begin(), statements.end(), [](const auto& s) { return outside_transaction_only(s.node); });
  const bool own = std::any_of(statements.begin(), statements.end(), [](const auto& s) {
    return std::holds_alternative<parse::TransactionStatement>(s.node);
  });
  bool transaction = loaded.in_transaction;
  switch (loaded.file.framework) {
    case Framework::flyway:
      transaction = transaction && !outside;
      break;  // it finds out by itself
    case Framework::plain:
      transaction = transaction && !outside && !own;
      break;
    case Framework::golang_migrate:
    case Framework::prisma:
      transaction = transaction && statements.size() > 1;
      break;  // only the implicit transaction of a script
    default:
      break;
  }
  if (transaction == loaded.in_transaction) return;
  loaded.in_transaction = transaction;
  for (auto& section : loaded.sections) {
    if (section.direction != Direction::down) section.in_transaction = transaction;
  }
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
  loaded.file.declared_phase = find_declared_phase(loaded.text);
  loaded.file.declared_contract = loaded.file.declared_phase == "contract";
  loaded.sections = sections(file, loaded.text);
  const std::string_view whole = loaded.text;
  if (const size_t head = loaded.sections.front().offset;
      head > 0) {  // what stands before the first marker does not run
    auto preamble = parse_part(whole, 0, head, 1);
    loaded.up.comments = std::move(preamble.comments);
  }
  bool first = true;
  for (const auto& section : loaded.sections) {
    if (section.direction == Direction::down && file.direction != Direction::down) continue;
    if (first) loaded.in_transaction = section.in_transaction;
    first = false;
    for (const auto& piece : pieces_of(whole, section)) {
      if (piece.length > 0) append(loaded.up, parse_part(whole, piece.offset, piece.length, piece.line));
    }
  }
  settle_transaction(loaded);
  return loaded;
}

}  // namespace bgdb::migration
