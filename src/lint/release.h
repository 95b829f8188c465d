// What was born in the release under judgement. A new table, column, type, function, index or constraint has no old
// reader, so nothing done to it can break one. Names follow renames. A value: copied at BEGIN, restored at ROLLBACK;
// copies are cheap.
#pragma once

#include <string>
#include <utility>

#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::lint {

class Release {
 public:
  // Call once per statement, with the schema before it.
  void note(const parse::Statement& statement, const schema::Catalog& before);
  void note_relation(const QualifiedName& name) { relations_.insert(name); }
  // After ALTER TABLE: constraints whose names PostgreSQL chose. `old`: those before.
  void note_constraints(const core::SharedList<schema::Constraint>& old, const schema::Relation& now);

  bool relation(const QualifiedName& name) const { return relations_.count(name) > 0; }
  bool column(const QualifiedName& relation, const std::string& column) const {
    return relations_.count(relation) > 0 || columns_.count({relation, column}) > 0;
  }
  // A column of this release: no row is left without the value that it has by itself.
  bool filled(const QualifiedName& relation, const std::string& column) const {
    return relations_.count(relation) > 0 || filled_.count({relation, column}) > 0;
  }
  bool constraint(const QualifiedName& relation, const std::string& name) const {
    return relations_.count(relation) > 0 || constraints_.count({relation, name}) > 0;
  }
  bool type(const QualifiedName& name) const { return types_.count(name) > 0; }
  bool function(const QualifiedName& name) const { return functions_.count(name) > 0; }
  bool schema(const std::string& name) const { return schemas_.count(name) > 0; }
  bool role(const std::string& name) const { return roles_.count(name) > 0; }
  bool index(const QualifiedName& name) const { return indexes_.count(name) > 0; }
  // SQL ran that could not be read: it may have made and dropped anything.
  void note_unseen() { unseen_ = true; }
  bool unseen() const { return unseen_; }

 private:
  void note_rename(const parse::Rename& rename, const schema::Catalog& before);
  void note_alter(const parse::AlterTable& alter, const schema::Catalog& before);
  void note_update(const parse::Query& query, std::string_view text, const schema::Catalog& before);
  void move_relation(const QualifiedName& from, const QualifiedName& to);

  core::PersistentSet<QualifiedName> relations_, types_, functions_, indexes_;
  core::PersistentSet<std::pair<QualifiedName, std::string>> columns_, filled_, constraints_;
  core::PersistentSet<std::string> schemas_, roles_;
  bool unseen_ = false;
};

}  // namespace bgdb::lint
