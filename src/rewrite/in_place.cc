#include "rewrite/in_place.h"

#include <algorithm>

#include "rewrite/index_build.h"
#include "rewrite/tokens.h"
#include "schema/apply.h"

namespace bgdb::rewrite {
namespace {

struct Edit {
  size_t offset = 0;
  std::string text;
};

class Fixer {
 public:
  Fixer(const std::string& text, const schema::Catalog& before) : text_(text), now_(before) { result_.text = text; }

  void take(const parse::Statement& statement, bool in_transaction) {
    if (const auto* index = std::get_if<parse::CreateIndex>(&statement.node)) {
      if (!index->concurrently && !index->only && is_old(index->relation))
        create_index(statement, *index, in_transaction);
    } else if (const auto* drop = std::get_if<parse::Drop>(&statement.node)) {
      if (drop->object == parse::ObjectKind::index && !drop->concurrently) drop_index(statement, *drop, in_transaction);
    } else if (const auto* alter = std::get_if<parse::AlterTable>(&statement.node)) {
      if (alter->commands.size() == 1 && is_old(alter->relation)) add_constraint(statement, *alter, in_transaction);
    }
    const auto applied = schema::apply(now_, statement);
    created_.insert(applied.created.begin(), applied.created.end());
  }

  InPlace finish() {
    std::stable_sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return a.offset > b.offset; });
    for (const auto& edit : edits_) result_.text.insert(edit.offset, edit.text);
    return std::move(result_);
  }

 private:
  bool is_old(const QualifiedName& table) const { return created_.count(now_.resolve(table)) == 0; }
  void leave(const parse::Statement& statement, const std::string& why) {
    result_.left.push_back("line " + std::to_string(statement.span.line) + ": " + why);
  }
  void change(const parse::Statement& statement, const char* recipe, const std::string& what) {
    result_.changes.push_back({statement.span.line, recipe, what});
  }
  void concurrently(const parse::Statement& statement) {
    edits_.push_back({statement.span.offset + find_after(tokenize(statement.text), {"index"}), " CONCURRENTLY"});
  }

  void create_index(const parse::Statement& statement, const parse::CreateIndex& index, bool in_transaction) {
    if (is_partitioned(now_, index.relation))
      return leave(statement, "an index of a partitioned table is built by bgdb rewrite, partition by partition");
    if (in_transaction) return leave(statement, "CREATE INDEX CONCURRENTLY needs a file without a transaction");
    concurrently(statement);
    change(statement, "create-index", "the index is built CONCURRENTLY");
  }

  void drop_index(const parse::Statement& statement, const parse::Drop& drop, bool in_transaction) {
    const auto ref = now_.index(drop.items.front().name);
    if (drop.items.size() != 1 || drop.cascade || !ref || ref.index->constraint || !is_old(ref.relation->name)) return;
    if (ref.relation->kind == schema::RelationKind::partitioned_table || ref.relation->partition_of) return;
    if (in_transaction) return leave(statement, "DROP INDEX CONCURRENTLY needs a file without a transaction");
    concurrently(statement);
    change(statement, "drop-index", "the index is dropped CONCURRENTLY");
  }

  void add_constraint(const parse::Statement& statement, const parse::AlterTable& alter, bool in_transaction) {
    const auto& command = alter.commands.front();
    if (command.kind != parse::AlterKind::add_constraint || !command.constraint || command.constraint->not_valid)
      return;
    const auto kind = command.constraint->kind;
    const bool reference = kind == parse::ConstraintKind::foreign_key;
    if (!reference && kind != parse::ConstraintKind::check) return;
    if (command.constraint->name.empty())
      return leave(statement, "give the constraint a name, so that it can be validated by a statement of its own");
    if (reference && is_partitioned(now_, alter.relation)) return;
    if (in_transaction) return leave(statement, "NOT VALID wins nothing in one transaction with VALIDATE CONSTRAINT");
    const size_t end = statement.span.offset + statement.span.length;
    const auto validate =
        "\nALTER TABLE " + alter.relation.sql() + " VALIDATE CONSTRAINT " + quote_ident(command.constraint->name) + ";";
    const bool ended = end < text_.size() && text_[end] == ';';
    edits_.push_back({end, " NOT VALID" + std::string(ended ? "" : ";" + validate)});
    if (ended) edits_.push_back({end + 1, validate});
    change(statement, "add-constraint", "the constraint is added NOT VALID, then validated without blocking writers");
  }

  const std::string& text_;
  schema::Catalog now_;
  std::set<QualifiedName> created_;
  std::vector<Edit> edits_;
  InPlace result_;
};

}  // namespace

Result<InPlace> fix_in_place(const migration::File& file, const std::string& text, const schema::Catalog& before) {
  const auto loaded = migration::load_text(file, text);
  Fixer fixer(text, before);
  // A file of one statement is no transaction for these: the runner sends it as it is.
  const bool as_script =
      file.framework == migration::Framework::golang_migrate || file.framework == migration::Framework::prisma;
  const bool alone = as_script && loaded.up.statements.size() == 1;
  bool open = false;
  for (const auto& statement : loaded.up.statements) {
    if (!statement.parsed || statement.has_placeholder) {
      return fail(ErrorCode::input,
                  "line " + std::to_string(statement.span.line) + " cannot be read" +
                      (statement.error.empty() ? "" : ": " + statement.error),
                  "correct the statement, or replace placeholders by their values");
    }
    if (const auto* control = std::get_if<parse::TransactionStatement>(&statement.node)) {
      if (control->kind == parse::TransactionKind::begin) open = true;
      if (control->kind == parse::TransactionKind::commit || control->kind == parse::TransactionKind::rollback)
        open = false;
    }
    fixer.take(statement, open || (loaded.in_transaction && !alone));
  }
  return fixer.finish();
}

}  // namespace bgdb::rewrite
