// ADD COLUMN whose value differs by row, which must have a value, or which brings constraints: PostgreSQL would rewrite
// or scan the table under an exclusive lock. The column comes empty; what it gets by itself (default, sequence) holds
// for new rows at once and is filled into the old ones in batches; constraints follow behind the fill.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/backfill.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

bool is_serial(const parse::ColumnDef& column) {
  return column.type.name.rfind("serial", 0) == 0;
}

// The sequence that the column gets.
QualifiedName sequence_made(const Draft& draft, const Action& action) {
  schema::Catalog trial = draft.original();
  for (const auto& statement : parse::parse_sql(action.sql).statements) schema::apply(trial, statement);
  for (const auto& [name, sequence] : trial.sequences) {
    if (draft.original().sequences.count(name) == 0 && draft.now().sequences.count(name) == 0) return name;
  }
  const auto table = draft.now().resolve(action.alter->relation);
  return {table.schema, object_name("", {table.name, action.command->column->name, "seq"})};
}

class ColumnAdder {
 public:
  ColumnAdder(Draft& draft, const Action& action)
      : draft_(draft),
        action_(action),
        column_(*action.command->column),
        table_(draft.now().resolve(action.alter->relation)),
        alter_("ALTER TABLE " + table_.sql()),
        name_(quote_ident(column_.name)) {}

  void run() {
    const bool sequence = is_serial(column_) || column_.identity != 0;
    const bool changing = sequence || (column_.default_value && !is_stable_default(column_.default_value->sql));
    made_ = constraints_made(draft_, action_);
    const auto type = resolved_type(column_.type, draft_.now()).sql;
    std::string sql = alter_ + " ADD COLUMN " + (action_.command->if_not_exists ? "IF NOT EXISTS " : "") + name_ + " " +
                      type + (column_.collation.empty() ? "" : " COLLATE " + quote_ident(column_.collation));
    if (!changing && column_.default_value) {
      sql += " DEFAULT " + column_.default_value->sql + (column_.not_null ? " NOT NULL" : "");
    }
    if (sequence) sequence_ = sequence_made(draft_, action_);
    draft_.pass(action_, sql, true);
    if (sequence) {
      make_sequence(type);
    } else if (changing) {
      draft_.pass(action_, alter_ + " ALTER COLUMN " + name_ + " SET DEFAULT " + column_.default_value->sql, true);
    }
    draft_.change(action_, "add-column", what(changing));
    if (changing) fill();
    require_value(sequence, changing);
    for (const auto& constraint : made_) add_constraint_steps(draft_, draft_.backfill, constraint);
    if (column_.identity != 0) become_identity();
  }

 private:
  std::string what(bool changing) const {
    const auto here = table_.display() + "." + column_.name;
    if (changing) return here + " is added empty, filled in batches, then gets its constraints";
    return here + " is added, its constraints follow without blocking writers";
  }

  void make_sequence(const std::string& type) {
    const auto sequence = sequence_.sql();
    draft_.pass(action_,
                "CREATE SEQUENCE " + sequence + " AS " + type +
                    (is_serial(column_) ? " OWNED BY " + table_.sql() + "." + name_ : std::string()),
                true);
    draft_.pass(action_,
                alter_ + " ALTER COLUMN " + name_ + " SET DEFAULT nextval(" + quote_literal(sequence) + "::regclass)",
                true);
  }

  void fill() {
    Step step;
    step.in_transaction = false;
    step.sql = batches_sql(
        draft_.now(), table_, name_ + " = DEFAULT", name_ + " IS NULL",
        "Fills " + column_.name + " of " + table_.display() + " for the rows that were there before.", Reach::all);
    step.note = "rows that were there before";
    draft_.backfill.add(Rank::fill, std::move(step));
    draft_.rows_wait(table_, Phase::backfill);
  }

  void require_value(bool sequence, bool changing) {
    const bool in_key = std::any_of(made_.begin(), made_.end(), [](const NamedConstraint& one) {
      return one.facts.kind == parse::ConstraintKind::primary_key;
    });
    const ColumnKey key{table_, column_.name};
    if (changing) {
      if (column_.not_null || sequence) draft_.narrow(draft_.backfill, key);
      return;
    }
    if (column_.default_value || (!column_.not_null && !in_key)) return;
    const auto fill = draft_.directive("fill", table_, column_.name);
    if (!fill.empty()) {
      draft_.add_fill({table_, {column_.name}, name_ + " = " + fill, name_ + " IS NULL"});
      draft_.rows_wait(table_, Phase::backfill);
    } else {
      draft_.note(
          "Rows of the old version have no " + table_.display() + "." + column_.name +
          ", and the file does not say which value they get. Contract refuses while there are such rows. To have "
          "them filled write: -- bgdb: fill " +
          column_.name + "=<expression>, and rewrite again.");
    }
    draft_.not_null.push_back(key);
  }

  // ADD GENERATED wants a NOT NULL column without a default, and makes its own sequence: this one goes on where the
  // other stood.
  void become_identity() {
    draft_.backfill.add(
        Rank::attach,
        rewrite_sql("become_identity.sql", {{"table", table_.sql()},
                                            {"column", name_},
                                            {"sequence", sequence_.sql()},
                                            {"sequence_literal", quote_literal(sequence_.sql())},
                                            {"kind", column_.identity == 'a' ? "ALWAYS" : "BY DEFAULT"}}),
        alter_ + " ALTER COLUMN " + name_ + " DROP IDENTITY IF EXISTS;\n",
        "the sequence becomes the column's identity");
  }

  Draft& draft_;
  const Action& action_;
  const parse::ColumnDef& column_;
  QualifiedName table_;
  std::string alter_;
  std::string name_;
  QualifiedName sequence_;
  std::vector<NamedConstraint> made_;
};

// Everything is added at once by a short lock on the catalog.
bool is_harmless(const parse::ColumnDef& column) {
  const bool stable = !column.default_value || is_stable_default(column.default_value->sql);
  const bool required = column.not_null && !column.default_value;
  return stable && !required && column.identity == 0 && !column.generated && !is_serial(column) &&
         column.constraints.empty();
}

bool mentioned_later(const Draft& draft, const Action& action, const std::string& name) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    if (!action.is_before(statement)) return false;
    const auto tokens = tokenize(statement.text);
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& t) { return t.is_name() && t.name == name; });
  });
}

// DROP COLUMN c and ADD COLUMN c: two columns that have nothing but the name in common. The new one is <c>__new until
// then.
bool take_second_column(Draft& draft, const Action& action, const QualifiedName& table) {
  const auto& column = *action.command->column;
  const auto* original = draft.original().relation(table);
  const bool dropped = original != nullptr && original->column(column.name) == nullptr;
  const bool plain = column.constraints.empty() && column.identity == 0 && !column.generated && !is_serial(column) &&
                     (!column.default_value || is_stable_default(column.default_value->sql));
  if (!dropped || !plain || mentioned_later(draft, action, column.name)) return false;
  if (draft.group_of_old(table, column.name) != nullptr) return false;
  const auto twin = object_name("", {column.name, "_new"});
  const auto alter = "ALTER TABLE " + table.sql();
  const auto value = column.default_value ? " DEFAULT " + column.default_value->sql : std::string();
  draft.pass(action,
             alter + " ADD COLUMN " + quote_ident(twin) + " " + resolved_type(column.type, draft.now()).sql +
                 (column.collation.empty() ? "" : " COLLATE " + quote_ident(column.collation)) + value +
                 (column.not_null && column.default_value ? " NOT NULL" : ""),
             true);
  draft.wait(Rank::drop, alter + " RENAME COLUMN " + quote_ident(twin) + " TO " + quote_ident(column.name) + ";\n");
  if (column.not_null && !column.default_value) draft.not_null.push_back({table, twin});
  const auto here = table.display() + "." + column.name;
  draft.change(action, "replace-column", "the new column " + here + " is " + twin + " until contract");
  draft.note("Until contract the new column " + here + " is " + twin +
             "; contract drops the old one and renames it in one " +
             "transaction. The version that runs meanwhile must not name either of them.");
  return true;
}

}  // namespace

bool take_add_column(Draft& draft, const Action& action) {
  if (action.command == nullptr || action.command->kind != parse::AlterKind::add_column || !action.command->column)
    return false;
  const auto& column = *action.command->column;
  const auto* known = draft.relation(action.alter->relation);
  const bool taken = known != nullptr && known->column(column.name) != nullptr;
  if (draft.is_new_table(action.alter->relation) || (is_harmless(column) && !taken)) return false;
  const auto table = draft.now().resolve(action.alter->relation);
  const auto here = table.display() + "." + column.name;
  const auto* relation = draft.relation(table);
  if (relation == nullptr) {
    draft.refuse(action, "table " + table.display() + " is not known",
                 "give the folder of the earlier migrations with --schema-from");
    return true;
  }
  if (relation->column(column.name) != nullptr) {
    if (action.command->if_not_exists) return false;
    if (take_second_column(draft, action, table)) return true;
    draft.refuse(action, "column " + here + " is there until contract, so nothing else can have the name in expand",
                 "give the new column another name; or keep the column and change its type with ALTER COLUMN ... TYPE");
    return true;
  }
  const auto tokens = tokenize(action.sql);
  const size_t identity = column.identity != 0 ? find_after(tokens, {"as", "identity"}) : std::string::npos;
  if (identity != std::string::npos && trim(std::string_view(action.sql).substr(identity)).rfind('(', 0) == 0) {
    draft.refuse(action, "identity column " + here + " has options of its own",
                 "add the column with GENERATED ... AS IDENTITY alone and set the options in a migration behind it");
    return true;
  }
  ColumnAdder(draft, action).run();
  return true;
}

}  // namespace bgdb::rewrite
