#include "rewrite/carry.h"

#include <algorithm>

#include "parse/parser.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using Names = std::map<std::string, std::string>;

// Lint sees a constraint that the old version knows nothing of; it does not see what the trigger guarantees.
std::string lint_ignore(const char* rule) {
  return "-- bgdb: ignore " + std::string(rule) +
         " the old columns obey the same, and the sync trigger keeps both equal\n";
}

class Carrier {
 public:
  Carrier(const Draft& draft, const schema::Relation& relation) : relation_(relation), table_(relation.name.sql()) {
    for (const auto& group : draft.groups) {
      if (group.table != relation.name || !group.one_to_one()) continue;
      now_names_[group.olds[0].name] = group.news[0].name;
      final_names_[group.olds[0].name] = group.news[0].final_name;
      if (!group.exact()) lossy_.insert(group.olds[0].name);
    }
    for (const auto& group : draft.groups) {
      if (group.table != relation.name || group.one_to_one()) continue;
      for (const auto& old : group.olds) going_.insert(old.name);
    }
  }

  Carried run() {
    for (const auto& index : relation_.indexes) {
      if (!index.constraint && !index.primary) carry_index(index);
    }
    for (const auto& constraint : relation_.constraints) {
      if (constraint.kind == parse::ConstraintKind::unique) carry_unique(constraint);
      if (constraint.kind == parse::ConstraintKind::check) carry_check(constraint);
      if (constraint.kind == parse::ConstraintKind::foreign_key) carry_foreign_key(constraint);
    }
    return std::move(carried_);
  }

 private:
  // It reads a column that gets a new name, and none that goes for good (then it goes, too, as in the original file).
  bool concerns(const std::vector<std::string>& columns) const {
    const auto in_going = [&](const std::string& name) { return going_.count(name) != 0; };
    const auto mapped = [&](const std::string& name) { return now_names_.count(name) != 0; };
    return std::any_of(columns.begin(), columns.end(), mapped) &&
           std::none_of(columns.begin(), columns.end(), in_going);
  }
  bool lossy(const std::vector<std::string>& columns) const {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const std::string& name) { return lossy_.count(name) != 0; });
  }
  static std::vector<std::string> mapped(std::vector<std::string> columns, const Names& names) {
    for (auto& column : columns) {
      if (const auto found = names.find(column); found != names.end()) column = found->second;
    }
    return columns;
  }
  std::string twin(const std::string& name) const { return object_name("", {name, "_new"}); }
  std::string in_schema(const std::string& name) const { return QualifiedName{relation_.name.schema, name}.sql(); }

  void build(const std::string& name, const std::string& create, bool waits) {
    const bool partitioned = relation_.kind == schema::RelationKind::partitioned_table;
    Step step;
    step.phase = waits ? Phase::contract : Phase::expand;
    step.in_transaction = partitioned;
    const auto drop =
        std::string("DROP INDEX ") + (partitioned ? "" : "CONCURRENTLY ") + "IF EXISTS " + in_schema(name) + ";\n";
    const bool narrows = !waits && create.rfind("CREATE UNIQUE", 0) == 0;
    step.sql = drop + (narrows ? lint_ignore("add-unique") : "") + create +
               ";\n";  // an attempt that died halfway leaves an invalid index
    step.undo = drop;
    step.note = "the twin of an index of " + relation_.name.display();
    (waits ? carried_.contract_before : carried_.expand_unlocked).push_back(std::move(step));
  }
  std::string create_index(bool unique) const {
    const bool partitioned = relation_.kind == schema::RelationKind::partitioned_table;
    return std::string("CREATE ") + (unique ? "UNIQUE " : "") + "INDEX " + (partitioned ? "" : "CONCURRENTLY ");
  }

  void carry_index(const schema::Index& index) {
    auto columns = index.columns_read.empty() ? index.columns : index.columns_read;
    if (!concerns(columns)) return;
    std::string tail =
        " USING " + index.method + " (" + core::quote_ident_list(mapped(index.columns, now_names_)) + ")";
    // The definition behind the table's name, column names replaced: operator classes, order, predicate, options stay.
    if (const auto open = index.definition.find('('); open != std::string::npos) {
      tail = " USING " + index.method + " " +
             rename_columns(index.definition.substr(open), now_names_, {relation_.name.name});
    }
    const auto name = twin(index.name);
    build(name, create_index(index.unique) + quote_ident(name) + " ON " + table_ + tail,
          index.unique && lossy(columns));
    carried_.swap_sql += "ALTER INDEX " + in_schema(name) + " RENAME TO " + quote_ident(index.name) + ";\n";
  }

  void carry_unique(const schema::Constraint& constraint) {
    if (!concerns(constraint.columns)) return;
    const auto columns = core::quote_ident_list(mapped(constraint.columns, now_names_));
    const auto add = "ALTER TABLE " + table_ + " ADD CONSTRAINT " + quote_ident(constraint.name) + " UNIQUE ";
    if (constraint.deferrable) {  // an index checks at once, which the old version is not used to
      carried_.swap_sql +=
          add + "(" + core::quote_ident_list(mapped(constraint.columns, final_names_)) + ") DEFERRABLE;\n";
      return;
    }
    const auto name = twin(constraint.name);
    build(name, create_index(true) + quote_ident(name) + " ON " + table_ + " (" + columns + ")",
          lossy(constraint.columns));
    carried_.swap_sql += add + "USING INDEX " + quote_ident(name) + ";\n";
  }

  // Adds a constraint beside its twin now, or in contract when it could refuse rows of the old version.
  void add_constraint(const schema::Constraint& constraint, const std::string& now, const std::string& finally,
                      bool waits) {
    const auto name = quote_ident(waits ? constraint.name : twin(constraint.name));
    const auto add =
        "ALTER TABLE " + table_ + " ADD CONSTRAINT " + name + " " + (waits ? finally : now) + " NOT VALID;\n";
    const auto validate =
        constraint.valid ? "ALTER TABLE " + table_ + " VALIDATE CONSTRAINT " + name + ";\n" : std::string();
    if (waits) {
      carried_.swap_sql += add;
      carried_.validate_after_sql += validate;
      return;
    }
    carried_.expand_sql +=
        lint_ignore(constraint.kind == parse::ConstraintKind::check ? "add-check" : "add-foreign-key") + add;
    carried_.validate_sql += validate;
    carried_.swap_sql +=
        "ALTER TABLE " + table_ + " RENAME CONSTRAINT " + name + " TO " + quote_ident(constraint.name) + ";\n";
  }

  void carry_check(const schema::Constraint& constraint) {
    const auto expression = parse::parse_expression(constraint.check_sql);
    if (!expression) return;
    std::vector<std::string> columns;
    for (const auto& column : expression->columns) columns.push_back(column.name);
    if (!concerns(columns)) return;
    const auto check = [&](const Names& names) {
      return "CHECK (" + rename_columns(constraint.check_sql, names, {relation_.name.name}) + ")" +
             (constraint.no_inherit ? " NO INHERIT" : "");
    };
    add_constraint(constraint, check(now_names_), check(final_names_), lossy(columns));
  }

  void carry_foreign_key(const schema::Constraint& constraint) {
    if (!concerns(constraint.columns)) return;
    const auto action = [](char code) -> std::string {
      switch (code) {
        case 'r':
          return "RESTRICT";
        case 'c':
          return "CASCADE";
        case 'n':
          return "SET NULL";
        case 'd':
          return "SET DEFAULT";
        default:
          return "NO ACTION";
      }
    };
    const auto key = [&](const Names& names) {
      std::string sql = "FOREIGN KEY (" + core::quote_ident_list(mapped(constraint.columns, names)) + ") REFERENCES " +
                        constraint.referenced.sql();
      if (!constraint.referenced_columns.empty())
        sql += " (" + core::quote_ident_list(constraint.referenced_columns) + ")";
      if (constraint.on_delete != 'a') sql += " ON DELETE " + action(constraint.on_delete);
      if (constraint.on_update != 'a') sql += " ON UPDATE " + action(constraint.on_update);
      return sql + (constraint.deferrable ? " DEFERRABLE" : "");
    };
    add_constraint(constraint, key(now_names_), key(final_names_), lossy(constraint.columns));
  }

  const schema::Relation& relation_;
  std::string table_;
  Names now_names_;
  Names final_names_;
  std::set<std::string> lossy_;
  std::set<std::string> going_;
  Carried carried_;
};

}  // namespace

Carried carry_dependents(const Draft& draft, const QualifiedName& table) {
  const auto* relation = draft.relation(table);
  return relation == nullptr ? Carried{} : Carrier(draft, *relation).run();
}

}  // namespace bgdb::rewrite
