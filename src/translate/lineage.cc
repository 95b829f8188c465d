#include "translate/lineage.h"

#include <fmt/format.h>

#include <algorithm>

namespace bgdb::translate {
namespace {

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() > 100 ? line.substr(0, 100) + "..." : line;
}

// Is USING just "column::type"? Then a cast leads back; anything else is a computation.
bool is_plain_cast(const parse::Expr& using_expr, const std::string& column) {
  if (using_expr.columns.size() != 1 || using_expr.columns[0].name != column) return false;
  if (using_expr.casts.empty()) return using_expr.functions.empty() && using_expr.sql == quote_ident(column);
  std::string expected = quote_ident(column);
  if (using_expr.casts.size() > 2) return false;
  for (const auto& type : using_expr.casts) expected += "::" + type.sql;
  const auto plain = parse::parse_expression(expected);
  return plain && plain->sql == using_expr.sql;
}

}  // namespace

const ColumnLineage* TableLineage::by_blue(const std::string& column) const {
  for (const auto& candidate : columns) {
    if (candidate.blue == column) return &candidate;
  }
  return nullptr;
}

const ColumnLineage* TableLineage::by_green(const std::string& column) const {
  for (const auto& candidate : columns) {
    if (!candidate.dropped && candidate.now == column) return &candidate;
  }
  return nullptr;
}

Lineage::Lineage(const schema::Catalog& blue, const std::vector<parse::Statement>& statements)
    : search_path_(blue.search_path.empty() ? std::vector<std::string>{"public"} : blue.search_path) {
  for (const auto& [name, relation] : blue.relations) {
    TableLineage table{name, name, false, false, {}, {}, {}, {}};
    for (const auto& column : relation.columns) {
      table.columns.push_back({column.name, column.name, false, quote_ident(column.name), {column.name}, false, {}});
    }
    tables_.push_back(std::move(table));
  }
  for (const auto& [name, unused] : blue.enums) types_[name].now = name;
  for (const auto& [name, unused] : blue.domains) types_[name].now = name;
  for (const auto& [name, unused] : blue.composites) types_[name].now = name;
  for (const auto& statement : statements) follow(statement);
}

const TableLineage* Lineage::table(const QualifiedName& blue) const {
  for (const auto& table : tables_) {
    if (table.blue == blue) return &table;
  }
  return nullptr;
}

const std::map<std::string, std::string>& Lineage::label_renames(const QualifiedName& blue_enum) const {
  static const std::map<std::string, std::string> kNone;
  const auto found = types_.find(blue_enum);
  return found == types_.end() ? kNone : found->second.labels;
}

QualifiedName Lineage::type_now(const QualifiedName& blue_type) const {
  const auto found = types_.find(blue_type);
  return found == types_.end() ? blue_type : found->second.now;
}

TableLineage* Lineage::find(const QualifiedName& written) {
  const auto schemas = written.schema.empty() ? search_path_ : std::vector<std::string>{written.schema};
  for (const auto& schema : schemas) {
    const QualifiedName name{schema, written.name};
    if (created_.count(name) != 0) return nullptr;  // a new table of that name hides what was there
    for (auto& table : tables_) {
      if (!table.dropped && table.now == name) return &table;
    }
  }
  return nullptr;
}

Lineage::TypeLineage* Lineage::find_type(const QualifiedName& written) {
  const auto schemas = written.schema.empty() ? search_path_ : std::vector<std::string>{written.schema};
  for (const auto& schema : schemas) {
    for (auto& [blue, type] : types_) {
      if (type.now == QualifiedName{schema, written.name}) return &type;
    }
  }
  return nullptr;
}

QualifiedName Lineage::resolve_new(const QualifiedName& written) const {
  return {written.schema.empty() ? search_path_.front() : written.schema, written.name};
}

void Lineage::follow(const parse::Statement& statement) {
  if (!statement.parsed) return;
  const parse::Node& node = statement.node;
  if (const auto* rename = std::get_if<parse::Rename>(&node)) follow_rename(*rename);
  if (const auto* move = std::get_if<parse::SetSchema>(&node)) follow_schema(*move);
  if (const auto* alter = std::get_if<parse::AlterTable>(&node)) follow_alter(*alter);
  if (const auto* drop = std::get_if<parse::Drop>(&node)) follow_drop(*drop);
  if (const auto* query = std::get_if<parse::Query>(&node)) follow_query(*query, statement.text);
  if (const auto* alter = std::get_if<parse::AlterEnum>(&node)) follow_enum(*alter);
  if (const auto* table = std::get_if<parse::CreateTable>(&node)) follow_create(table->relation);
  if (const auto* table = std::get_if<parse::CreateTableAs>(&node)) {
    follow_create(table->relation);
    if (!table->reads.empty() && find(table->reads.front()) != nullptr && !table->materialized_view) {
      fillings_.push_back({resolve_new(table->relation), find(table->reads.front())->blue});
    }
  }
  if (const auto* trigger = std::get_if<parse::CreateTrigger>(&node); trigger != nullptr && !trigger->constraint) {
    const bool ours = trigger->name.find("bgdb_") != std::string::npos;  // it fires for replicated rows, too
    if (TableLineage* table = find(trigger->relation); table != nullptr && !ours)
      table->triggers.push_back(trigger->name);
  }
  if (const auto* set = std::get_if<parse::SetVariable>(&node); set != nullptr && set->name == "search_path") {
    search_path_ = set->values;
    if (search_path_.empty()) search_path_ = {"public"};
  }
  if (const auto* block = std::get_if<parse::DoBlock>(&node); block != nullptr && block->language == "plpgsql") {
    for (const auto& inner : parse::parse_plpgsql(block->body).statements) follow(inner);
  }
}

void Lineage::rename_table(const QualifiedName& from, const QualifiedName& to) {
  if (TableLineage* table = find(from)) {
    created_.erase(to);
    table->now = to;
    return;
  }
  const QualifiedName created = resolve_new(from);
  if (created_.erase(created) == 0) return;
  created_.insert(to);
  for (auto& table : tables_) {
    if (table.blue == to && (table.dropped || table.now != to)) table.recreated = true;
  }
}

void Lineage::follow_rename(const parse::Rename& rename) {
  using parse::ObjectKind;
  if (rename.object == ObjectKind::table) {
    const TableLineage* table = find(rename.relation);
    const QualifiedName from = table != nullptr ? table->now : resolve_new(rename.relation);
    rename_table(from, {from.schema, rename.new_name});
  } else if (rename.object == ObjectKind::schema) {
    const std::string old_name = rename.relation.name.empty() ? rename.name : rename.relation.name;
    for (auto& table : tables_) {
      if (table.now.schema == old_name) table.now.schema = rename.new_name;
    }
    for (auto& [blue, type] : types_) {
      if (type.now.schema == old_name) type.now.schema = rename.new_name;
    }
  } else if (rename.object == ObjectKind::type || rename.object == ObjectKind::domain) {
    if (TypeLineage* type = find_type(rename.relation)) type->now.name = rename.new_name;
  } else if (rename.object == ObjectKind::column) {
    TableLineage* table = find(rename.relation);
    if (table == nullptr) return;
    for (auto& column : table->columns) {
      if (!column.dropped && column.now == rename.name) {
        column.now = rename.new_name;
        return;
      }
    }
    if (const auto filled = table->filled_by.extract(rename.name)) table->filled_by[rename.new_name] = filled.mapped();
  }
}

void Lineage::follow_schema(const parse::SetSchema& move) {
  if (move.object == parse::ObjectKind::type || move.object == parse::ObjectKind::domain) {
    if (TypeLineage* type = find_type(move.relation)) type->now.schema = move.new_schema;
    return;
  }
  const TableLineage* table = find(move.relation);
  const QualifiedName from = table != nullptr ? table->now : resolve_new(move.relation);
  rename_table(from, {move.new_schema, from.name});
}

void Lineage::follow_alter(const parse::AlterTable& alter) {
  TableLineage* table = find(alter.relation);
  if (table == nullptr) return;
  for (const auto& command : alter.commands) {
    if (command.kind == parse::AlterKind::drop_column) {
      for (auto& column : table->columns) {
        if (!column.dropped && column.now == command.name) column.dropped = true;
      }
      table->filled_by.erase(command.name);
    } else if (command.kind == parse::AlterKind::alter_type && command.expr) {
      convert(*table, command);
    }
  }
}

// ALTER COLUMN ... TYPE ... USING: the column's value is now this expression over what the columns held before.
void Lineage::convert(TableLineage& table, const parse::AlterCommand& command) {
  ColumnLineage* changed = nullptr;
  std::vector<std::string> row, reads;
  bool untouched = true;
  for (auto& column : table.columns) {
    if (column.dropped) continue;
    if (column.now == command.name) changed = &column;
    const bool read = std::any_of(command.expr->columns.begin(), command.expr->columns.end(),
                                  [&](const auto& named) { return named.name == column.now; });
    if (!read) continue;
    untouched = untouched && column.value == quote_ident(column.now);
    row.push_back(fmt::format("{} as {}", column.value, quote_ident(column.now)));
    reads.insert(reads.end(), column.reads.begin(), column.reads.end());
  }
  if (changed == nullptr) return;
  changed->transformed = changed->transformed || !is_plain_cast(*command.expr, command.name);
  if (!row.empty() && !untouched) {
    changed->value = fmt::format("(select {} from (select {}) as {})", command.expr->sql, fmt::join(row, ", "),
                                 quote_ident(table.now.name));
  } else {
    changed->value = command.expr->sql;
  }
  std::sort(reads.begin(), reads.end());
  reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
  changed->reads = reads;
}

void Lineage::follow_create(const QualifiedName& written) {
  const QualifiedName created = resolve_new(written);
  for (const auto& table : tables_) {
    if (!table.dropped && table.now == created) return;  // IF NOT EXISTS
  }
  created_.insert(created);
  for (auto& table : tables_) {
    if (table.blue == created && (table.dropped || table.now != created)) table.recreated = true;
  }
}

void Lineage::follow_drop(const parse::Drop& drop) {
  for (const auto& item : drop.items) {
    if (drop.object == parse::ObjectKind::table) {
      if (TableLineage* table = find(item.name)) {
        table->dropped = true;
      } else {
        created_.erase(resolve_new(item.name));
      }
    } else if (drop.object == parse::ObjectKind::schema && drop.cascade) {
      for (auto& table : tables_) table.dropped = table.dropped || table.now.schema == item.name.name;
    }
  }
}

void Lineage::follow_query(const parse::Query& query, const std::string& text) {
  if (query.kind == parse::QueryKind::insert) {
    for (const auto& read : query.reads) {
      if (find(query.target) != nullptr || find(read) == nullptr) continue;
      fillings_.push_back({resolve_new(query.target), find(read)->blue});
    }
  }
  TableLineage* table = find(query.target);
  if (table == nullptr || query.kind == parse::QueryKind::select) return;
  if (query.kind != parse::QueryKind::update) {
    if (table->rows_by.empty()) table->rows_by = first_line(text);
    return;
  }
  for (const auto& name : query.target_columns) {
    bool known = false;
    for (auto& column : table->columns) {
      if (column.dropped || column.now != name) continue;
      known = true;
      column.updated_by = first_line(text);
    }
    if (!known) table->filled_by[name] = first_line(text);
  }
}

void Lineage::follow_enum(const parse::AlterEnum& alter) {
  TypeLineage* type = find_type(alter.name);
  if (type == nullptr || !alter.rename) return;
  for (auto& [old_label, label] : type->labels) {
    if (label == alter.label) {
      label = alter.new_label;
      return;
    }
  }
  type->labels[alter.label] = alter.new_label;
}

}  // namespace bgdb::translate
