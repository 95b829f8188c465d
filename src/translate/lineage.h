// Where a column of blue is today: the migration's statements followed in order, so that a rename is known and never
// guessed. Knows nothing of the catalogs; names are resolved through search_path as the statements set it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::translate {

struct ColumnLineage {
  std::string blue;  // name in the old schema
  std::string now;   // name after the statements so far
  bool dropped = false;
  std::string value;  // SQL over blue's columns that the migration's USING clauses yield
  std::vector<std::string> reads;
  bool transformed = false;  // a USING was more than a cast: the way back cannot be derived
  std::string updated_by;    // a statement that rewrote values of the column
};

struct TableLineage {
  QualifiedName blue;
  QualifiedName now;
  bool dropped = false;
  bool recreated = false;  // dropped or renamed, then a table of the old name was created
  std::vector<ColumnLineage> columns;
  std::string rows_by;                           // a statement that adds or removes rows
  std::vector<std::string> triggers;             // that it makes
  std::map<std::string, std::string> filled_by;  // added column (today's name) -> the UPDATE that filled it

  const ColumnLineage* by_blue(const std::string& column) const;
  const ColumnLineage* by_green(const std::string& column) const;
};

class Lineage {
 public:
  Lineage(const schema::Catalog& blue, const std::vector<parse::Statement>& statements);
  const TableLineage* table(const QualifiedName& blue) const;
  // Labels of an enum that got another name: old -> new.
  const std::map<std::string, std::string>& label_renames(const QualifiedName& blue_enum) const;
  // Today's name of a type that blue has.
  QualifiedName type_now(const QualifiedName& blue_type) const;
  // New tables that statements fill from old ones (blue's name): later rows do not follow.
  struct Filling {
    QualifiedName filled, from;
  };
  const std::vector<Filling>& fillings() const { return fillings_; }

 private:
  struct TypeLineage {
    QualifiedName now;
    std::map<std::string, std::string> labels;
  };
  void follow(const parse::Statement& statement);
  void follow_rename(const parse::Rename& rename);
  void follow_schema(const parse::SetSchema& move);
  void follow_alter(const parse::AlterTable& alter);
  void follow_create(const QualifiedName& created);
  void follow_drop(const parse::Drop& drop);
  void follow_query(const parse::Query& query, const std::string& text);
  void follow_enum(const parse::AlterEnum& alter);
  void convert(TableLineage& table, const parse::AlterCommand& command);
  void rename_table(const QualifiedName& from, const QualifiedName& to);
  TableLineage* find(const QualifiedName& written);
  TypeLineage* find_type(const QualifiedName& written);
  QualifiedName resolve_new(const QualifiedName& written) const;

  std::vector<TableLineage> tables_;
  std::map<QualifiedName, TypeLineage> types_;
  std::set<QualifiedName> created_;
  std::vector<std::string> search_path_{"public"};
  std::vector<Filling> fillings_;
};

}  // namespace bgdb::translate
