#include "schema/resolve.h"

#include <algorithm>
#include <map>

#include "core/contains.h"
#include "schema/applier.h"

namespace bgdb::schema {
namespace {

using parse::QueryShape;

struct Table {  // what a query yields, or what stands in FROM
  std::string alias;
  QualifiedName relation;  // empty: no relation of the catalog
  std::vector<Column> columns;
  bool known = true;  // all columns are listed

  const Column* column(const std::string& name) const {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
    return found == columns.end() ? nullptr : &*found;
  }
};

struct Level {  // names visible inside one SELECT
  std::vector<Table> tables;
  const QueryShape* shape = nullptr;
  const Level* outer = nullptr;
};

using CommonTables = std::map<std::string, Table>;

Column bare(const std::string& name) {
  Column column;
  column.name = name;
  return column;
}

// What a view or a copy of a table keeps of a column.
Column shown(const Column& column) {
  Column copy = bare(column.name);
  copy.type = column.type;
  copy.collation = column.collation;
  return copy;
}

class Resolver {
 public:
  Resolver(const Catalog& catalog, ResolvedQuery& out) : catalog_(catalog), out_(out) {}

  Table query(const QueryShape& shape, const Level* outer, CommonTables common) {
    for (const auto& cte : shape.common_tables) define(cte, shape.recursive, outer, common);
    if (shape.left != nullptr && shape.right != nullptr) return united(shape, outer, common);
    Level level{{}, &shape, outer};
    for (const auto& source : shape.sources) {
      Table table = open(source, level, common);
      level.tables.push_back(std::move(table));
    }
    for (const auto& column : shape.columns) find(column, level);
    for (const auto& column : shape.sort_columns) {
      const bool names_output =
          column.table.empty() &&
          std::any_of(shape.outputs.begin(), shape.outputs.end(), [&](const auto& o) { return o.name == column.name; });
      if (!names_output) find(column, level);
    }
    natural_columns(level);
    for (const auto& inner : shape.inner) {
      if (inner != nullptr) query(*inner, &level, common);
    }
    return outputs(level);
  }

 private:
  void define(const QueryShape::CommonTable& cte, bool recursive, const Level* outer, CommonTables& common) {
    Table made;
    if (cte.query == nullptr) {
      made.known = false;
    } else {
      if (recursive) {  // its first part tells the columns that the second may read
        CommonTables before = common;
        before[cte.name] = Table{};
        before[cte.name].known = false;
        const QueryShape& first = cte.query->left != nullptr ? *cte.query->left : *cte.query;
        made = query(first, outer, before);
        rename(made, cte.columns);
        before[cte.name] = made;
        made = query(*cte.query, outer, before);
      } else {
        made = query(*cte.query, outer, common);
      }
    }
    rename(made, cte.columns);
    common[cte.name] = std::move(made);
  }

  static void rename(Table& table, const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (i < table.columns.size()) {
        table.columns[i].name = names[i];
      } else if (!table.known) {
        table.columns.push_back(bare(names[i]));
      }
    }
  }

  Table united(const QueryShape& shape, const Level* outer, const CommonTables& common) {
    Table left = query(*shape.left, outer, common);
    const Table right = query(*shape.right, outer, common);
    for (size_t i = 0; i < left.columns.size() && i < right.columns.size(); ++i) {
      if (!(left.columns[i].type == right.columns[i].type)) left.columns[i].type = {};
    }
    return left;
  }

  Table open(const QueryShape::Source& source, const Level& level, const CommonTables& common) {
    Table table;
    if (source.query != nullptr) {
      table = query(*source.query, level.outer == nullptr && level.tables.empty() ? nullptr : &level, common);
    } else if (source.relation.empty()) {
      for (const auto& name : source.function_columns) table.columns.push_back(bare(name));
      table.known = false;
    } else if (const auto cte = common.find(source.relation.name);
               source.relation.schema.empty() && cte != common.end()) {
      table = cte->second;
    } else {
      table = relation(source.relation);
    }
    table.alias = source.alias;
    rename(table, source.column_aliases);
    return table;
  }

  Table relation(const QualifiedName& written) {
    Table table;
    const auto* found = catalog_.relation(written);
    if (found == nullptr) {
      table.known = false;
      if (is_system(written)) return table;
      table.relation = catalog_.resolve(written);
      add(out_.unknown, written);
    } else {
      table.relation = found->name;
      table.columns = found->columns;
      table.known = found->columns_known;
    }
    add(out_.reads, table.relation);
    return table;
  }

  // Notes what the mention of a column reads; yields the column where it can be told.
  const Column* find(const parse::Expr::Column& mention, const Level& level) {
    if (mention.name == "*") return nullptr;  // count(t.*): the row, no column of it
    for (const Level* at = &level; at != nullptr; at = at->outer) {
      const Column* found = nullptr;
      bool here = false;
      for (const auto& table : at->tables) {
        if (!mention.table.empty() && table.alias != mention.table) continue;
        const auto* column = table.column(mention.name);
        if (column == nullptr) continue;
        here = true;
        if (found == nullptr) found = column;
        read(table, *column);
      }
      if (here) return found;
      for (const auto& table : at->tables) {  // perhaps of something whose columns are not known
        if (table.known || (!mention.table.empty() && table.alias != mention.table)) continue;
        if (!table.relation.empty()) add(out_.columns_read, ColumnRead{table.relation, mention.name});
        here = true;
      }
      if (here) return nullptr;
    }
    return nullptr;
  }

  // Column aliases hide the table's own names.
  void read(const Table& table, const Column& column) {
    if (table.relation.empty()) return;
    const auto relation = catalog_.relations.find(table.relation);
    const auto position = static_cast<size_t>(&column - table.columns.data());
    const bool listed = relation != catalog_.relations.end() && position < relation->second.columns.size();
    add(out_.columns_read, ColumnRead{table.relation, listed ? relation->second.columns[position].name : column.name});
  }

  bool merged(const Level& level, const std::string& name) const {
    if (core::contains(level.shape->merged, name)) return true;
    if (!level.shape->natural) return false;
    return std::count_if(level.tables.begin(), level.tables.end(),
                         [&](const Table& table) { return table.column(name) != nullptr; }) > 1;
  }

  void natural_columns(const Level& level) {
    if (!level.shape->natural) return;
    for (const auto& table : level.tables) {
      for (const auto& column : table.columns) {
        if (merged(level, column.name)) read(table, column);
      }
    }
  }

  Table outputs(const Level& level) {
    Table result;
    for (const auto& output : level.shape->outputs) {
      if (output.name == "*") {
        star(level, output.column.table, result);
        continue;
      }
      Column made = bare(output.name);
      if (!output.column.name.empty()) {
        if (const auto* column = find(output.column, level)) {
          made.type = column->type;
          made.collation = column->collation;
        }
      } else if (output.type) {
        made.type = *output.type;
      }
      result.columns.push_back(std::move(made));
    }
    return result;
  }

  void star(const Level& level, const std::string& qualifier, Table& result) {
    const bool joined = qualifier.empty() && (!level.shape->merged.empty() || level.shape->natural);
    std::vector<std::string> done;
    const auto take = [&](const Table& table, const Column& column) {
      read(table, column);
      result.columns.push_back(shown(column));
    };
    if (joined) {  // columns of USING stand in front, once
      for (const auto& table : level.tables) {
        for (const auto& column : table.columns) {
          if (!merged(level, column.name)) continue;
          read(table, column);
          if (core::contains(done, column.name)) continue;
          done.push_back(column.name);
          result.columns.push_back(shown(column));
        }
      }
    }
    for (const auto& table : level.tables) {
      if (!qualifier.empty() && table.alias != qualifier) continue;
      for (const auto& column : table.columns) {
        if (!joined || !core::contains(done, column.name)) take(table, column);
      }
      result.known = result.known && table.known;
      if (!table.known && !table.relation.empty()) add(out_.columns_read, ColumnRead{table.relation, "*"});
    }
  }

  template <class Value>
  static void add(std::vector<Value>& list, const Value& value) {
    if (!core::contains(list, value)) list.push_back(value);
  }

  const Catalog& catalog_;
  ResolvedQuery& out_;
};

}  // namespace

ResolvedQuery resolve_query(const Catalog& catalog, const QueryShape& query) {
  ResolvedQuery out;
  Table result = Resolver(catalog, out).query(query, nullptr, {});
  out.columns = std::move(result.columns);
  out.columns_known = result.known;
  return out;
}

}  // namespace bgdb::schema
