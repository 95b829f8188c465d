#include "lint/release.h"

#include <algorithm>

#include "lint/plain.h"

namespace bgdb::lint {

namespace {

void rename_in(core::PersistentSet<std::pair<QualifiedName, std::string>>& set, const QualifiedName& from,
               const QualifiedName& to) {
  for (auto it = set.lower_bound({from, ""}); it != set.end() && it->first == from;) {
    const auto part = it->second;
    set.erase({from, part});
    set.insert({to, part});
    it = set.upper_bound({from, part});
  }
}

}  // namespace

void Release::move_relation(const QualifiedName& from, const QualifiedName& to) {
  if (relations_.erase(from) > 0) {
    relations_.insert(to);
  } else {
    relations_.erase(to);  // a released table took the name
  }
  rename_in(columns_, from, to);
  rename_in(filled_, from, to);
  rename_in(constraints_, from, to);
}

void Release::note_rename(const parse::Rename& rename, const schema::Catalog& before) {
  using parse::ObjectKind;
  const auto from = before.resolve(rename.relation);
  const QualifiedName to{from.schema, rename.new_name};
  switch (rename.object) {
    case ObjectKind::table:
    case ObjectKind::view:
    case ObjectKind::materialized_view:
    case ObjectKind::foreign_table:
      move_relation(from, to);
      break;
    case ObjectKind::column:
      for (auto* set : {&columns_, &filled_}) {
        if (set->erase({from, rename.name}) > 0) set->insert({from, rename.new_name});
      }
      break;
    case ObjectKind::constraint:
      if (constraints_.erase({from, rename.name}) > 0) constraints_.insert({from, rename.new_name});
      break;
    case ObjectKind::type:
    case ObjectKind::domain:
      if (types_.erase(from) > 0) types_.insert(to);
      break;
    case ObjectKind::index:
      if (indexes_.erase(from) > 0) indexes_.insert(to);
      break;
    case ObjectKind::function:
    case ObjectKind::procedure:
      if (functions_.erase(from) > 0) functions_.insert(to);
      break;
    default:
      break;
  }
}

void Release::note_alter(const parse::AlterTable& alter, const schema::Catalog& before) {
  const auto name = before.resolve(alter.relation);
  const auto* old = before.relation(alter.relation);
  for (const auto& command : alter.commands) {
    if (command.kind == parse::AlterKind::add_column && command.column) {
      const auto& column = *command.column;
      if (old != nullptr && old->column(column.name) != nullptr) continue;
      columns_.insert({name, column.name});
      filled_.erase({name, column.name});
      if (column.default_value || column.identity != 0 || column.generated) filled_.insert({name, column.name});
    }
    if (command.kind == parse::AlterKind::add_constraint && command.constraint) {
      if (!command.constraint->name.empty()) constraints_.insert({name, command.constraint->name});
    }
  }
}

// All rows, or those that hold nothing. A fill in batches may say so inside of its query.
void Release::note_update(const parse::Query& query, std::string_view text, const schema::Catalog& before) {
  const auto name = before.resolve(query.target);
  const bool all = !query.where || query.where_always_true;
  for (const auto& column : query.target_columns) {
    if (!this->column(name, column) || filled(name, column)) continue;
    if (all || asks_for_null(plain(text), plain(column))) filled_.insert({name, column});
  }
}

void Release::note_constraints(const core::SharedList<schema::Constraint>& old, const schema::Relation& now) {
  if (now.constraints.shares(old)) return;
  for (const auto& constraint : now.constraints) {
    const bool was_there =
        std::any_of(old.begin(), old.end(), [&](const auto& one) { return one.name == constraint.name; });
    if (!was_there) constraints_.insert({now.name, constraint.name});
  }
}

void Release::note(const parse::Statement& statement, const schema::Catalog& before) {
  const auto& node = statement.node;
  const auto new_relation = [&](const QualifiedName& written) {
    if (before.relation(written) == nullptr) relations_.insert(before.resolve(written));
  };
  const auto new_type = [&](const QualifiedName& written) {
    const auto name = before.resolve(written);
    if (before.enums.count(name) == 0 && before.domains.count(name) == 0 && before.composites.count(name) == 0) {
      types_.insert(name);
    }
  };
  if (const auto* table = std::get_if<parse::CreateTable>(&node)) {
    new_relation(table->relation);
  } else if (const auto* as = std::get_if<parse::CreateTableAs>(&node)) {
    new_relation(as->relation);
  } else if (const auto* view = std::get_if<parse::CreateView>(&node)) {
    new_relation(view->relation);
  } else if (const auto* alter = std::get_if<parse::AlterTable>(&node)) {
    note_alter(*alter, before);
  } else if (const auto* query = std::get_if<parse::Query>(&node); query && query->kind == parse::QueryKind::update) {
    note_update(*query, statement.text, before);
  } else if (const auto* rename = std::get_if<parse::Rename>(&node)) {
    note_rename(*rename, before);
  } else if (const auto* move = std::get_if<parse::SetSchema>(&node)) {
    const auto from = before.resolve(move->relation);
    move_relation(from, {move->new_schema, from.name});
  } else if (const auto* enumeration = std::get_if<parse::CreateEnum>(&node)) {
    new_type(enumeration->name);
  } else if (const auto* type = std::get_if<parse::CreateType>(&node)) {
    new_type(type->name);
  } else if (const auto* domain = std::get_if<parse::CreateDomain>(&node)) {
    new_type(domain->name);
  } else if (const auto* schema = std::get_if<parse::CreateSchema>(&node)) {
    if (before.schemas.count(schema->name) == 0) schemas_.insert(schema->name);
  } else if (const auto* role = std::get_if<parse::RoleStatement>(&node)) {
    if (role->create) roles_.insert(role->name);
  } else if (const auto* sequence = std::get_if<parse::CreateSequence>(&node)) {
    const auto name = before.resolve(sequence->name);
    if (before.sequences.count(name) == 0) relations_.insert(name);
  } else if (const auto* index = std::get_if<parse::CreateIndex>(&node)) {
    if (!index->name.empty() && !before.index({"", index->name})) {
      indexes_.insert({before.resolve(index->relation).schema, index->name});
    }
  } else if (const auto* function = std::get_if<parse::CreateFunction>(&node)) {
    const auto name = before.resolve(function->name);
    if (!before.functions.contains(name)) functions_.insert(name);
  }
}

}  // namespace bgdb::lint
