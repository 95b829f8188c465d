#include "lint/file_linter.h"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include "lint/net.h"
#include "lint/scope.h"
#include "lint/statements_ahead.h"
#include "parse/placeholder_names.h"
#include "schema/apply.h"
#include "schema/code.h"

namespace bgdb::lint {

namespace {

// A key that a later statement of the file adds counts for the table.
void note_key(Action& action, const schema::Catalog& end) {
  if (action.kind != "create-table" && action.kind != "create-table-as") return;
  const auto* relation = end.relation(action.table);
  const bool keyed = relation == nullptr || !relation->identity_columns().empty() || relation->replica_identity == 'f';
  if (keyed) action.facts["table.has_key"] = true;
}

// CREATE TABLE that the parser's version does not know: at least its name is born.
std::optional<QualifiedName> name_of_unparsed_table(const std::string& text) {
  static const std::regex kPattern(
      R"re(^\s*create\s+((temp|temporary|unlogged)\s+)?table\s+(if\s+not\s+exists\s+)?([A-Za-z_0-9".]+))re",
      std::regex::icase);
  std::smatch match;
  const auto head = text.substr(0, 400);
  if (!std::regex_search(head, match, kPattern)) return std::nullopt;
  return core::parse_qualified_name(match[4].str());
}

// Statements that change the schema through code are born there, too.
void note_born(Release& release, const parse::Statement& statement, const schema::Catalog& before) {
  for (const auto& called : schema::bodies_run_by(before, statement.node)) {
    auto catalog = before;  // names are found by the search_path of their place
    for (const auto& inner : called.body->statements) {
      if (!inner.parsed) continue;
      release.note(inner, catalog);
      schema::apply_in_code(catalog, inner);
    }
  }
  if (!statement.parsed) {
    if (const auto name = name_of_unparsed_table(statement.text)) release.note_relation(before.resolve(*name));
    return;
  }
  release.note(statement, before);
}

bool names_utc(const parse::SetVariable& setting) {
  if (setting.name != "timezone" || setting.values.empty()) return false;
  auto value = setting.values.front();
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return value == "UTC" || value == "GMT" || value == "ETC/UTC" || value == "0";
}

}  // namespace

// Each section runs on its own.
void FileLinter::enter_section(const migration::Section& section) {
  close_transaction(true);
  if (section.in_transaction) open_transaction();
}

void FileLinter::open_transaction() {
  in_transaction_ = true;
  savepoints_.clear();
  ++transaction_number_;
  transaction_first_ = report_.statements.size();
  transaction_facts_ = {};
  release_at_begin_ = release_;
}

void FileLinter::close_transaction(bool commit) {
  if (!in_transaction_) return;
  in_transaction_ = false;
  const auto last = report_.statements.size();
  if (commit) {
    settle(report_.statements, transaction_first_, last, start_, replay_.catalog());
  } else {
    undo(report_.statements, transaction_first_, last);
    release_ = release_at_begin_;
  }
  transaction_facts_ = {};
}

void FileLinter::roll_back_to(const std::string& savepoint) {
  while (!savepoints_.empty() && savepoints_.back().name != savepoint) savepoints_.pop_back();
  if (savepoints_.empty()) return;
  undo(report_.statements, savepoints_.back().first, report_.statements.size());
  release_ = savepoints_.back().release;
}

void FileLinter::control(const parse::TransactionStatement& transaction) {
  using parse::TransactionKind;
  switch (transaction.kind) {
    case TransactionKind::begin:
      if (!in_transaction_) open_transaction();
      break;
    case TransactionKind::commit:
    case TransactionKind::prepare:
      close_transaction(true);
      break;
    case TransactionKind::rollback:
      close_transaction(false);
      break;
    case TransactionKind::savepoint:
      savepoints_.push_back({transaction.name, report_.statements.size(), release_});
      break;
    case TransactionKind::rollback_to:
      roll_back_to(transaction.name);
      break;
    default:
      break;
  }
}

void FileLinter::statement(const parse::Statement& statement, size_t index) {
  StatementReport out;
  out.index = static_cast<int>(index);
  out.span = statement.span;
  out.kind = parse::kind_name(statement.node);
  out.in_transaction = in_transaction_;
  out.transaction = in_transaction_ ? transaction_number_ : -1;
  const TransactionFacts none;
  const Context context{.server_version = server_version_,
                        .in_transaction = in_transaction_,
                        .history = history_,
                        .timezone_utc = timezone_utc_,
                        .release = &release_,
                        .start = &start_,
                        .transaction = in_transaction_ ? &transaction_facts_ : &none};
  const auto& before = std::as_const(replay_).catalog();
  out.effects = effects_of(statement, before, context);
  out.estimates = estimate(out.effects, before);
  if (in_transaction_) transaction_facts_.note(out.effects, statement, before);
  report_.statements.push_back(std::move(out));

  if (const auto* setting = std::get_if<parse::SetVariable>(&statement.node)) {
    if (setting->name == "timezone") timezone_utc_ = names_utc(*setting);
    if (setting->name == "lock_timeout") sets_lock_timeout_ = true;
  }
  note_born(release_, statement, before);
  if (!statement.parsed || report_.statements.back().effects.dynamic_sql) release_.note_unseen();
  const auto* alter = std::get_if<parse::AlterTable>(&statement.node);
  const auto* old = alter == nullptr ? nullptr : before.relation(alter->relation);
  if (old == nullptr) {
    note_refusal(replay_.apply(statement));
    return;
  }
  const auto name = old->name;
  const auto constraints = old->constraints;
  note_refusal(replay_.apply(statement));
  if (const auto* now = std::as_const(replay_).catalog().relation(name)) release_.note_constraints(constraints, *now);
}

// Enters the section that the statement stands in, judges it, and follows its transaction.
void FileLinter::step(const parse::Statement& one, const migration::Loaded& loaded) {
  const auto& sections = loaded.sections;
  const size_t before = section_;
  while (section_ + 1 < sections.size() && one.span.offset >= sections[section_].offset + sections[section_].length)
    ++section_;
  const size_t index = report_.statements.size();
  if (index == 0 || section_ != before) enter_section(sections[section_]);
  // BEGIN inside the framework's transaction only warns; the COMMIT that belongs to it ends both.
  statement(one, index);
  if (const auto* transaction = std::get_if<parse::TransactionStatement>(&one.node)) control(*transaction);
  if (loaded.one_script && !in_transaction_) open_transaction();  // the rest of a script is one again
}

// What the replay knows to be refused, and the effects did not say.
void FileLinter::note_refusal(const schema::ApplyResult& result) {
  auto& effects = report_.statements.back().effects;
  const bool certain = std::as_const(replay_).catalog().complete;  // gaps of a replay prove nothing
  if (!certain || result.refused.empty() || !effects.fails.empty() || effects.actions.empty()) return;
  fails(effects.actions.front(), "other-objects-depend", result.refused.front());
  resum(effects);
}

Judged FileLinter::judge(migration::Loaded loaded) {
  report_ = {};
  report_.verdict = safe_verdict();
  report_.path = loaded.file.path;
  report_.framework = std::string(migration::to_string(loaded.file.framework));
  report_.statements.reserve(loaded.statement_count);
  section_ = 0;
  if (loaded.streamed) {
    StatementsAhead ahead(loaded);
    while (const auto one = ahead.next()) {
      step(*one, loaded);
      for (auto& action : report_.statements.back().effects.actions) action.facts.shrink();
    }
  } else {
    for (const auto& one : loaded.up.statements) step(one, loaded);
  }
  close_transaction(true);
  for (auto& one : report_.statements) {
    for (auto& action : one.effects.actions) note_key(action, replay_.catalog());
  }
  report_.text = std::move(loaded.text);
  return {std::move(report_), std::move(loaded.file), std::move(loaded.up), sets_lock_timeout_};
}

namespace {

void write_as_written(FileReport& report, const parse::PlaceholderNames& names) {
  const auto put = [&](std::string& text) { text = parse::as_written(std::move(text), names); };
  const auto effects = [&](core::SharedList<Effect>& list) {
    if (list.empty()) return;
    for (auto& one : list.own()) put(one.object);
  };
  const auto relations = [&](auto& list) {
    if (list.empty()) return;
    for (auto& one : list.own()) {
      put(one.relation.schema);
      put(one.relation.name);
    }
  };
  const auto verdict = [&](Verdict& one) {
    put(one.reason);
    put(one.replication_reason);
    for (auto& relation : one.lock_relations) put(relation);
  };
  verdict(report.verdict);
  for (auto& statement : report.statements) {
    verdict(statement.verdict);
    auto& all = statement.effects;
    relations(all.locks);
    relations(all.rewrites);
    relations(all.scans);
    for (auto* list : {&all.breaks, &all.narrows, &all.widens, &all.loses, &all.irreversible, &all.fails})
      effects(*list);
  }
  for (auto& finding : report.findings) {
    put(finding.message);
    put(finding.instead);
  }
}

}  // namespace

FileReport with_findings(Judged judged, const RuleBook& rules, int server_version) {
  auto& [report, file, parsed, sets_lock_timeout] = judged;
  const bool contract = file.declared_contract || file.declared_phase == "contract";
  for (auto& one : report.statements) {
    one.verdict = lint::judge(one.effects, contract);
    worsen(report.verdict, one.verdict);
  }
  Ignores ignores(report, parsed.comments, rules);
  for (auto& finding : findings_of(report, file, sets_lock_timeout, rules, server_version)) {
    if (!ignores.silences(finding)) report.findings.push_back(std::move(finding));
  }
  for (auto& complaint : ignores.complaints()) report.findings.push_back(std::move(complaint));
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const auto& a, const auto& b) { return a.span.offset < b.span.offset; });
  const bool placeholders = std::any_of(parsed.statements.begin(), parsed.statements.end(),
                                        [](const auto& statement) { return statement.has_placeholder; });
  if (placeholders) write_as_written(report, parse::placeholder_names(report.text));
  return std::move(report);
}

}  // namespace bgdb::lint
