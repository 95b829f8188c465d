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

// UPDATE table SET column = expr WHERE column IS NULL.
struct Fill {
  ColumnKey at;
  std::string expr_sql;
};

// One statement, or one command of an ALTER TABLE.
struct Action {
  const parse::Statement* statement = nullptr;
  const parse::AlterTable* alter = nullptr;  // with command
  const parse::AlterCommand* command = nullptr;
  std::string sql{};  // of the statement, or "ALTER TABLE t <command>"
  int line() const { return statement->span.line; }
};

class Draft {
 public:
  Draft(const schema::Catalog& before, const parse::ParsedText& file);

  // The schema as far as expand has built it; new columns included, old ones still there.
  const schema::Catalog& now() const { return now_; }
  const schema::Relation* relation(const QualifiedName& written) const { return now_.relation(written); }
  const parse::ParsedText& file() const { return file_; }
  // Born in this file: nothing done to it can break the old version.
  bool is_new_table(const QualifiedName& written) const;
  bool is_new_column(const QualifiedName& written, const std::string& column) const;
  // True when a later statement of the file drops the column.
  bool is_dropped_later(const Action& action, const QualifiedName& table, const std::string& column) const;
  // The reverse expression that the file's comments give for a column; empty when none.
  std::string reverse_directive(const QualifiedName& table, const std::string& column) const;

  void change(const Action& action, std::string recipe, std::string summary);
  void refuse(const Action& action, std::string reason, std::string hint);
  void note(std::string text) { notes.insert(std::move(text)); }

  // A statement of the file that runs in expand as it is.
  void pass(const Action& action, const std::string& sql, bool in_transaction);
  // Adds a group at this place of expand. Its new columns become known to now().
  SyncGroup& add_group(SyncGroup group);
  // The group that has this name as a new column (name or final name); nullptr when none.
  SyncGroup* group_of_new(const QualifiedName& table, const std::string& column);
  SyncGroup* group_of_old(const QualifiedName& table, const std::string& column);
  // A new column of a group gets its final name after all.
  void rename_new(SyncGroup& group, const std::string& name);

  struct Item {
    std::optional<Step> step{};
    size_t group = 0;  // when there is no step
  };
  std::vector<Item> expand;
  std::vector<SyncGroup> groups;
  std::vector<Fill> fills;
  std::vector<ColumnKey> not_null;  // existing columns that become NOT NULL in contract
  std::vector<Step> contract;       // statements that wait, in order; run behind the swap of names
  std::set<std::string> notes;
  std::vector<Change> changes;
  std::vector<Refusal> refused;

 private:
  const parse::ParsedText& file_;
  schema::Catalog before_;
  schema::Catalog now_;
  std::set<QualifiedName> new_tables_;
};

}  // namespace bgdb::rewrite
