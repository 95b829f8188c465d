// What the recipes of one file agreed on before it is written down as steps: columns to be kept equal, NULLs to be
// filled, statements that wait for contract. Recipes fill it; assemble.cc turns it into a Plan. Internal to rewrite/.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rewrite/rewrite.h"
#include "schema/apply.h"

namespace bgdb::rewrite {

// A column that goes away with contract.
struct OldColumn {
  std::string name;
  parse::TypeName type;
  std::string collation;
  std::optional<std::string> default_sql;
  char identity = 0;
  std::string reverse_sql{};  // its value, over the names of the new columns; fails for values it cannot hold
};

// A column that stays.
struct NewColumn {
  std::string name;        // while both versions run
  std::string final_name;  // after contract
  parse::TypeName type;
  std::string collation;
  std::string forward_sql;     // its value, over the names of the old columns
  bool plain = false;          // forward_sql is the old column, converted by assignment
  bool exact = true;           // every value converts and different values stay different
  bool added_by_file = false;  // by a statement of the file itself, not by us
  bool not_null = false;       // also the old column is: holds from the start
  bool not_null_finally = false;
  std::optional<std::string> default_now;  // while both run; evaluated by the sync trigger, too
  std::optional<std::string> default_finally;
};

// Columns of one table kept equal both ways by one trigger. One old and one new column: rename, change of type.
struct SyncGroup {
  QualifiedName table;
  std::vector<OldColumn> olds;
  std::vector<NewColumn> news;
  bool one_to_one() const { return olds.size() == 1 && news.size() == 1 && !news[0].added_by_file; }
  // A pure rename: the new column is a copy for the time in between. Contract drops the copy and renames the old
  // column, so that everything that hangs on it (keys, views, policies, comments) is never touched.
  bool keeps_old() const;
  bool exact() const;
  std::string trigger_name() const;
  QualifiedName trigger_function() const;
  QualifiedName forward_function(const NewColumn& column) const;
};

struct ColumnKey {
  QualifiedName table;
  std::string column;
  auto operator<=>(const ColumnKey&) const = default;
};

// UPDATE table SET assignments WHERE condition, which is false for a row that was updated.
struct Fill {
  QualifiedName table;
  std::vector<std::string> columns;
  std::string assignments_sql;
  std::string condition_sql;
  bool has(const ColumnKey& key) const;
};

// The steps of one phase. Steps that do not depend on each other's data are sorted by rank, so that those which may
// share a transaction (or must not) stand together; a barrier (a change of rows) keeps its place in the file.
enum class Rank { fill, check, build, attach, reference, validate, drop, unlocked };
class Queue {
 public:
  void add(Rank rank, Step step);
  void add(Rank rank, std::string sql, std::string undo = {}, std::string note = {});
  // At the place of another run.
  void add_to(size_t run, Rank rank, std::string sql, std::string undo = {}, std::string note = {});
  void merge(const Queue& other, size_t run);
  void barrier(Step step);  // behind everything so far, before everything that follows
  size_t run() const { return run_; }
  void next_run() { ++run_; }
  // Steps of the runs first .. last - 1, in order.
  std::vector<Step> steps(size_t first, size_t last) const;
  // Steps that name both.
  size_t mentions(const std::string& table, const std::string& column) const;
  void erase_containing(const std::string& text);
  bool has_barrier_behind(size_t run) const { return run_ > run + 1; }

 private:
  struct Item {
    size_t run = 0;
    Rank rank = Rank::fill;
    Step step;
  };
  std::vector<Item> items_;
  size_t run_ = 0;
};

// One statement, or one command of an ALTER TABLE.
struct Action {
  const parse::Statement* statement = nullptr;
  const parse::AlterTable* alter = nullptr;  // with command
  const parse::AlterCommand* command = nullptr;
  std::string sql{};  // of the statement, or "ALTER TABLE t <command>"
  int line() const { return statement->span.line; }
  bool is_before(const parse::Statement& other) const { return other.span.offset > statement->span.offset; }
};

class Draft {
 public:
  Draft(const schema::Catalog& before, const parse::ParsedText& file);

  // The schema as far as expand has built it; new columns included, old ones still there.
  const schema::Catalog& now() const { return now_; }
  // The schema as the original file, run so far, would have left it: for the names that PostgreSQL chooses.
  const schema::Catalog& original() const { return original_; }
  void run_original(const Action& action);
  const schema::Relation* relation(const QualifiedName& written) const { return now_.relation(written); }
  const parse::ParsedText& file() const { return file_; }
  // The name that a table has until contract.
  QualifiedName present(const QualifiedName& written) const;
  // Born in this file: nothing done to it can break the old version.
  bool is_new_table(const QualifiedName& written) const;
  bool is_new_column(const QualifiedName& written, const std::string& column) const;
  // True when a later statement of the file drops the column.
  bool is_dropped_later(const Action& action, const QualifiedName& table, const std::string& column) const;
  // The expression that the file's comments give for a column, "-- bgdb: <what> [table.]column=expr"; empty when none.
  std::string directive(std::string_view what, const QualifiedName& table, const std::string& column) const;
  std::string reverse_directive(const QualifiedName& table, const std::string& column) const {
    return directive("reverse", table, column);
  }

  void change(const Action& action, std::string recipe, std::string summary);
  void refuse(const Action& action, std::string reason, std::string hint);
  void note(std::string text) { notes.insert(std::move(text)); }

  // A statement of the file that runs in expand as it is. Refused when it makes a name that is only free after
  // contract.
  void pass(const Action& action, const std::string& sql, bool in_transaction);
  // The statement's effect on now(), without a step.
  void apply_to_now(const std::string& sql);
  // In batches behind those of the groups.
  void add_fill(Fill fill);
  // Adds a group at this place of expand. Its new columns become known to now().
  SyncGroup& add_group(SyncGroup group);
  // `to` is a view over `from` from this place of expand on; contract gives the table this name.
  void add_shim(const QualifiedName& from, const QualifiedName& to);
  // The group that has this name as a new column (name or final name); nullptr when none.
  SyncGroup* group_of_new(const QualifiedName& table, const std::string& column);
  SyncGroup* group_of_old(const QualifiedName& table, const std::string& column);
  // The phase until which rows of the table are not yet what the file's statements so far make of them.
  Phase rows_pending(const QualifiedName& written) const;
  void rows_wait(const QualifiedName& written, Phase phase);
  // A new column of a group gets its final name after all.
  void rename_new(SyncGroup& group, const std::string& name);
  // The group that has this name as its column while both versions run.
  const SyncGroup* group_of_present(const QualifiedName& table, const std::string& column) const;

  struct Item {
    std::optional<Step> step{};
    size_t group = 0;  // when there is no step
  };
  // NOT NULL, proven by a check that is validated without blocking writers.
  void narrow(Queue& queue, const ColumnKey& key);
  // The column is replaced: its successor becomes NOT NULL instead. False when it was not to become NOT NULL.
  bool forget_narrow(const ColumnKey& key);
  bool narrowed(const ColumnKey& key) const { return narrowed_.count(key) != 0; }
  // Contract: the statement waits, in a transaction of its rank.
  void wait(Rank rank, std::string sql, std::string undo = {}) { contract.add(rank, std::move(sql), std::move(undo)); }

  std::vector<Item> expand;
  std::vector<Step> expand_unlocked;  // concurrent builds, behind everything else of expand
  std::vector<SyncGroup> groups;
  std::vector<Fill> fills;
  std::vector<ColumnKey> not_null;  // columns of the file that become NOT NULL in contract, once all fills are known
  Queue backfill;                   // behind the batches of groups
  Queue contract;
  std::vector<Step> contract_first;
  size_t swap_run = 0;      // the run of `contract` before which the names are swapped
  std::string before_swap;  // in the transaction of the swap
  std::string after_swap;
  std::map<QualifiedName, QualifiedName> shims;       // new name -> old name of tables that get it with contract
  std::set<QualifiedName> rebuilt_views;              // dropped before the swap, made again behind it
  std::set<QualifiedName> replaced_views;             // dropped and created again by the file
  std::set<std::string> replaced_indexes;             // the same
  std::set<QualifiedName> enums_taken;                // their values get new words
  std::map<std::string, QualifiedName> type_aliases;  // types by the name that they get with contract
  std::set<ColumnKey> dropped_defaults;               // by a statement that waits
  std::set<std::string> notes;
  std::vector<Change> changes;
  std::vector<Refusal> refused;

 private:
  const parse::ParsedText& file_;
  schema::Catalog before_;
  schema::Catalog now_;
  schema::Catalog original_;
  std::set<QualifiedName> new_tables_;
  std::set<ColumnKey> narrowed_;
  std::map<QualifiedName, Phase> rows_pending_;
};

}  // namespace bgdb::rewrite
