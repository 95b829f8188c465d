// The workbench of the effect files: looks names up, and fills one Action with effects. Internal to lint/.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lint/effects.h"
#include "lint/release.h"

namespace bgdb::lint {

// A relation as a statement names it.
struct Target {
  QualifiedName name;                          // resolved
  const schema::Relation* relation = nullptr;  // nullptr: the model does not know it
  bool born = false;                           // created in this release, or temporary
  bool absent = false;                         // IF EXISTS would find nothing: the history is known and it is not there
};

class Scope {
 public:
  Scope(const parse::Statement& statement, const schema::Catalog& before, const Context& context, Effects& out)
      : statement(statement), before(before), context(context), out(out) {}

  const parse::Statement& statement;
  const schema::Catalog& before;
  const Context& context;
  Effects& out;

  Target target(const QualifiedName& written) const;
  bool born_column(const Target& target, const std::string& column) const;
  bool born_type(const QualifiedName& written) const;
  bool born_function(const QualifiedName& written) const;
  // Known now, and not when the release began.
  bool born_sequence(const QualifiedName& written) const;
  bool born_part(const Target& target, const std::string& trigger_or_policy) const;
  QualifiedName resolve(const QualifiedName& written) const { return before.resolve(written); }

  // Partitions and inheriting tables of all levels.
  std::vector<Target> heirs(const Target& target) const;
  // Views that stand on the relation, and views on those.
  std::vector<Target> views_above(const Target& target) const;

  // While set, what an action does to this table it also does to its heirs.
  const Target* family = nullptr;
  bool only = false;  // ALTER TABLE ONLY

  Action action(std::string kind) const;
  Action action(std::string kind, const Target& target) const;
  // Sums its effects into `out`. What it does to the rows of a partitioned table it does to the partitions.
  void add(Action action);

 private:
  void spread(Action& action) const;
  core::SharedList<RelationEffect> with_rows(const core::SharedList<RelationEffect>& effects) const;
};

void merge(EffectSet& into, const EffectSet& from);

// Effects on one action. Nothing is added twice.
void lock(Action& action, const Target& target, LockMode mode);
void lock_heirs(const Scope& scope, Action& action, const Target& target, LockMode mode);
// ALTER TABLE ONLY that takes something away: it becomes the children's own.
void lock_children(const Scope& scope, Action& action, const Target& target);
// The table and, when it is partitioned, its partitions.
void lock_whole(const Scope& scope, Action& action, const Target& target, LockMode mode);
struct ForeignKey {
  const schema::Relation* table = nullptr;
  const schema::Constraint* constraint = nullptr;
};
// Foreign keys, also its own, that point to one of the table's columns (none given: to any).
std::vector<ForeignKey> foreign_keys_to(const Scope& scope, const Target& target,
                                        const std::vector<std::string>& columns);
void views_go(const Scope& scope, Action& action, const Target& view);  // dropped by CASCADE, with the views on it
// A value that ALTER TYPE added to an enum in this very transaction cannot be used before it ends. `about(type)`: the
// constants can be values of that type.
void uses_new_enum_value(const Scope& scope, Action& action, const std::vector<std::string>& constants,
                         const std::function<bool(const QualifiedName& type)>& about);
// The same for a default.
void uses_new_enum_value(const Scope& scope, Action& action, const parse::TypeName& type, const parse::Expr& value);
// A valid CHECK or NOT NULL constraint says that the column holds no NULL.
bool proven_not_null(const schema::Relation& relation, const std::string& column);
inline bool is_partitioned(const Target& target) {
  return target.relation != nullptr && target.relation->kind == schema::RelationKind::partitioned_table;
}
void lock_index(Action& action, const Target& table, const std::string& index, LockMode mode);
void lock_indexes(Action& action, const Target& table, LockMode mode);  // all of them
void lock_sequence(const Scope& scope, Action& action, const QualifiedName& written, LockMode mode);
void rewrite(Action& action, const Target& target);  // and its indexes
// A file that does not come from the old one (TRUNCATE, REFRESH); its indexes are built by reading it.
void new_file(Action& action, const Target& target);
void scan(Action& action, const Target& target);
void index_build(Action& action, const Target& target);
void replication(Action& action, Replication kind, const QualifiedName& table, std::string reason);
inline void breaks(Action& action, std::string kind, std::string object) {
  action.effects.breaks.push_back({std::move(kind), std::move(object)});
}
inline void narrows(Action& action, std::string kind, std::string object) {
  action.effects.narrows.push_back({std::move(kind), std::move(object)});
}
inline void widens(Action& action, std::string kind, std::string object) {
  action.effects.widens.push_back({std::move(kind), std::move(object)});
}
inline void loses(Action& action, std::string kind, std::string object) {
  action.effects.loses.push_back({std::move(kind), std::move(object)});
}
inline void irreversible(Action& action, std::string kind, std::string object) {
  action.effects.irreversible.push_back({std::move(kind), std::move(object)});
}
inline void fails(Action& action, std::string kind, std::string object) {
  action.effects.fails.push_back({std::move(kind), std::move(object)});
}

// Views that certainly read the column: it is named in them, and no other relation they read has a column of that name.
std::vector<const schema::Relation*> views_naming(const schema::Catalog& catalog, const QualifiedName& relation,
                                                  const std::string& column);

// A statement that drops or retypes the column is refused for policies, triggers and generated columns that name it.
void refused_by_users(const Scope& scope, Action& action, const Target& target, const std::string& column);

// Nobody calls a trigger function by name, and triggers follow its renames: it goes or moves without harm of its own.
bool is_trigger_function(const schema::Catalog& catalog, const QualifiedName& name);
// A column of some table has the type (enum, composite or domain).
bool type_is_used(const schema::Catalog& catalog, const QualifiedName& type);

std::string column_path(const QualifiedName& relation, std::string_view column);  // schema.table.column

// One function per family of statements; each adds its actions to the scope.
void alter_table_effects(Scope& scope, const parse::AlterTable& alter);
void column_command_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
// Commands that only take a lock.
void lock_only(Scope& scope, const Target& target, const parse::AlterCommand& command, std::string kind, LockMode mode);
void add_column_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void add_constraint_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void alter_constraint_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void drop_constraint_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void alter_type_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void attach_partition_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void detach_partition_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);
void storage_effects(Scope& scope, const Target& target, const parse::AlterCommand& command);

void create_table_effects(Scope& scope, const parse::CreateTable& create);
void create_table_as_effects(Scope& scope, const parse::CreateTableAs& create);
void rename_effects(Scope& scope, const parse::Rename& rename);
void set_schema_effects(Scope& scope, const parse::SetSchema& move);
void drop_effects(Scope& scope, const parse::Drop& drop);
void dependents_effects(const Scope& scope, Action& action, const parse::Drop& drop, const QualifiedName& name);
void drop_relation_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item);
void drop_code_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item);
void drop_index_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item);

// What an index is over: columns, and expressions as SQL; its predicate, "?" when that is not known.
struct IndexShape {
  std::vector<std::string> elements;
  std::string predicate;
};
IndexShape shape_of(const schema::Index& index);
// REFRESH ... CONCURRENTLY has the unique index over plain columns and all rows that it asks for, also without `gone`.
bool concurrently_refreshable(const schema::Relation& view, const std::string& gone);
void create_index_effects(Scope& scope, const parse::CreateIndex& create);
void reindex_effects(Scope& scope, const parse::Reindex& reindex);

void query_effects(Scope& scope, const parse::Query& query);
// What happens to rows of a table.
struct Writing {
  bool insert = false, update = false, remove = false, truncate = false;
  std::vector<std::string> columns{};  // that an UPDATE sets; empty: any
};
// Rows that its common table expressions write.
void changes_on_the_way(const Scope& scope, Action& action, const parse::Query& query);
// What triggers and foreign keys do because of it, as one action "trigger".
void fired_effects(Scope& scope, const std::vector<std::pair<Target, Writing>>& writes);
void truncate_effects(Scope& scope, const parse::Truncate& truncate);
void copy_effects(Scope& scope, const parse::Copy& copy);
void maintenance_effects(Scope& scope, const parse::Cluster& cluster);
void maintenance_effects(Scope& scope, const parse::Vacuum& vacuum);
void lock_effects(Scope& scope, const parse::Lock& lock);

void alter_enum_effects(Scope& scope, const parse::AlterEnum& alter);
void composite_effects(Scope& scope, Action& action, const parse::AlterTable& alter);
void alter_domain_effects(Scope& scope, const parse::AlterDomain& alter);

void create_view_effects(Scope& scope, const parse::CreateView& create);
void refresh_effects(Scope& scope, const parse::Refresh& refresh);

void create_function_effects(Scope& scope, const parse::CreateFunction& create);
void create_trigger_effects(Scope& scope, const parse::CreateTrigger& create);
// The trigger inserts NULLs that the row may hold where none is allowed.
bool passes_null_on(const Scope& scope, const Target& target, const parse::CreateTrigger& create,
                    const std::string& body);
void create_rule_effects(Scope& scope, const parse::CreateRule& create);
void replaced_trigger_function(Scope& scope, Action& action, const schema::Function& old,
                               const parse::CreateFunction& create);
void do_block_effects(Scope& scope, const parse::DoBlock& block);
// What the functions that the statement calls do, as far as their bodies are known; tells which were followed.
std::set<QualifiedName> called_code_effects(Scope& scope);

void grant_effects(Scope& scope, const parse::Grant& grant);
std::vector<std::string> rights_of_applications(parse::ObjectKind kind);  // sorted
void owner_effects(Scope& scope, const parse::OwnerChange& change);
void policy_effects(Scope& scope, const parse::PolicyStatement& policy);
void publication_effects(Scope& scope, const parse::PublicationStatement& publication);
void transaction_effects(Scope& scope, const parse::TransactionStatement& statement);
void setting_effects(Scope& scope, const parse::SetVariable& setting);
// CREATE ROLE, ALTER ROLE, and settings that are stored for a role or a database.
void role_effects(Scope& scope, const parse::RoleStatement& role);

// Whether what the statement names exists, and what it makes does not: where the model knows, the statement's own
// failure is told.
void existence_effects(Scope& scope);

// "table", "materialized-view", "function" ...; "object" for kinds that have no word of their own.
std::string object_text(parse::ObjectKind kind);

}  // namespace bgdb::lint
