#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "schema/apply.h"

namespace bgdb::schema {
namespace {

// Expressions are compared as text only when both sides come from the same kind of source: what a migration writes and
// what the server prints back of it differ ('x' and 'x'::text).
struct Differ {
  const Catalog& left;
  const Catalog& right;
  const DiffOptions& options;
  std::vector<std::string> lines;
  bool same_source = left.complete == right.complete;

  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    lines.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // Keys of both maps: only in left, only in right, in both.
  template <class Map, class Compare>
  void each(std::string_view what, const Map& ours, const Map& theirs, Compare compare) {
    for (const auto& [key, value] : ours) {
      const auto twin = theirs.find(key);
      if (twin == theirs.end()) {
        say("{} {}: only left", what, display(key));
      } else {
        compare(value, twin->second);
      }
    }
    for (const auto& [key, value] : theirs) {
      if (ours.find(key) == ours.end()) say("{} {}: only right", what, display(key));
    }
  }

  static std::string display(const QualifiedName& name) { return name.display(); }
  static std::string display(const std::string& name) { return name; }
  static std::string list(const std::vector<std::string>& names) { return fmt::format("({})", fmt::join(names, ", ")); }
  static std::string presence(const std::optional<std::string>& value) { return value ? *value : "none"; }

  // A schema that one side does not give is no difference: the replay does not know where an extension put its types.
  static bool same_type(const TypeName& a, const TypeName& b) {
    const bool schemas = a.schema == b.schema || a.schema.empty() || b.schema.empty();
    return schemas && a.name == b.name && a.modifiers == b.modifiers && (a.array_dims > 0) == (b.array_dims > 0);
  }
  static std::string show(const TypeName& type) {
    std::string text = QualifiedName{type.schema, type.name}.display();
    if (!type.modifiers.empty()) text += fmt::format("({})", fmt::join(type.modifiers, ","));
    if (type.array_dims > 0) text += "[]";
    return text;
  }
  bool same_expression(const std::optional<std::string>& a, const std::optional<std::string>& b) const {
    return same_source ? a == b : a.has_value() == b.has_value();
  }

  void columns(const Relation& a, const Relation& b) {
    if (!a.columns_known || !b.columns_known) return;
    const auto where = a.name.display();
    for (const auto& column : a.columns) {
      const auto* twin = b.column(column.name);
      if (twin == nullptr) {
        say("column {}.{}: only left", where, column.name);
        continue;
      }
      const bool type_known = !column.type.name.empty() && !twin->type.name.empty();  // of a query: not always told
      if (type_known && !same_type(column.type, twin->type)) {
        say("column {}.{}: type {} / {}", where, column.name, show(column.type), show(twin->type));
      }
      if (column.not_null != twin->not_null)
        say("column {}.{}: not null {} / {}", where, column.name, column.not_null, twin->not_null);
      if (!same_expression(column.default_sql, twin->default_sql)) {
        say("column {}.{}: default {} / {}", where, column.name, presence(column.default_sql),
            presence(twin->default_sql));
      }
      if (column.identity != twin->identity) say("column {}.{}: identity differs", where, column.name);
      if (!same_expression(column.generated_sql, twin->generated_sql))
        say("column {}.{}: generated expression differs", where, column.name);
      if (same_source && column.collation != twin->collation) {
        say("column {}.{}: collation {} / {}", where, column.name, column.collation, twin->collation);
      }
    }
    for (const auto& column : b.columns) {
      if (a.column(column.name) == nullptr) say("column {}.{}: only right", where, column.name);
    }
    const bool same_order = std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                                       [](const Column& x, const Column& y) { return x.name == y.name; });
    if (options.column_order && !same_order && a.columns.size() == b.columns.size())
      say("table {}: column order differs", where);
  }

  // What identifies a constraint or index: its name, or what it says when names do not count. Checks have no columns in
  // their key: the server finds them in the expression, and so do we, but a whole-row reference has none.
  std::string key(const Constraint& c) const {
    if (options.constraint_names) return c.name;
    if (c.kind == ConstraintKind::check && same_source) return fmt::format("check {}", c.check_sql);
    auto columns = c.columns;
    std::sort(columns.begin(), columns.end());
    return fmt::format("{} {} {}{}", kind(c.kind), list(c.kind == ConstraintKind::check ? columns : c.columns),
                       c.referenced.display(), list(c.referenced_columns));
  }
  static std::string_view kind(ConstraintKind kind) {
    constexpr std::string_view kNames[] = {"not null", "check", "unique", "primary key", "foreign key", "exclude"};
    return kNames[static_cast<size_t>(kind)];
  }

  void constraints(const Relation& a, const Relation& b) {
    std::map<std::string, Constraint> ours;
    std::map<std::string, Constraint> theirs;
    for (const auto& c : a.constraints) ours[a.name.display() + " " + key(c)] = c;
    for (const auto& c : b.constraints) theirs[b.name.display() + " " + key(c)] = c;
    each("constraint", ours, theirs, [&](const Constraint& x, const Constraint& y) {
      const auto where = a.name.display() + " " + key(x);
      if (x.kind != y.kind) return say("constraint {}: {} / {}", where, kind(x.kind), kind(y.kind));
      if (x.kind != ConstraintKind::check && x.columns != y.columns)
        say("constraint {}: {} / {}", where, list(x.columns), list(y.columns));
      if (x.referenced != y.referenced || x.referenced_columns != y.referenced_columns) {
        say("constraint {}: references {}{} / {}{}", where, x.referenced.display(), list(x.referenced_columns),
            y.referenced.display(), list(y.referenced_columns));
      }
      if (x.on_delete != y.on_delete || x.on_update != y.on_update || x.delete_columns != y.delete_columns)
        say("constraint {}: actions differ", where);
      if (x.valid != y.valid) say("constraint {}: valid {} / {}", where, x.valid, y.valid);
      if (x.initially_deferred != y.initially_deferred)
        say("constraint {}: initially deferred {} / {}", where, x.initially_deferred, y.initially_deferred);
      if (x.deferrable != y.deferrable) say("constraint {}: deferrable {} / {}", where, x.deferrable, y.deferrable);
      if (same_source && x.check_sql != y.check_sql) say("constraint {}: {} / {}", where, x.check_sql, y.check_sql);
    });
  }

  void indexes(const Relation& a, const Relation& b) {
    std::map<std::string, Index> ours;
    std::map<std::string, Index> theirs;
    const auto key = [&](const Relation& r, const Index& i) {
      if (options.constraint_names) return r.name.display() + " " + i.name;
      return fmt::format("{} {} {}{}{}{}", r.name.display(), i.method, list(i.columns), i.unique ? " unique" : "",
                         i.partial ? " partial" : "", same_source ? list(i.columns_read) : "");
    };
    for (const auto& i : a.indexes) ours[key(a, i)] = i;
    for (const auto& i : b.indexes) theirs[key(b, i)] = i;
    each("index", ours, theirs, [&](const Index& x, const Index& y) {
      const auto where = key(a, x);
      if (x.columns != y.columns) say("index {}: {} / {}", where, list(x.columns), list(y.columns));
      if (x.unique != y.unique || x.primary != y.primary) say("index {}: unique or primary differs", where);
      if (x.valid != y.valid) say("index {}: valid {} / {}", where, x.valid, y.valid);
      if (x.partial != y.partial) say("index {}: partial {} / {}", where, x.partial, y.partial);
      if (x.constraint != y.constraint) say("index {}: backs a constraint {} / {}", where, x.constraint, y.constraint);
      if (x.method != y.method) say("index {}: method {} / {}", where, x.method, y.method);
    });
  }

  void relation(const Relation& a, const Relation& b) {
    const auto where = a.name.display();
    if (a.kind != b.kind) return say("relation {}: another kind", where);
    columns(a, b);
    constraints(a, b);
    indexes(a, b);
    if (a.persistence != b.persistence) say("table {}: persistence {} / {}", where, a.persistence, b.persistence);
    if (a.partition_of != b.partition_of)
      say("table {}: partition of {} / {}", where, a.partition_of.value_or(QualifiedName{}).display(),
          b.partition_of.value_or(QualifiedName{}).display());
    if (a.is_default_partition != b.is_default_partition) say("table {}: default partition differs", where);
    if (a.partition_columns != b.partition_columns)
      say("table {}: partition key {} / {}", where, list(a.partition_columns), list(b.partition_columns));
    if (sorted(a.inherits) != sorted(b.inherits)) say("table {}: inherits differ", where);
    if (a.row_security != b.row_security) say("table {}: row security {} / {}", where, a.row_security, b.row_security);
    if (names_of(a.policies) != names_of(b.policies)) say("table {}: policies differ", where);
    if (names_of(a.rules) != names_of(b.rules)) say("table {}: rules differ", where);
    if (a.replica_identity != b.replica_identity || a.replica_identity_index != b.replica_identity_index) {
      say("table {}: replica identity {} {} / {} {}", where, a.replica_identity, a.replica_identity_index,
          b.replica_identity, b.replica_identity_index);
    }
    std::map<std::string, char> ours;
    std::map<std::string, char> theirs;
    for (const auto& t : a.triggers) ours[where + " " + t.name] = t.enabled;
    for (const auto& t : b.triggers) theirs[where + " " + t.name] = t.enabled;
    each("trigger", ours, theirs, [&](char x, char y) {
      if (x != y) say("trigger on {}: enabled {} / {}", where, x, y);
    });
    if (sorted(a.reads) != sorted(b.reads)) say("view {}: reads differ", where);
  }

  template <class List>
  static std::vector<std::string> names_of(const List& list) {
    std::vector<std::string> names;
    for (const auto& part : list) names.push_back(part.name);
    return sorted(names);
  }

  template <class List>
  static List sorted(List list) {
    std::sort(list.begin(), list.end());
    return list;
  }

  void functions() {
    const auto keys = [](const Catalog& catalog) {
      std::map<std::string, char> names;
      for (const auto& [name, overloads] : catalog.functions) {
        for (const auto& f : overloads) {
          std::vector<std::string> arguments;
          for (const auto& a : f.arguments) arguments.push_back(a.name + (a.array_dims > 0 ? "[]" : ""));
          names[name.display() + list(arguments)] = f.procedure ? 'p' : 'f';
        }
      }
      return names;
    };
    each("function", keys(left), keys(right), [](char, char) {});
  }
};

}  // namespace

std::vector<std::string> diff(const Catalog& left, const Catalog& right, const DiffOptions& options) {
  Differ differ{left, right, options, {}};
  for (const auto& name : left.schemas) {
    if (right.schemas.count(name) == 0) differ.say("schema {}: only left", name);
  }
  for (const auto& name : right.schemas) {
    if (left.schemas.count(name) == 0) differ.say("schema {}: only right", name);
  }
  differ.each("relation", left.relations, right.relations,
              [&](const Relation& a, const Relation& b) { differ.relation(a, b); });
  differ.each("enum", left.enums, right.enums, [&](const EnumType& a, const EnumType& b) {
    if (a.labels != b.labels)
      differ.say("enum {}: {} / {}", a.name.display(), Differ::list(a.labels), Differ::list(b.labels));
  });
  differ.each("domain", left.domains, right.domains, [&](const Domain& a, const Domain& b) {
    const auto where = a.name.display();
    if (!Differ::same_type(a.base, b.base))
      differ.say("domain {}: type {} / {}", where, Differ::show(a.base), Differ::show(b.base));
    if (a.not_null != b.not_null) differ.say("domain {}: not null {} / {}", where, a.not_null, b.not_null);
    if (!differ.same_expression(a.default_sql, b.default_sql)) differ.say("domain {}: default differs", where);
    Relation left_checks;
    Relation right_checks;
    left_checks.name = right_checks.name = a.name;
    left_checks.constraints = a.checks;
    right_checks.constraints = b.checks;
    differ.constraints(left_checks, right_checks);
  });
  differ.each("type", left.composites, right.composites, [&](const CompositeType& a, const CompositeType& b) {
    const bool same = std::equal(
        a.attributes.begin(), a.attributes.end(), b.attributes.begin(), b.attributes.end(),
        [](const Column& x, const Column& y) { return x.name == y.name && Differ::same_type(x.type, y.type); });
    if (!same) differ.say("type {}: attributes differ", a.name.display());
  });
  differ.each("type", left.other_types, right.other_types, [&](const OtherType& a, const OtherType& b) {
    if (a.form != b.form) differ.say("type {}: {} / {}", a.name.display(), a.form, b.form);
  });
  differ.each("statistics", left.statistics, right.statistics, [&](const Statistics& a, const Statistics& b) {
    if (a.relation != b.relation) differ.say("statistics {}: of another table", a.name.display());
  });
  differ.each("sequence", left.sequences, right.sequences, [&](const Sequence& a, const Sequence& b) {
    if (a.owned_by_table != b.owned_by_table || a.owned_by_column != b.owned_by_column) {
      differ.say("sequence {}: owned by {}.{} / {}.{}", a.name.display(), a.owned_by_table.display(), a.owned_by_column,
                 b.owned_by_table.display(), b.owned_by_column);
    }
    if (a.type_name != b.type_name) differ.say("sequence {}: type {} / {}", a.name.display(), a.type_name, b.type_name);
  });
  differ.functions();
  return differ.lines;
}

}  // namespace bgdb::schema
