// ALTER TABLE a RENAME TO b, also SET SCHEMA, views and materialized views: b is a simple view over a until contract.
// The old version and replication see nothing of it; PostgreSQL sends what the new version writes to b on to a.
#include "rewrite/recipe.h"
#include "rewrite/shim.h"

namespace bgdb::rewrite {
namespace {

struct Move {
  QualifiedName from;
  QualifiedName to;
  bool view = false;
};

std::optional<Move> move_of(const Draft& draft, const parse::Node& node) {
  using Kind = parse::ObjectKind;
  const auto fits = [](Kind kind) {
    return kind == Kind::table || kind == Kind::view || kind == Kind::materialized_view || kind == Kind::foreign_table;
  };
  if (const auto* rename = std::get_if<parse::Rename>(&node); rename != nullptr && fits(rename->object)) {
    const auto from = draft.now().resolve(rename->relation);
    return Move{from, {from.schema, rename->new_name}};
  }
  if (const auto* move = std::get_if<parse::SetSchema>(&node); move != nullptr && fits(move->object)) {
    const auto from = draft.now().resolve(move->relation);
    return Move{from, {move->new_schema, from.name}};
  }
  return std::nullopt;
}

// Sequences that belong to a column: nobody needs their names but by the column.
bool take_rename_sequence(Draft& draft, const Action& action) {
  const auto* rename = std::get_if<parse::Rename>(&action.statement->node);
  if (rename == nullptr || rename->object != parse::ObjectKind::sequence) return false;
  const auto found = draft.now().sequences.find(draft.now().resolve(rename->relation));
  if (found == draft.now().sequences.end() || found->second.owned_by_column.empty()) return false;
  if (draft.is_new_table(found->second.owned_by_table)) return false;
  draft.change(action, "rename-sequence",
               "sequence " + rename->relation.display() + " gets its new name with contract");
  draft.note("Until contract sequence " + rename->relation.display() +
             " keeps its name; the new version takes values by the default of " +
             found->second.owned_by_table.display() + "." + found->second.owned_by_column + ".");
  draft.wait(Rank::drop, action.sql + ";\n");
  return true;
}

}  // namespace

bool take_rename_table(Draft& draft, const Action& action) {
  if (action.command != nullptr) return false;
  if (take_rename_sequence(draft, action)) return true;
  const auto move = move_of(draft, action.statement->node);
  if (!move || draft.is_new_table(move->from)) return false;
  const auto* relation = draft.relation(move->from);
  if (relation == nullptr) {
    draft.refuse(action, "table " + move->from.display() + " is not known",
                 "give the folder of the earlier migrations with --schema-from");
    return true;
  }
  if (draft.relation(move->to) != nullptr) {
    draft.refuse(action, "the name " + move->to.display() + " is in use until contract",
                 "choose a name that is free, or rename in a migration behind the contract file");
    return true;
  }
  const auto what = move->from.display() + " becomes " + move->to.display();
  draft.change(action, "rename-table", what);
  draft.add_shim(move->from, move->to);
  draft.before_swap += "DROP VIEW " + move->to.sql() + ";\n";
  draft.after_swap += action.sql + ";\n";
  draft.note(move->to.display() +
             " is a view until contract: SELECT, INSERT (also ON CONFLICT), UPDATE and DELETE go through " +
             "it; TRUNCATE, COPY ... FROM, GROUP BY the primary key alone and pg_get_serial_sequence need the table " +
             move->from.display() + ".");
  return true;
}

}  // namespace bgdb::rewrite
