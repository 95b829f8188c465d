// Foreign keys of a replaced column, both ways. One that refers to a new column waits until the column is filled:
// before that it would refuse references to rows that the backfill has not reached. See carry.h.
#include <algorithm>

#include "rewrite/carry.h"
#include "rewrite/constraint_steps.h"
#include "rewrite/index_build.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

std::string key_sql(const schema::Constraint& constraint, const Names& own, const Names& theirs) {
  std::string sql = "FOREIGN KEY (" + core::quote_ident_list(mapped(constraint.columns, own)) + ") REFERENCES " +
                    constraint.referenced.sql();
  if (!constraint.referenced_columns.empty())
    sql += " (" + core::quote_ident_list(mapped(constraint.referenced_columns, theirs)) + ")";
  sql += reference_actions_sql(constraint.on_delete, mapped(constraint.delete_columns, own), constraint.on_update);
  return sql + (constraint.deferrable ? " DEFERRABLE" : "") +
         (constraint.initially_deferred ? " INITIALLY DEFERRED" : "");
}

class ReferenceCarrier {
 public:
  ReferenceCarrier(const Draft& draft, const schema::Relation& relation, Carried& carried)
      : draft_(draft), relation_(relation), names_(column_names(draft, relation.name)), carried_(carried) {}

  void run() {
    for (const auto& constraint : relation_.constraints) {
      if (constraint.kind != parse::ConstraintKind::foreign_key) continue;
      const bool own = concerns(constraint.columns, names_.now, names_.going);
      if (own && !refers_to_replaced(constraint)) carry_own(constraint);
    }
    if (names_.now.empty()) return;
    for (const auto* other : draft_.now().referencing(relation_.name)) {
      if (other->partition_of) continue;
      for (const auto& constraint : other->constraints) {
        if (constraint.kind == parse::ConstraintKind::foreign_key &&
            draft_.now().resolve(constraint.referenced) == relation_.name && refers_to_replaced(constraint)) {
          carry_incoming(*other, constraint);
        }
      }
    }
  }

 private:
  bool refers_to_replaced(const schema::Constraint& constraint) const {
    const auto names = column_names(draft_, draft_.now().resolve(constraint.referenced));
    return concerns(constraint.referenced_columns, names.now, {});
  }

  // Where the conversion can lose a value, the twin would refuse rows of the old version: it waits for contract.
  static bool waits(const schema::Constraint& constraint, const ColumnNames& own) {
    return std::any_of(constraint.columns.begin(), constraint.columns.end(),
                       [&](const std::string& column) { return own.lossy.count(column) != 0; });
  }

  void carry_own(const schema::Constraint& constraint) {
    const auto table = "ALTER TABLE " + relation_.name.sql();
    const auto validate = [&](const std::string& alter, const std::string& name) {
      return constraint.valid ? alter + " VALIDATE CONSTRAINT " + quote_ident(name) + ";\n" : std::string();
    };
    if (waits(constraint, names_)) {
      carried_.swap_sql += table + " ADD CONSTRAINT " + quote_ident(constraint.name) + " " +
                           key_sql(constraint, names_.finally, {}) + " NOT VALID;\n";
      carried_.validate_after_sql += validate(table, constraint.name);
      return;
    }
    if (is_partitioned(draft_.now(), relation_.name)) return carry_own_by_partition(constraint);
    const auto twin = twin_name(constraint.name);
    carried_.expand_sql +=
        table + " ADD CONSTRAINT " + quote_ident(twin) + " " + key_sql(constraint, names_.now, {}) + " NOT VALID;\n";
    carried_.validate_sql += validate(table, twin);
    carried_.swap_sql +=
        table + " RENAME CONSTRAINT " + quote_ident(twin) + " TO " + quote_ident(constraint.name) + ";\n";
  }

  // A partitioned table takes no NOT VALID key: each partition gets its own, which contract puts under the parent's.
  void carry_own_by_partition(const schema::Constraint& constraint) {
    carried_.drop_references_sql +=
        "ALTER TABLE " + relation_.name.sql() + " DROP CONSTRAINT " + quote_ident(constraint.name) + ";\n";
    for (const auto* leaf : leaves_of(draft_.now(), relation_.name)) {
      const auto alter = "ALTER TABLE " + leaf->name.sql();
      std::string name = constraint.name;
      for (const auto& own : leaf->constraints) {
        if (own.kind == constraint.kind && own.columns == constraint.columns && own.referenced == constraint.referenced)
          name = own.name;
      }
      const auto twin = twin_name(name);
      carried_.expand_sql +=
          alter + " ADD CONSTRAINT " + quote_ident(twin) + " " + key_sql(constraint, names_.now, {}) + " NOT VALID;\n";
      carried_.validate_sql += alter + " VALIDATE CONSTRAINT " + quote_ident(twin) + ";\n";
      carried_.swap_sql += alter + " RENAME CONSTRAINT " + quote_ident(twin) + " TO " + quote_ident(name) + ";\n";
    }
    carried_.swap_sql += "ALTER TABLE " + relation_.name.sql() + " ADD CONSTRAINT " + quote_ident(constraint.name) +
                         " " + key_sql(constraint, names_.finally, {}) + ";\n";
  }

  void carry_incoming(const schema::Relation& other, const schema::Constraint& constraint) {
    carried_.tables.insert(other.name);
    carried_.tables.insert(relation_.name);
    const auto theirs = column_names(draft_, other.name);
    const auto table = "ALTER TABLE " + other.name.sql();
    const auto name = quote_ident(constraint.name);
    const auto twin = quote_ident(twin_name(constraint.name));
    carried_.drop_references_sql += table + " DROP CONSTRAINT " + name + ";\n";
    if (waits(constraint, theirs)) {
      carried_.swap_sql += table + " ADD CONSTRAINT " + name + " " +
                           key_sql(constraint, theirs.finally, names_.finally) + " NOT VALID;\n";
      if (constraint.valid) carried_.validate_after_sql += table + " VALIDATE CONSTRAINT " + name + ";\n";
      return;
    }
    Step step;
    step.sql = table + " DROP CONSTRAINT IF EXISTS " + twin + ";\n" + table + " ADD CONSTRAINT " + twin + " " +
               key_sql(constraint, theirs.now, names_.now) + " NOT VALID;\n";
    step.undo = table + " DROP CONSTRAINT IF EXISTS " + twin + ";\n";
    step.note = "refers to the new column, which is filled by now";
    carried_.references.push_back(std::move(step));
    if (constraint.valid) carried_.validate_references_sql += table + " VALIDATE CONSTRAINT " + twin + ";\n";
    carried_.swap_sql += table + " RENAME CONSTRAINT " + twin + " TO " + name + ";\n";
  }

  const Draft& draft_;
  const schema::Relation& relation_;
  ColumnNames names_;
  Carried& carried_;
};

}  // namespace

void carry_foreign_keys(const Draft& draft, const schema::Relation& relation, Carried& carried) {
  ReferenceCarrier(draft, relation, carried).run();
}

}  // namespace bgdb::rewrite
