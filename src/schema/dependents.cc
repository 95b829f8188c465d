#include "schema/dependents.h"

#include <algorithm>

#include "core/contains.h"
#include "parse/parser.h"
#include "schema/sql_uses.h"

namespace bgdb::schema {
namespace {

bool reads_column(const std::vector<ColumnRead>& list, const QualifiedName& relation, const std::string& column) {
  return std::any_of(list.begin(), list.end(), [&](const ColumnRead& read) {
    return read.relation == relation && (read.name == column || read.name == "*");
  });
}

bool same_name(const QualifiedName& written, const QualifiedName& name) {
  return written.name == name.name && (written.schema.empty() || written.schema == name.schema);
}

class Finder {
 public:
  Finder(const Catalog& catalog, const Thing& thing) : catalog_(catalog), thing_(thing), name_(thing.name) {}

  std::vector<Dependent> run() {
    switch (thing_.kind) {
      case ThingKind::schema:
        of_schema();
        break;
      case ThingKind::relation:
        of_relation();
        break;
      case ThingKind::column:
        of_column();
        break;
      case ThingKind::constraint:
        of_constraint();
        break;
      case ThingKind::index:
        of_index(thing_.part);
        break;
      case ThingKind::trigger:
        of_trigger();
        break;
      case ThingKind::sequence:
        of_sequence();
        break;
      case ThingKind::type:
        of_type();
        break;
      case ThingKind::function:
        of_function();
        break;
      default:
        break;
    }
    return std::move(found_);
  }

 private:
  void add(ThingKind kind, const QualifiedName& name, const std::string& part, bool automatic) {
    found_.push_back({{kind, name, part}, automatic});
  }
  const Relation* relation() const {
    const auto found = catalog_.relations.find(name_);
    return found == catalog_.relations.end() ? nullptr : &found->second;
  }

  void of_schema() {
    const auto& schema = name_.name;
    const auto all = [&](const auto& map, ThingKind kind) {
      for (auto it = map.lower_bound(QualifiedName{schema, ""}); it != map.end() && it->first.schema == schema; ++it)
        add(kind, it->first, "", false);
    };
    all(catalog_.relations, ThingKind::relation);
    all(catalog_.sequences, ThingKind::sequence);
    all(catalog_.enums, ThingKind::type);
    all(catalog_.domains, ThingKind::type);
    all(catalog_.composites, ThingKind::type);
    all(catalog_.other_types, ThingKind::type);
    all(catalog_.statistics, ThingKind::statistics);
    const auto& functions = catalog_.functions;
    for (auto it = functions.lower_bound({schema, ""}); it != functions.end() && it->first.schema == schema; ++it) {
      for (const auto& function : it->second) add(ThingKind::function, it->first, argument_types(function), false);
    }
  }

  // The relations that mention `what`; `kinds` in any order.
  std::vector<const Relation*> mentioning(std::initializer_list<MentionKind> kinds, const QualifiedName& what) const {
    std::vector<QualifiedName> names;
    for (const auto kind : kinds) {
      for (auto& name : catalog_.mentioning(kind, what)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<const Relation*> found;
    for (const auto& name : names) found.push_back(&catalog_.relations.at(name));
    return found;
  }

  void of_relation() {
    const auto* self = relation();
    const bool partitioned = self != nullptr && self->kind == RelationKind::partitioned_table;
    using enum MentionKind;
    for (const auto* other : mentioning({read, part_read, parent, foreign_key}, name_)) {
      const auto& name = other->name;
      if (other->is_view() && core::contains(other->reads, name_)) add(ThingKind::relation, name, "", false);
      if (other->partition_of == name_) add(ThingKind::relation, name, "", partitioned);
      if (core::contains(other->inherits, name_)) add(ThingKind::relation, name, "", false);
      if (name == name_) continue;
      for (const auto& constraint : other->constraints) {
        if (constraint.kind == ConstraintKind::foreign_key && constraint.referenced == name_)
          add(ThingKind::constraint, name, constraint.name, false);
      }
      for (const auto& policy : other->policies) {
        if (core::contains(policy.reads, name_)) add(ThingKind::policy, name, policy.name, false);
      }
      for (const auto& rule : other->rules) {
        if (core::contains(rule.reads, name_)) add(ThingKind::rule, name, rule.name, false);
      }
    }
    for (const auto& [name, sequence] : catalog_.sequences) {
      if (sequence.owned_by_table == name_) add(ThingKind::sequence, name, "", true);
    }
    for (const auto& [name, statistics] : catalog_.statistics) {
      if (statistics.relation == name_) add(ThingKind::statistics, name, "", true);
    }
    of_type();  // every relation has a type of its name
  }

  void of_column() {
    const auto* self = relation();
    if (self == nullptr) return;
    const auto& column = thing_.part;
    for (const auto& index : self->indexes) {
      if (core::contains(index.columns, column) || core::contains(index.columns_read, column))
        add(ThingKind::index, name_, index.name, true);
    }
    for (const auto& constraint : self->constraints) {
      if (core::contains(constraint.columns, column)) add(ThingKind::constraint, name_, constraint.name, true);
    }
    for (const auto& other : self->columns) {
      if (other.generated_sql && other.name != column && mentions_column(*other.generated_sql, column))
        add(ThingKind::column, name_, other.name, false);
    }
    for (const auto& trigger : self->triggers) {
      if (core::contains(trigger.update_columns, column)) add(ThingKind::trigger, name_, trigger.name, false);
    }
    using enum MentionKind;
    for (const auto* other : mentioning({read, part_read, parent, foreign_key}, name_)) {
      const auto& name = other->name;
      if (other->is_view() && reads_column(other->columns_read, name_, column))
        add(ThingKind::relation, name, "", false);
      for (const auto& policy : other->policies) {
        if (reads_column(policy.columns_read, name_, column)) add(ThingKind::policy, name, policy.name, false);
      }
      for (const auto& constraint : other->constraints) {
        if (constraint.kind == ConstraintKind::foreign_key && constraint.referenced == name_ &&
            core::contains(constraint.referenced_columns, column))
          add(ThingKind::constraint, name, constraint.name, false);
      }
      if (other->partition_of != name_ && !core::contains(other->inherits, name_)) continue;
      const auto* inherited = other->column(column);
      if (inherited != nullptr && !inherited->local && inherited->parents <= 1)
        add(ThingKind::column, name, column, true);
    }
    for (const auto& [name, sequence] : catalog_.sequences) {
      if (sequence.owned_by_table == name_ && sequence.owned_by_column == column)
        add(ThingKind::sequence, name, "", true);
    }
    for (const auto& [name, statistics] : catalog_.statistics) {
      if (statistics.relation == name_ && core::contains(statistics.columns, column))
        add(ThingKind::statistics, name, "", true);
    }
  }

  static bool mentions_column(const std::string& sql, const std::string& column) {
    if (sql.find(column) == std::string::npos) return false;
    const auto expression = parse::parse_expression(sql);
    return expression && std::any_of(expression->columns.begin(), expression->columns.end(),
                                     [&](const auto& read) { return read.name == column; });
  }

  void of_constraint() {
    const auto* self = relation();
    const auto* constraint = self == nullptr ? nullptr : self->constraint(thing_.part);
    if (constraint == nullptr) return;
    const bool key = constraint->kind == ConstraintKind::primary_key || constraint->kind == ConstraintKind::unique ||
                     constraint->kind == ConstraintKind::exclude;
    if (key) return of_index(thing_.part);
    const bool check = constraint->kind == ConstraintKind::check;
    if (!check && self->kind != RelationKind::partitioned_table) return;
    for (const auto* heir : mentioning({MentionKind::parent}, name_)) {
      if (heir->partition_of != name_ && !check) continue;
      for (const auto& own : heir->constraints) {
        if (own.kind != constraint->kind || own.local || own.parents > 1) continue;
        const bool twin = check ? own.name == constraint->name
                                : own.columns == constraint->columns && own.referenced == constraint->referenced &&
                                      own.referenced_columns == constraint->referenced_columns;
        if (twin) add(ThingKind::constraint, heir->name, own.name, true);
      }
    }
  }

  // Also of the constraint that the index backs: they bear one name.
  void of_index(const std::string& index_name) {
    for (const auto* other : mentioning({MentionKind::foreign_key, MentionKind::parent}, name_)) {
      for (const auto& constraint : other->constraints) {
        if (constraint.kind == ConstraintKind::foreign_key && constraint.referenced == name_ &&
            needs(constraint, index_name))
          add(ThingKind::constraint, other->name, constraint.name, false);
      }
      if (other->partition_of != name_) continue;
      for (const auto& index : other->indexes) {
        if (index.parent != index_name) continue;
        add(index.constraint ? ThingKind::constraint : ThingKind::index, other->name, index.name, true);
      }
    }
  }

  bool needs(const Constraint& foreign_key, const std::string& index_name) const {
    if (!foreign_key.referenced_index.empty()) return foreign_key.referenced_index == index_name;
    const auto* self = relation();
    if (self == nullptr) return false;
    auto wanted = foreign_key.referenced_columns;
    std::sort(wanted.begin(), wanted.end());
    for (const auto& index : self->indexes) {
      auto columns = index.columns;
      std::sort(columns.begin(), columns.end());
      if (index.unique && !index.partial && columns == wanted) return index.name == index_name;
    }
    return false;
  }

  void of_trigger() {
    for (const auto* other : catalog_.partitions(name_)) {
      for (const auto& trigger : other->triggers) {
        if (trigger.from_parent && trigger.name == thing_.part)
          add(ThingKind::trigger, other->name, trigger.name, true);
      }
    }
  }

  void of_sequence() {
    const auto plain = quote_ident(name_.name);
    std::vector<const Relation*> users = mentioning({MentionKind::sequence}, {"", name_.sql()});
    for (const auto* relation : mentioning({MentionKind::sequence}, {"", plain})) {
      if (!core::contains(users, relation)) users.push_back(relation);
    }
    for (const auto* relation : users) {
      for (const auto& column : relation->columns) {
        if (!column.default_sql) continue;
        const bool calls = column.default_sql->find("nextval('" + name_.sql() + "'") != std::string::npos ||
                           column.default_sql->find("nextval('" + plain + "'") != std::string::npos;
        if (calls) add(ThingKind::column_default, relation->name, column.name, false);
      }
    }
  }

  // ---- whatever holds SQL: defaults, checks, generated columns, indexes, views, policies
  template <class Wanted>
  void of_expressions(const std::string& word, const std::vector<const Relation*>& among, Wanted wanted) {
    const auto text_uses = [&](const std::string& sql) {
      return sql.find(word) != std::string::npos && wanted(uses_of_expression(sql));
    };
    for (const auto* candidate : among) {
      const auto& relation = *candidate;
      const auto& name = relation.name;
      if (name == name_ && thing_.kind == ThingKind::relation) continue;
      for (const auto& column : relation.columns) {
        if (column.default_sql && text_uses(*column.default_sql))
          add(ThingKind::column_default, name, column.name, false);
        if (column.generated_sql && text_uses(*column.generated_sql)) add(ThingKind::column, name, column.name, false);
      }
      for (const auto& constraint : relation.constraints) {
        if (text_uses(constraint.check_sql)) add(ThingKind::constraint, name, constraint.name, false);
      }
      for (const auto& index : relation.indexes) {
        if (index.definition.find(word) != std::string::npos && wanted(uses_of_index(index)))
          add(ThingKind::index, name, index.name, false);
      }
      if (relation.view_sql.find(word) != std::string::npos && wanted(uses_of_query(relation.view_sql)))
        add(ThingKind::relation, name, "", false);
      for (const auto& policy : relation.policies) {
        if (text_uses(policy.using_sql) || text_uses(policy.check_sql))
          add(ThingKind::policy, name, policy.name, false);
      }
    }
    for (const auto& [name, domain] : catalog_.domains) {
      for (const auto& check : domain.checks) {
        if (text_uses(check.check_sql)) add(ThingKind::domain_check, name, check.name, false);
      }
    }
  }

  void of_type() {
    for (const auto* relation : mentioning({MentionKind::type}, name_)) {
      for (const auto& column : relation->columns) {
        if (!is_of_type(column.type, name_)) continue;
        const bool view = relation->is_view();
        add(view ? ThingKind::relation : ThingKind::column, relation->name, view ? "" : column.name, false);
      }
    }
    for (const auto& [name, composite] : catalog_.composites) {
      for (const auto& attribute : composite.attributes) {
        if (is_of_type(attribute.type, name_)) add(ThingKind::attribute, name, attribute.name, false);
      }
    }
    for (const auto& [name, domain] : catalog_.domains) {
      if (is_of_type(domain.base, name_)) add(ThingKind::type, name, "", false);
    }
    for (const auto& [name, type] : catalog_.other_types) {
      if (type.over && is_of_type(*type.over, name_)) add(ThingKind::type, name, "", type.form == "multirange");
    }
    for (const auto& [function_name, overloads] : catalog_.functions) {
      for (const auto& function : overloads) of_type_used_by(function);
    }
    const auto among = mentioning({MentionKind::cast}, {"", name_.name});
    of_expressions(name_.name, among, [&](const Uses& uses) {
      return std::any_of(uses.types.begin(), uses.types.end(), [&](const TypeName& type) {
        return type.name == name_.name &&
               (type.schema.empty() ? catalog_.resolve({"", type.name}) == name_ : type.schema == name_.schema);
      });
    });
  }

  void of_type_used_by(const Function& function) {
    const auto used = [&](const TypeName& type) { return is_of_type(type, name_); };
    const bool uses = std::any_of(function.arguments.begin(), function.arguments.end(), used) ||
                      (function.returns && used(*function.returns)) ||
                      std::any_of(function.outputs.begin(), function.outputs.end(),
                                  [&](const Column& output) { return used(output.type); });
    if (uses) add(ThingKind::function, function.name, argument_types(function), false);
  }

  void of_function() {
    for (const auto& [name, relation] : catalog_.relations) {
      for (const auto& trigger : relation.triggers) {
        if (thing_.part.empty() && same_name(trigger.function, name_) && !trigger.from_parent)
          add(ThingKind::trigger, name, trigger.name, false);
      }
    }
    // A call does not tell which overload it means: nothing is claimed then.
    size_t overloads = 0;
    for (const auto& [name, functions] : catalog_.functions)
      overloads += name.name == name_.name ? functions.size() : 0;
    if (overloads > 1) return;
    std::vector<const Relation*> all;
    for (const auto& [name, relation] : catalog_.relations) all.push_back(&relation);
    of_expressions(name_.name, all, [&](const Uses& uses) {
      return std::any_of(uses.functions.begin(), uses.functions.end(),
                         [&](const QualifiedName& called) { return same_name(called, name_); });
    });
  }

  const Catalog& catalog_;
  const Thing& thing_;
  const QualifiedName& name_;
  std::vector<Dependent> found_;
};

}  // namespace

std::vector<Dependent> dependents_of(const Catalog& catalog, const Thing& thing) {
  return Finder(catalog, thing).run();
}

}  // namespace bgdb::schema
