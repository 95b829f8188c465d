// Statements that fail because what they name is not there, or because what they make is there already. Said only where
// it is certain: the model is complete (a live server, a dump), or the very same release created or dropped the thing.
// A history replayed from files may miss what code created, so its gaps prove nothing; neither does anything behind a
// statement of the release that could not be read.
#include <algorithm>

#include "core/contains.h"
#include "core/text.h"
#include "lint/holds.h"
#include "lint/scope.h"

namespace bgdb::lint {

using parse::AlterKind;
using parse::ObjectKind;
using schema::Catalog;

namespace {

constexpr const char* kMissing = "does-not-exist";
constexpr const char* kExisting = "already-exists";

class Existence {
 public:
  explicit Existence(Scope& scope) : scope_(scope) {}

  void check() {
    if (scope_.context.release != nullptr && scope_.context.release->unseen()) return;
    std::visit([&](const auto& node) { on(node); }, scope_.statement.node);
  }

 private:
  const Catalog& now() const { return scope_.before; }
  bool complete() const { return now().complete; }
  void fail(const char* kind, const QualifiedName& name) { fail(kind, name.display()); }
  void fail(const char* kind, const std::string& object) {
    if (scope_.out.actions.empty()) return;
    auto& action = scope_.out.actions.front();
    fails(action, kind, object);
    merge(scope_.out, action.effects);
  }

  // `holds(catalog)`: the thing is there. `known`: false when an extension may have brought it unseen.
  template <class Name, class Holds>
  void needs(const Name& object, Holds holds, bool known = true) {
    if (holds(now())) return;
    const auto* start = scope_.context.start;
    const bool dropped = start != nullptr && holds(*start);
    if (dropped || (complete() && known)) fail(kMissing, object);
  }
  template <class Name, class Holds>
  void makes(const Name& object, Holds holds) {
    if (!holds(now())) return;
    const auto* start = scope_.context.start;
    const bool created = start != nullptr && !holds(*start);
    if (created || complete()) fail(kExisting, object);
  }

  // ---- names
  void needs_relation(const QualifiedName& written) {
    if (written.empty() || written.schema == "pg_catalog" || written.schema == "information_schema" ||
        written.name.rfind("pg_", 0) == 0)
      return;
    const auto name = scope_.resolve(written);
    const bool known = now().extensions.count("postgis") == 0 && now().schemas.count(name.schema) != 0;
    needs(
        name,
        [&](const Catalog& catalog) {
          return holds_relation_like(catalog, name) || (written.schema.empty() && holds_on_path(catalog, written));
        },
        known);
  }
  // Looked up by the search_path in force: the one that the release began with may have been another.
  bool holds_on_path(const Catalog& catalog, const QualifiedName& written) const {
    const auto& path = now().search_path;
    return std::any_of(path.begin(), path.end(), [&](const auto& schema) {
      return holds_relation_like(catalog, {schema, written.name});
    });
  }
  void makes_relation(const QualifiedName& written, char persistence = 'p') {
    const auto name = written.schema.empty() ? QualifiedName{place(persistence), written.name} : written;
    makes(name, [&](const Catalog& catalog) { return holds_relation_like(catalog, name); });
  }
  std::string place(char persistence) const {
    if (persistence == 't') return "pg_temp";
    for (const auto& schema : now().search_path) {
      if (now().schemas.count(schema) != 0) return schema;
    }
    return now().search_path.empty() ? "public" : now().search_path.front();
  }
  void makes_type(const QualifiedName& written) {
    const auto name = written.schema.empty() ? QualifiedName{place('p'), written.name} : written;
    makes(name, [&](const Catalog& catalog) { return holds_type(catalog, name); });
  }
  void needs_type(const QualifiedName& written) {
    const auto name = scope_.resolve(written);
    needs(
        name, [&](const Catalog& catalog) { return holds_type(catalog, name); }, now().extensions.empty());
  }
  // A part of a table whose other parts are known. `in(relation)`: it is there.
  template <class In>
  void needs_part(const QualifiedName& table, const std::string& part, In in) {
    const auto* relation = now().relation(table);
    if (relation == nullptr || in(*relation)) return;
    const auto* start = scope_.context.start;
    const auto* old = start == nullptr ? nullptr : start->relation(relation->name);
    const bool born = scope_.target(table).born;
    if (complete() || born || (old != nullptr && in(*old))) fail(kMissing, column_path(relation->name, part));
  }
  template <class In>
  void makes_part(const QualifiedName& table, const std::string& part, In in) {
    const auto* relation = now().relation(table);
    if (relation == nullptr || !in(*relation)) return;
    const auto* start = scope_.context.start;
    const auto* old = start == nullptr ? nullptr : start->relation(relation->name);
    const bool created = scope_.target(table).born || (old != nullptr && !in(*old));
    if (complete() || created) fail(kExisting, column_path(relation->name, part));
  }
  static auto has_column(const std::string& name) {
    return [&name](const schema::Relation& relation) {
      static constexpr std::string_view kSystem[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
      return relation.column(name) != nullptr || !relation.columns_known || core::contains(kSystem, name);
    };
  }
  static auto has_column_for_certain(const std::string& name) {
    return [&name](const schema::Relation& relation) { return relation.column(name) != nullptr; };
  }
  static auto has_constraint(const std::string& name) {
    return [&name](const schema::Relation& relation) { return relation.constraint(name) != nullptr; };
  }
  template <class List>
  static auto has_named(List schema::Relation::*list, const std::string& name) {
    return [list, &name](const schema::Relation& relation) {
      const auto& all = relation.*list;
      return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    };
  }

  // ---- statements
  void on(const parse::CreateTable& node) {
    if (!node.if_not_exists) makes_relation(node.relation, node.persistence);
    for (const auto& parent : node.inherits) needs_relation(parent);
    for (const auto& like : node.likes) needs_relation(like.relation);
    for (const auto& constraint : node.constraints) references(constraint, node.relation);
    for (const auto& column : node.columns) {
      for (const auto& constraint : column.constraints) references(constraint, node.relation);
    }
  }
  void on(const parse::CreateTableAs& node) {
    if (!node.if_not_exists) makes_relation(node.relation, node.persistence);
  }
  void on(const parse::CreateView& node) {
    if (!node.or_replace) makes_relation(node.relation, node.temporary ? 't' : 'p');
  }
  void on(const parse::CreateSequence& node) {
    if (!node.if_not_exists) makes_relation(node.name, node.temporary ? 't' : 'p');
  }
  void on(const parse::CreateIndex& node) {
    needs_relation(node.relation);
    const auto* relation = now().relation(node.relation);
    if (relation == nullptr) return;
    if (!node.name.empty() && !node.if_not_exists) makes_relation({relation->name.schema, node.name});
    for (const auto& element : node.elements) {
      if (!element.column.empty()) needs_part(node.relation, element.column, has_column(element.column));
    }
  }
  void on(const parse::CreateEnum& node) { makes_type(node.name); }
  void on(const parse::CreateDomain& node) { makes_type(node.name); }
  void on(const parse::CreateType& node) {
    if (node.form != "base" && node.form != "shell") makes_type(node.name);
  }
  void on(const parse::AlterEnum& node) {
    needs_type(node.name);
    const auto name = scope_.resolve(node.name);
    const auto has = [&](const Catalog& catalog, const std::string& label) {
      const auto known = catalog.enums.find(name);
      return known != catalog.enums.end() && core::contains(known->second.labels, label);
    };
    if (now().enums.count(name) == 0) return;
    if (node.rename) needs(node.label, [&](const Catalog& catalog) { return has(catalog, node.label); });
    if (node.rename) makes(node.new_label, [&](const Catalog& catalog) { return has(catalog, node.new_label); });
    if (!node.rename && !node.if_not_exists)
      makes(node.label, [&](const Catalog& catalog) { return has(catalog, node.label); });
  }
  void on(const parse::AlterDomain& node) { needs_type(node.name); }
  void on(const parse::CreateSchema& node) {
    if (!node.if_not_exists)
      makes(node.name, [&](const Catalog& catalog) { return catalog.schemas.count(node.name) != 0; });
  }
  void on(const parse::CreateExtension& node) {
    if (!node.if_not_exists)
      makes(node.name, [&](const Catalog& catalog) { return catalog.extensions.count(node.name) != 0; });
  }
  void on(const parse::CreateFunction& node) {
    if (node.or_replace) return;
    const auto name = scope_.resolve(node.name);
    schema::Function made;
    for (const auto& argument : node.arguments) {
      if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v') made.arguments.push_back(argument.type);
    }
    makes(name, [&](const Catalog& catalog) {
      const auto overloads = catalog.functions.find(name);
      return overloads != catalog.functions.end() &&
             std::any_of(overloads->second.begin(), overloads->second.end(), [&](const auto& old) {
               return std::equal(old.arguments.begin(), old.arguments.end(), made.arguments.begin(),
                                 made.arguments.end(), [](const auto& a, const auto& b) {
                                   return a.name == b.name && (a.array_dims > 0) == (b.array_dims > 0);
                                 });
             });
    });
  }
  void on(const parse::CreateTrigger& node) {
    needs_relation(node.relation);
    if (!node.or_replace) makes_part(node.relation, node.name, has_named(&schema::Relation::triggers, node.name));
  }
  void on(const parse::PolicyStatement& node) {
    needs_relation(node.relation);
    const auto has = has_named(&schema::Relation::policies, node.name);
    if (node.create) makes_part(node.relation, node.name, has);
    if (!node.create) needs_part(node.relation, node.name, has);
  }
  void on(const parse::AlterTable& node) {
    if (node.if_exists) return;
    if (node.object == ObjectKind::type) return needs_type(node.relation);
    needs_relation(node.relation);
    if (now().relation(node.relation) == nullptr) return;
    for (size_t i = 0; i < node.commands.size(); ++i) command(node, i);
  }
  // Commands of one ALTER TABLE run pass by pass: what another command adds or takes away is not judged.
  static bool touched_by_another(const parse::AlterTable& node, size_t at, const std::string& name) {
    for (size_t i = 0; i < node.commands.size(); ++i) {
      const auto& other = node.commands[i];
      if (i == at) continue;
      if (other.name == name || (other.column && other.column->name == name) ||
          (other.constraint && other.constraint->name == name))
        return true;
    }
    return false;
  }
  void command(const parse::AlterTable& node, size_t at) {
    const auto& one = node.commands[at];
    const auto column = [&] {
      if (!touched_by_another(node, at, one.name)) needs_part(node.relation, one.name, has_column(one.name));
    };
    switch (one.kind) {
      case AlterKind::add_column:
        if (one.column && !one.if_not_exists && !touched_by_another(node, at, one.column->name))
          makes_part(node.relation, one.column->name, has_column_for_certain(one.column->name));
        if (one.column) {
          for (const auto& constraint : one.column->constraints) references(constraint, node.relation);
        }
        return;
      case AlterKind::drop_column:
        if (!one.if_exists) column();
        return;
      case AlterKind::alter_type:
      case AlterKind::set_default:
      case AlterKind::drop_default:
      case AlterKind::set_not_null:
      case AlterKind::drop_not_null:
      case AlterKind::add_identity:
        return column();
      case AlterKind::drop_constraint:
      case AlterKind::validate_constraint:
        if (!one.if_exists && !touched_by_another(node, at, one.name))
          needs_part(node.relation, one.name, [&](const schema::Relation& relation) {
            // NOT NULL is a constraint with a name since version 18; the model does not hold it.
            return relation.constraint(one.name) != nullptr || scope_.context.server_version >= 18;
          });
        return;
      case AlterKind::add_constraint:
        if (!one.constraint) return;
        if (!one.constraint->name.empty() && !touched_by_another(node, at, one.constraint->name))
          makes_part(node.relation, one.constraint->name, has_constraint(one.constraint->name));
        second_key(node, at);
        return references(*one.constraint, node.relation);
      default:
        return;
    }
  }
  // A table has one primary key.
  void second_key(const parse::AlterTable& node, size_t at) {
    if (node.commands[at].constraint->kind != parse::ConstraintKind::primary_key) return;
    const bool replaced = std::any_of(node.commands.begin(), node.commands.end(), [](const auto& other) {
      return other.kind == AlterKind::drop_constraint || other.kind == AlterKind::drop_column;
    });
    if (!replaced) makes_part(node.relation, "primary key", [](const auto& r) { return r.primary_key() != nullptr; });
  }
  // The referenced table is there, and its columns are unique.
  void references(const parse::Constraint& constraint, const QualifiedName& by) {
    if (constraint.kind != parse::ConstraintKind::foreign_key || constraint.referenced.name == by.name) return;
    needs_relation(constraint.referenced);
    const auto* other = now().relation(constraint.referenced);
    if (other == nullptr || !complete()) return;
    auto wanted = constraint.referenced_columns;
    std::sort(wanted.begin(), wanted.end());
    const auto fits = [&](const schema::Index& index) {
      auto columns = index.columns;
      std::sort(columns.begin(), columns.end());
      return index.unique && !index.partial && columns == wanted;
    };
    const bool keyed = wanted.empty() ? other->primary_key() != nullptr
                                      : std::any_of(other->indexes.begin(), other->indexes.end(), fits);
    if (!keyed)
      fail("no-key-to-reference", other->name.display() + " (" + core::join(constraint.referenced_columns) + ")");
  }
  void on(const parse::Rename& node) {
    if (node.if_exists) return;
    if (node.object == ObjectKind::column) {
      needs_relation(node.relation);
      needs_part(node.relation, node.name, has_column(node.name));
      makes_part(node.relation, node.new_name, has_column_for_certain(node.new_name));
    } else if (node.object == ObjectKind::table || node.object == ObjectKind::view ||
               node.object == ObjectKind::index || node.object == ObjectKind::sequence ||
               node.object == ObjectKind::materialized_view) {
      needs_relation(node.relation);
      makes_relation({scope_.resolve(node.relation).schema, node.new_name});
    } else if (node.object == ObjectKind::type || node.object == ObjectKind::domain) {
      needs_type(node.relation);
      makes_type({scope_.resolve(node.relation).schema, node.new_name});
    } else if (node.object == ObjectKind::constraint) {
      needs_part(node.relation, node.name, has_constraint(node.name));
    } else if (node.object == ObjectKind::trigger) {
      needs_part(node.relation, node.name, has_named(&schema::Relation::triggers, node.name));
    }
  }
  void on(const parse::Drop& node) {
    if (node.if_exists) return;
    for (const auto& item : node.items) drop(node.object, item);
  }
  void drop(ObjectKind object, const parse::Drop::Item& item) {
    switch (object) {
      case ObjectKind::table:
      case ObjectKind::view:
      case ObjectKind::materialized_view:
        needs_relation(item.name);
        return wrong_kind(object, item.name);
      case ObjectKind::sequence:
      case ObjectKind::index:
        return needs_relation(item.name);
      case ObjectKind::type:
      case ObjectKind::domain:
        return needs_type(item.name);
      case ObjectKind::trigger:
        needs_relation(item.name);
        return needs_part(item.name, item.sub_name, has_named(&schema::Relation::triggers, item.sub_name));
      case ObjectKind::policy:
        needs_relation(item.name);
        return needs_part(item.name, item.sub_name, has_named(&schema::Relation::policies, item.sub_name));
      case ObjectKind::schema:
        return needs(item.name.name,
                     [&](const Catalog& catalog) { return catalog.schemas.count(item.name.name) != 0; });
      default:
        return;
    }
  }
  // DROP TABLE of a view, DROP VIEW of a table.
  void wrong_kind(ObjectKind object, const QualifiedName& written) {
    const auto* relation = now().relation(written);
    if (relation == nullptr) return;
    using schema::RelationKind;
    const bool fits = object == ObjectKind::view                ? relation->kind == RelationKind::view
                      : object == ObjectKind::materialized_view ? relation->kind == RelationKind::materialized_view
                                                                : !relation->is_view();
    if (!fits) fail("wrong-kind", relation->name.display());
  }
  void on(const parse::Query& node) {
    if (node.kind == parse::QueryKind::select) return;
    needs_relation(node.target);
    for (const auto& column : node.target_columns) needs_part(node.target, column, has_column(column));
  }
  void on(const parse::Truncate& node) {
    for (const auto& name : node.relations) needs_relation(name);
  }
  void on(const parse::Copy& node) { needs_relation(node.relation); }
  void on(const parse::Refresh& node) { needs_relation(node.relation); }
  void on(const parse::AlterSequence& node) {
    if (!node.if_exists) needs_relation(node.name);
  }
  void on(const parse::Comment& node) {
    if (node.object == ObjectKind::table || node.object == ObjectKind::view) needs_relation(node.relation);
    if (node.object == ObjectKind::column) needs_part(node.relation, node.sub_name, has_column(node.sub_name));
  }
  void on(const parse::Grant& node) {
    if (node.object != ObjectKind::table || node.all_in_schema || node.default_privileges) return;
    for (const auto& name : node.objects) needs_relation(name);
  }
  template <class Node>
  void on(const Node&) {}

  Scope& scope_;
};

}  // namespace

void existence_effects(Scope& scope) {
  if (scope.statement.parsed && scope.context.call_depth == 0) Existence(scope).check();
}

}  // namespace bgdb::lint
