// One statement being applied to a catalog: the catalog, what was learnt, and the helpers that all themes (apply_*.cc)
// share. Internal to schema/. Nothing here fails: what the model does not know is noted in `result.unknown`.
#pragma once

#include "schema/apply.h"
#include "schema/code.h"
#include "schema/dependents.h"
#include "schema/resolve.h"

namespace bgdb::schema {

class Applier {
 public:
  Applier(Catalog& catalog, ApplyResult& result) : catalog_(catalog), result_(result) {}
  void run(const parse::Statement& statement);
  void run_in_code(const parse::Statement& statement);

 private:
  // apply.cc
  void dispatch(const parse::Statement& statement);
  void on(const parse::Query& node);
  void on(const parse::SetVariable& node);
  void on(const parse::Comment& node);
  void on(const parse::CreateTrigger& node);
  void on(const parse::PolicyStatement& node);
  void on(const parse::CreateRule& node);
  void on(const parse::CreateStatistics& node);
  bool collides(bool there);
  void run_code(const parse::Node& node);
  void run_body(const parse::ParsedBody& body);
  Relation* find(const QualifiedName& written);        // to change it; notes unknown ones
  const Relation* look(const QualifiedName& written);  // the same, to read it
  void note_unknown(const QualifiedName& name);
  void note_missing(const QualifiedName& relation);
  void note_created(const QualifiedName& name) { result_.created.push_back(name); }
  // Where an object of this written name is created.
  QualifiedName place(const QualifiedName& written, char persistence = 'p') const;
  TypeName resolve_type(TypeName type) const;
  std::vector<QualifiedName> resolve_all(const std::vector<QualifiedName>& written);
  // Children that take over changes of their parent: partitions and inheriting tables.
  std::vector<QualifiedName> children(const QualifiedName& parent) const;

  // apply_create.cc
  void on(const parse::CreateTable& node);
  void on(const parse::CreateTableAs& node);
  void inherit_from(Relation& child, const Relation& parent, bool as_partition);
  void copy_like(Relation& relation, const parse::CreateTable::Like& like);
  void clone_parent_keys(Relation& partition, const Relation& parent);
  static void add_copied_check(Relation& relation, Constraint check);
  bool begin_create(const QualifiedName& name, bool if_not_exists);

  // apply_columns.cc
  Column make_column(const Relation& relation, const parse::ColumnDef& definition);
  void add_sequence(const QualifiedName& relation, const std::string& column, const std::string& type, Column& made,
                    bool identity);
  void add_column(Relation& relation, const parse::AlterCommand& command);
  void drop_column(Relation& relation, const parse::AlterCommand& command, bool only);
  void rename_column(Relation& relation, const std::string& column, const std::string& new_name);
  void drop_identity(Column& column, const QualifiedName& relation);

  // apply_constraints.cc
  void add_constraints(Relation& relation, const std::vector<parse::Constraint>& constraints);
  void add_constraint(Relation& relation, const parse::Constraint& constraint);
  void set_not_null(Relation& relation, const std::vector<std::string>& columns);
  void add_key(Relation& relation, const parse::Constraint& constraint);
  void add_foreign_key(Relation& relation, const parse::Constraint& constraint);
  void inherit_foreign_key(Relation& partition, const Constraint& key);
  void add_check(Relation& relation, const parse::Constraint& constraint, const std::string& name, bool inherited);
  static void find_referenced_key(const Relation& target, Constraint& made);
  void drop_constraint(Relation& relation, const parse::AlterCommand& command, bool only);
  void validate_constraint(Relation& relation, const std::string& name);

  // apply_index.cc
  void on(const parse::CreateIndex& node, const std::string& text);
  void create_index_on(Relation& relation, const parse::CreateIndex& node, const std::string& text, std::string name,
                       const std::string& parent);
  void clone_index(Relation& relation, const Index& original, const Constraint* original_constraint, bool as_partition);

  bool casts_to_own_type(const Relation& relation, const parse::Expr& expr) const;
  static bool same_index(const Index& own, const Index& of_parent);
  bool adopt_index(Relation& partition, const Index& of_parent, const Constraint* constraint);

  // apply_alter.cc
  void on(const parse::AlterTable& node);
  void alter_command(Relation& relation, const parse::AlterCommand& command, bool only);
  void alter_column(Relation& relation, const parse::AlterCommand& command, bool only);
  void alter_trigger(Relation& relation, const parse::AlterCommand& command);
  void attach_partition(Relation& parent, const parse::AlterCommand& command);
  void detach_partition(const Relation& parent, Relation& partition);
  bool descends(const QualifiedName& name, const QualifiedName& ancestor) const;
  void join_parent(Relation& child, const Relation& parent);
  void leave_parent(Relation& child, const Relation& parent);
  void copy_row_triggers(Relation& partition, const Relation& parent);
  void validate_parent_index(Relation& parent, const std::string& name);
  void alter_composite(const parse::AlterTable& node);

  // apply_grants.cc
  void on(const parse::Grant& node);

  // apply_views.cc
  void on(const parse::CreateView& node);
  ResolvedQuery resolve_shape(const std::shared_ptr<const parse::QueryShape>& shape);

  // apply_types.cc
  void on(const parse::CreateEnum& node);
  void on(const parse::AlterEnum& node);
  void on(const parse::CreateType& node);
  void create_other_type(const parse::CreateType& node, const QualifiedName& name);
  void on(const parse::CreateDomain& node);
  void on(const parse::AlterDomain& node);
  void on(const parse::CreateSequence& node);
  void on(const parse::AlterSequence& node);
  void on(const parse::CreateFunction& node);
  void on(const parse::CreateSchema& node);
  void on(const parse::CreateExtension& node);

  // apply_drop.cc
  void on(const parse::Drop& node);
  std::optional<Thing> find_thing(parse::ObjectKind kind, const parse::Drop::Item& item, bool if_exists);
  std::optional<Thing> find_part(parse::ObjectKind kind, const parse::Drop::Item& item, bool if_exists);
  bool type_known(const QualifiedName& name) const;
  const Function* find_function(const QualifiedName& written, const std::vector<TypeName>& arguments,
                                bool arguments_given) const;
  static bool same_arguments(const std::vector<TypeName>& left, const std::vector<TypeName>& right);

  // apply_remove.cc
  enum class Removal {
    restrict,  // dependents refuse it: noted, and it goes nevertheless (the history has run)
    cascade,
    replace,  // the file says that it was not there
  };
  void remove(const std::vector<Thing>& things, Removal how);
  void erase(const Thing& thing);
  void erase_part(const Thing& thing);
  void erase_column(Relation& relation, const std::string& name);
  void erase_constraint(Relation& relation, const std::string& name);
  void erase_index(Relation& relation, const std::string& name);
  void drop_relation(const QualifiedName& name);

  // apply_rename.cc
  void on(const parse::Rename& node);
  void on(const parse::SetSchema& node);
  void move_relation(const QualifiedName& from, const QualifiedName& to);
  void move_sequence(const QualifiedName& from, const QualifiedName& to);
  void move_type(const QualifiedName& from, const QualifiedName& to);
  void follow_type(const QualifiedName& from, const QualifiedName& to);
  void move_function(const QualifiedName& written, const std::vector<TypeName>& arguments, bool arguments_given,
                     const QualifiedName& to);
  void follow_index(Relation& relation, const std::string& from, const std::string& to);
  void rename_trigger(Relation& relation, const std::string& from, const std::string& to);
  void rename_relation_like(const parse::Rename& node);
  void rename_constraint(Relation& relation, const std::string& from, const std::string& to);
  void rename_schema(const std::string& from, const std::string& to);

  template <class Node>
  void on(const Node&) {}  // changes no schema

  Catalog& catalog_;
  ApplyResult& result_;
  bool tolerant_ = false;  // inside code: what exists already stays
  int depth_ = 0;          // of calls being followed
};

// True for names in the server's own schemas, which no migration creates.
bool is_system(const QualifiedName& name);

}  // namespace bgdb::schema
