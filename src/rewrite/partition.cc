// ATTACH PARTITION and CREATE TABLE ... PARTITION OF: PostgreSQL reads the new partition, and the default partition for
// rows that belong into the new one, under ACCESS EXCLUSIVE. A CHECK that was validated without blocking anybody says
// the same before, so that ATTACH reads nothing; it goes in the transaction that attaches.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/carry.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/index_build.h"
#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// The bounds as a condition on a row; nothing for a key of several columns, of an expression, or by hash.
std::optional<std::string> bounds_condition(const schema::Relation& parent, const std::string& bound) {
  if (parent.partition_columns.size() != 1 || parent.column(parent.partition_columns[0]) == nullptr) return {};
  const auto key = quote_ident(parent.partition_columns[0]);
  const auto tokens = tokenize(bound);
  // The text inside the brackets behind a word.
  const auto list = [&](std::string_view word) -> std::vector<std::string> {
    const size_t at = find_after(tokens, {word});
    const size_t open = at == std::string::npos ? at : bound.find('(', at);
    const auto close = std::find_if(tokens.begin(), tokens.end(), [&](const Token& token) {
      return token.offset > open && token.depth == 0 && token.is_symbol(")", bound);
    });
    if (open == std::string::npos || close == tokens.end()) return {};
    return split_commas(std::string_view(bound).substr(open + 1, close->offset - open - 1));
  };
  const auto is = [](const std::string& value, std::string_view word) {
    const auto parts = tokenize(value);
    return parts.size() == 1 && parts[0].is_word(word);
  };
  auto values = list("in");
  if (!values.empty()) {
    const bool null = std::erase_if(values, [&](const std::string& value) { return is(value, "null"); }) > 0;
    std::string in;
    for (const auto& value : values) in += (in.empty() ? "" : ", ") + value;
    if (in.empty()) return key + " IS NULL";
    return null ? key + " IS NULL OR " + key + " IN (" + in + ")"
                : key + " IS NOT NULL AND " + key + " IN (" + in + ")";
  }
  const auto from = list("from"), to = list("to");
  if (from.size() != 1 || to.size() != 1) return {};
  auto condition = key + " IS NOT NULL";
  if (!is(from[0], "minvalue")) condition += " AND " + key + " >= " + from[0];
  if (!is(to[0], "maxvalue")) condition += " AND " + key + " < " + to[0];
  return condition;
}

class Attacher {
 public:
  Attacher(Draft& draft, const schema::Relation& parent, QualifiedName child, std::string bound)
      : draft_(draft), parent_(parent.name), child_(std::move(child)), bound_(std::move(bound)) {
    if (const auto condition = bounds_condition(parent, bound_)) condition_ = *condition;
    if (const auto* fallback = draft.now().default_partition(parent_); fallback != nullptr && bound_ != "DEFAULT")
      fallback_ = fallback->name;
  }

  // Behind the steps that spare it all reading: last of all ranks.
  void attach() {
    const auto head = "ALTER TABLE " + parent_.sql();
    std::string sql = head + " ATTACH PARTITION " + child_.sql() + " " + bound_ + ";\n";
    if (!condition_.empty() && !fallback_.name.empty()) sql += clear_fallback();
    if (!condition_.empty() && !draft_.is_new_table(child_)) sql += prove_bounds();
    draft_.backfill.add(Rank::drop, sql, detach_sql(), "the CHECKs say what ATTACH would read the tables for");
    draft_.rows_wait(parent_, Phase::backfill);
    draft_.rows_wait(child_, Phase::backfill);
  }

  // What ATTACH would build or check under its lock is there before.
  void take_over_keys(const std::string& attach_sql) {
    schema::Catalog trial = draft_.now();
    for (const auto& statement : parse::parse_sql(attach_sql).statements) schema::apply(trial, statement);
    const auto* before = draft_.relation(child_);
    const auto* after = trial.relation(child_);
    if (before == nullptr || after == nullptr) return;
    for (const auto& constraint : after->constraints) {
      if (before->constraint(constraint.name) != nullptr) continue;
      parse::Constraint facts;
      facts.kind = constraint.kind;
      facts.columns = constraint.columns;
      facts.deferrable = constraint.deferrable;
      facts.initially_deferred = constraint.initially_deferred;
      add_constraint_steps(draft_, draft_.backfill, {child_, constraint.name, facts, definition(constraint)});
    }
    for (const auto& index : after->indexes) {
      const bool there = std::any_of(before->indexes.begin(), before->indexes.end(),
                                     [&](const schema::Index& own) { return own.name == index.name; });
      if (there || index.constraint) continue;
      const IndexSpec spec{child_, index.name, index.unique, index_tail(index, child_, {})};
      for (auto& step : build_index(draft_.now(), spec, {}))
        draft_.backfill.add(step.in_transaction ? Rank::attach : Rank::build, std::move(step));
    }
  }

  const QualifiedName& fallback() const { return fallback_; }
  bool known() const { return !condition_.empty(); }

 private:
  static std::string definition(const schema::Constraint& constraint) {
    if (constraint.kind != parse::ConstraintKind::foreign_key) return {};
    return "FOREIGN KEY (" + core::quote_ident_list(constraint.columns) + ") REFERENCES " +
           constraint.referenced.sql() +
           (constraint.referenced_columns.empty()
                ? std::string()
                : " (" + core::quote_ident_list(constraint.referenced_columns) + ")") +
           reference_actions_sql(constraint.on_delete, constraint.delete_columns, constraint.on_update);
  }

  // Rows of the new partition must not come into the default one from here on; that ATTACH would refuse, too.
  std::string clear_fallback() {
    draft_.backfill.add(
        Rank::fill,
        rewrite_sql("check_rows.sql",
                    {{"table", fallback_.sql()},
                     {"condition", condition_},
                     {"message", quote_literal(" of the default partition " + fallback_.display() + " belong into " +
                                               child_.display())},
                     {"hint", quote_literal("ATTACH PARTITION refuses them. Move them in one transaction: DELETE ... "
                                            "RETURNING * into the new table; then run this file again.")}}));
    draft_.note("From the start of the backfill until " + child_.display() +
                " is attached, rows between its bounds are refused in " + "the default partition " +
                fallback_.display() + ". ATTACH PARTITION fails while there are any.");
    return add_check(fallback_, "NOT (" + condition_ + ")",
                     "a row that this refuses would make ATTACH PARTITION impossible");
  }

  std::string prove_bounds() {
    draft_.note("From the backfill on rows outside its bounds can no longer be written into " + child_.display() +
                " directly.");
    return add_check(child_, condition_, "the bounds of the partition demand the same");
  }

  // The statement that drops it again.
  std::string add_check(const QualifiedName& table, const std::string& condition, const std::string& reason) {
    const auto name = quote_ident(object_name("bgdb_bounds", {table.name, child_.name}));
    const auto alter = "ALTER TABLE " + table.sql();
    draft_.backfill.add(Rank::check,
                        "-- bgdb: ignore add-check " + reason + "\n" + alter + " ADD CONSTRAINT " + name + " CHECK (" +
                            condition + ") NOT VALID;\n",
                        alter + " DROP CONSTRAINT IF EXISTS " + name + ";\n", "proof for ATTACH PARTITION");
    draft_.backfill.add(Rank::build, alter + " VALIDATE CONSTRAINT " + name + ";\n");
    return alter + " DROP CONSTRAINT " + name + ";\n";
  }

  // Rows that came into a partition of ours go back where they would have been without it.
  std::string detach_sql() {
    auto sql = "ALTER TABLE " + parent_.sql() + " DETACH PARTITION " + child_.sql() + ";\n";
    const auto* child = draft_.relation(child_);
    if (!draft_.is_new_table(child_) || child == nullptr) {
      draft_.note("The undo of ATTACH PARTITION detaches " + child_.display() + " with all its rows: " +
                  parent_.display() + " no longer shows them, those that came in through it included.");
      return sql;
    }
    draft_.note("The undo of ATTACH PARTITION detaches " + child_.display() + " and puts its rows back into " +
                parent_.display() + ", under one lock for as long as that takes; they stay in " + child_.display() +
                ", too, until its own undo drops it.");
    std::vector<std::string> columns;
    for (const auto& column : child->columns) {
      if (!column.generated_sql) columns.push_back(column.name);
    }
    const auto list = core::quote_ident_list(columns);
    return sql + "INSERT INTO " + parent_.sql() + " (" + list + ") OVERRIDING SYSTEM VALUE SELECT " + list + " FROM " +
           child_.sql() + ";\n";
  }

  Draft& draft_;
  QualifiedName parent_;
  QualifiedName child_;
  std::string bound_;
  std::string condition_;
  QualifiedName fallback_;
};

// What follows the bounds: PARTITION BY, WITH, TABLESPACE.
std::string tail_behind(const std::string& sql, const std::string& bound) {
  const size_t at = sql.rfind(bound);
  return at == std::string::npos ? std::string() : std::string(trim(std::string_view(sql).substr(at + bound.size())));
}

bool take_create_partition(Draft& draft, const Action& action, const parse::CreateTable& node) {
  if (!node.partition_of || node.bound_is_default || node.inherits.empty()) return false;
  const auto* parent = draft.relation(node.inherits[0]);
  const auto* fallback = parent == nullptr ? nullptr : draft.now().default_partition(parent->name);
  if (fallback == nullptr || draft.is_new_table(fallback->name)) return false;
  const bool there = node.if_not_exists && draft.relation(node.relation) != nullptr;
  const bool plain = node.columns.empty() && node.constraints.empty() && node.persistence == 'p';
  const auto name = draft.now().resolve(node.relation);
  Attacher attacher(draft, *parent, name, node.bound_sql);
  if (there || !plain || !attacher.known()) return false;
  const auto parent_name = parent->name;
  const auto tail = tail_behind(action.sql, node.bound_sql);
  draft.pass(action,
             "CREATE TABLE " + name.sql() + " (LIKE " + parent_name.sql() +
                 " INCLUDING ALL EXCLUDING IDENTITY EXCLUDING COMMENTS EXCLUDING STATISTICS)" +
                 (tail.empty() ? "" : " " + tail),
             true);
  draft.change(action, "create-partition",
               name.display() + " is made beside " + parent_name.display() +
                   " and attached when its default partition is known to hold no row of it");
  attacher.attach();
  return true;
}

// The old version reads the rows through the parent.
bool take_detach(Draft& draft, const Action& action) {
  if (draft.is_new_table(action.command->relation) || draft.is_new_table(action.alter->relation)) return false;
  draft.change(action, "detach-partition",
               draft.now().resolve(action.command->relation).display() + " is detached with contract");
  draft.wait(action.command->concurrently ? Rank::unlocked : Rank::drop, action.sql + ";\n");
  return true;
}

}  // namespace

bool take_partition(Draft& draft, const Action& action) {
  if (action.command == nullptr) {
    const auto* node = std::get_if<parse::CreateTable>(&action.statement->node);
    return node != nullptr && take_create_partition(draft, action, *node);
  }
  if (action.command->kind == parse::AlterKind::detach_partition) return take_detach(draft, action);
  if (action.command->kind != parse::AlterKind::attach_partition) return false;
  const auto* parent = draft.relation(action.alter->relation);
  const auto child = draft.now().resolve(action.command->relation);
  if (parent == nullptr || draft.relation(child) == nullptr || draft.is_new_table(parent->name)) return false;
  Attacher attacher(draft, *parent, child, action.command->bound_sql);
  const bool fallback_in_use = !attacher.fallback().name.empty() && !draft.is_new_table(attacher.fallback());
  if (draft.is_new_table(child) && !fallback_in_use) return false;
  draft.change(action, "attach-partition",
               child.display() + " is attached to " + parent->name.display() +
                   (attacher.known() ? " when a validated CHECK says what is in it" : ""));
  if (!attacher.known()) {
    draft.note("The bounds of " + child.display() + " are not of one column: ATTACH PARTITION reads it" +
               (fallback_in_use ? ", and the default partition," : "") + " while it is locked.");
  }
  if (!draft.is_new_table(child)) attacher.take_over_keys(action.sql);
  attacher.attach();
  return true;
}

}  // namespace bgdb::rewrite
