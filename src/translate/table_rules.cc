#include "translate/table_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/contains.h"
#include "core/nearest.h"
#include "translate/conversion.h"
#include "translate/labels.h"

namespace bgdb::translate {
namespace {

using schema::Column;

Counterpart as_it_is(const std::string& source) {
  Counterpart counterpart;
  counterpart.source = source;
  return counterpart;
}

class Direction {
 public:
  Direction(const DirectionInput& input, Problems& problems) : in_(input), problems_(problems) {}

  TableMapping run() {
    table_.source = in_.source->name;
    table_.target = in_.target->name;
    table_.source_partitioned = in_.source->kind == schema::RelationKind::partitioned_table;
    table_.target_partitioned = in_.target->kind == schema::RelationKind::partitioned_table;
    table_.merged = in_.merged;
    for (const Column& column : in_.target->columns) {
      if (column.generated_sql || in_.by_others.count(column.name) != 0) continue;
      ColumnRule rule = rule_for(column);
      rule.target = column.name;
      rule.target_type_sql = type_sql(column.type);
      rule.identity_always = column.identity == 'a';
      note_null(rule, column);
      table_.columns.push_back(std::move(rule));
    }
    add_source_columns();
    derive_key(in_, table_, problems_);
    check_large_values(in_, table_, problems_);
    check_written_names();
    return std::move(table_);
  }

 private:
  std::string side() const { return in_.forward ? "forward" : "reverse"; }
  std::string target_display(const std::string& column) const { return translate::target_display(in_, column); }
  std::string key_for(const std::string& column) const { return translate::key_for(in_, column); }
  const schema::EnumType* source_enum(const TypeName& type) const { return in_.source_catalog->enum_type(type); }

  // Does the other direction's written SQL or a USING read this target column? Then it belongs to some source column.
  bool read_by_way_back(const std::string& target_column) const {
    for (const auto& [unused, sql] : in_.written_back) {
      const auto expression = parse::parse_expression(sql);
      if (!expression) continue;
      for (const auto& column : expression->columns) {
        if (column.name == target_column) return true;
      }
    }
    return false;
  }

  ColumnRule rule_for(const Column& target) {
    if (const auto written = in_.written.find(target.name); written != in_.written.end()) {
      return written_rule(target, written->second);
    }
    if (const auto found = in_.counterparts.find(target.name); found != in_.counterparts.end()) {
      return counterpart_rule(target, found->second);
    }
    return default_rule(target);
  }

  ColumnRule default_rule(const Column& target) {
    ColumnRule rule;
    rule.column_class = ColumnClass::default_value;
    rule.reason = target.default_sql ? "default " + *target.default_sql : target.identity != 0 ? "identity" : "null";
    const bool has_value = target.default_sql || target.identity != 0;
    if (check_filled(target)) return rule;
    if (target.not_null && !has_value) {
      problems_.add(fmt::format("{} is NOT NULL and nothing gives it a value", target_display(target.name)),
                    key_for(target.name));
    } else if (read_by_way_back(target.name) && in_.lossy.count(target.name) == 0) {
      problems_.add(
          fmt::format("{} is read by the way back but gets no value on the way here", target_display(target.name)),
          key_for(target.name));
    }
    return rule;
  }

  // A column that the migration filled for the rows it found: true (and a problem) when later rows would stay empty.
  bool check_filled(const Column& target) {
    if (!in_.forward || in_.table_lineage == nullptr || in_.lossy.count(target.name) != 0) return false;
    const auto filled = in_.table_lineage->filled_by.find(target.name);
    if (filled == in_.table_lineage->filled_by.end()) return false;
    problems_.add(fmt::format("{} was filled by the migration (\"{}\"), but nothing fills it for rows that come later",
                              target_display(target.name), filled->second),
                  key_for(target.name));
    return true;
  }

  ColumnRule written_rule(const Column& target, const std::string& sql) {
    ColumnRule rule = expression_rule(target, sql, "mapping.yml");
    const auto accepted = in_.lossy.find(target.name);
    if (accepted != in_.lossy.end()) {
      rule.lossy = true;
      rule.reason = "accepted: " + accepted->second;
    }
    return rule;
  }

  // `reads` are known when the SQL brings names of its own (a USING over renamed columns).
  ColumnRule expression_rule(const Column& target, const std::string& sql, const std::string& origin,
                             const std::vector<std::string>& reads = {}) {
    ColumnRule rule;
    rule.column_class = ColumnClass::expression;
    rule.expression = cast_sql(sql, target.type);
    rule.reason = origin;
    const auto expression = parse::parse_expression(sql);
    if (!expression) {
      problems_.add(fmt::format("{}: \"{}\" is no SQL expression: {}", target_display(target.name), sql,
                                expression.error().message),
                    key_for(target.name));
      return rule;
    }
    rule.reads = reads;
    if (reads.empty()) {
      for (const auto& column : expression->columns) add_read(rule, target, column.name);
    }
    if (expression->columns.size() == 1 && expression->sql == quote_ident(expression->columns[0].name)) {
      const Column* source = in_.source->column(expression->columns[0].name);
      if (source != nullptr) return counterpart_rule(target, as_it_is(source->name));
    }
    for (const TypeName& type : expression->casts) {
      if (!is_builtin(type) && !is_user_type(type, *in_.source_catalog)) {
        rule.only_on_target = fmt::format("type {} exists on the other side only", type_sql(type));
      }
    }
    return rule;
  }

  void add_read(ColumnRule& rule, const Column& target, const std::string& name) {
    const Column* source = in_.source->column(name);
    if (source == nullptr && name == "*") {
      for (const Column& column : in_.source->columns) {
        if (!column.generated_sql && !core::contains(rule.reads, column.name)) rule.reads.push_back(column.name);
      }
      return;
    }
    if (source == nullptr || source->generated_sql) {
      std::vector<std::string> known;
      for (const Column& column : in_.source->columns) {
        if (!column.generated_sql) known.push_back(column.name);
      }
      const std::string near = core::nearest(name, known);
      problems_.add(fmt::format("the rule of {} reads \"{}\", {}", target_display(target.name), name,
                                source == nullptr ? "which " + in_.source->name.display() + " does not have"
                                                  : "a generated column, which is not replicated"),
                    near.empty() ? fmt::format("columns that can be read: {}", fmt::join(known, ", "))
                                 : fmt::format("did you mean \"{}\"?", near));
      return;
    }
    if (!core::contains(rule.reads, name)) rule.reads.push_back(name);
  }

  ColumnRule counterpart_rule(const Column& target, const Counterpart& counterpart) {
    const Column* source = in_.source->column(counterpart.source);
    if (source == nullptr) return default_rule(target);
    if (source->generated_sql) return expression_rule(target, *source->generated_sql, "generated on the other side");
    ColumnRule rule;
    rule.reads = {source->name};
    rule.reason = source->name == target.name ? "" : "renamed";
    rule.expression = quote_ident(source->name);
    check_updated(target, counterpart);
    if (counterpart.from_using) {
      return expression_rule(target, counterpart.value, "USING of the migration", counterpart.reads);
    }
    if (counterpart.transformed) {
      problems_.add(fmt::format("{}: the migration computes {} with USING; the way back cannot be derived",
                                target_display(target.name), counterpart.source),
                    key_for(target.name));
      return rule;
    }
    if (map_labels(rule, *source, target)) return rule;
    convert_value(rule, *source, target, counterpart.cast_written);
    return rule;
  }

  void check_updated(const Column& target, const Counterpart& counterpart) {
    if (!in_.forward || in_.table_lineage == nullptr || in_.lossy.count(target.name) != 0) return;
    const ColumnLineage* lineage = in_.table_lineage->by_blue(counterpart.source);
    if (lineage == nullptr || lineage->updated_by.empty() || in_.written.count(target.name) != 0) return;
    problems_.add(
        fmt::format("{}: the migration changes its values (\"{}\"); rows that come later would bring the old form back",
                    target_display(target.name), lineage->updated_by),
        fmt::format("{}, or accept it: {}.lossy: {{ {}: \"<why>\" }}", key_for(target.name), in_.mapping_key,
                    target.name));
  }

  Labels labels_of(const schema::EnumType& source, const schema::EnumType& target) const {
    if (in_.forward) return compare_labels(source, target, in_.lineage->label_renames(source.name));
    std::map<std::string, std::string> names;
    for (const auto& [blue, green] : in_.lineage->label_renames(target.name)) names[green] = blue;
    return compare_labels(source, target, names);
  }

  void note_missing(ColumnRule& rule, const Column& target, const std::vector<std::string>& missing) {
    if (missing.empty()) return;
    if (!in_.forward) return add_reason(rule, fmt::format("rows with {} go to quarantine", fmt::join(missing, ", ")));
    problems_.add(
        fmt::format("{}: the enum has no label for {}", target_display(target.name), fmt::join(missing, ", ")),
        key_for(target.name));
  }

  // Enum on both sides, also in an array or behind a domain: renamed labels are translated, missing ones named.
  bool map_labels(ColumnRule& rule, const Column& source, const Column& target) {
    TypeName from = base_type(source.type, *in_.source_catalog), to = base_type(target.type, *in_.target_catalog);
    const bool is_array = from.array_dims > 0;
    if (is_array != (to.array_dims > 0)) return false;
    from.array_dims = to.array_dims = 0;
    const schema::EnumType* source_labels = source_enum(from);
    const schema::EnumType* target_labels = in_.target_catalog->enum_type(to);
    if (source_labels == nullptr || target_labels == nullptr) return map_inner_labels(rule, source, target);
    const Labels labels = labels_of(*source_labels, *target_labels);
    const bool plain = in_.source_catalog->enum_type(element_of(source.type)) != nullptr &&
                       in_.target_catalog->enum_type(element_of(target.type)) != nullptr;
    if (labels.same() && !plain) return false;  // what the domains allow remains
    note_missing(rule, target, labels.missing);
    if (labels.same() && from == to) return true;
    rule.column_class = ColumnClass::cast;
    const std::string text = fmt::format("({})::text", quote_ident(source.name));
    const auto there = is_array ? translated_array(text, labels) : translated_label(text, labels);
    if (!there) {
      problems_.add(target_display(target.name) + ": labels of the enum took each other's names, inside an array",
                    key_for(target.name));
    }
    rule.expression = cast_sql(there.value_or(text), target.type);
    if (!is_user_type(target.type, *in_.source_catalog)) rule.only_on_target = "the enum exists on the other side only";
    if (labels.renamed.empty()) return true;
    add_reason(rule, "labels renamed");
    rule.only_on_target = "labels have those names on the other side only";
    rule.compared = there.value_or(text);
    return true;
  }

  // Inside a composite nobody but a rule that somebody writes can translate them. true: nothing else is to be said.
  bool map_inner_labels(ColumnRule& rule, const Column& source, const Column& target) {
    const auto there = enums_in(target.type, *in_.target_catalog);
    bool all = true;
    for (const schema::EnumType* inner : enums_in(source.type, *in_.source_catalog)) {
      const auto other = std::find_if(there.begin(), there.end(), [&](const schema::EnumType* one) {
        return in_.forward ? in_.lineage->type_now(inner->name) == one->name
                           : in_.lineage->type_now(one->name) == inner->name;
      });
      if (other == there.end()) continue;
      const Labels labels = labels_of(*inner, **other);
      all = all && labels.missing.empty();
      note_missing(rule, target, labels.missing);
      if (labels.renamed.empty()) continue;
      problems_.add(fmt::format("{}: labels of the enum {} were renamed inside a composite type",
                                target_display(target.name), inner->name.display()),
                    key_for(target.name));
    }
    if (all || source.type != target.type) return false;
    rule.column_class = ColumnClass::cast;
    rule.expression = cast_sql(fmt::format("({})::text", quote_ident(source.name)), target.type);
    return true;
  }

  void convert_value(ColumnRule& rule, const Column& source, const Column& target, bool cast_written) {
    Conversion conversion = convert(source.type, *in_.source_catalog, target.type, *in_.target_catalog);
    const QualifiedName blue_type =
        (in_.forward ? source : target).type.schema.empty()
            ? QualifiedName{}
            : QualifiedName{(in_.forward ? source : target).type.schema, (in_.forward ? source : target).type.name};
    const QualifiedName green_type{(in_.forward ? target : source).type.schema,
                                   (in_.forward ? target : source).type.name};
    if (conversion.fidelity == Fidelity::ambiguous && !blue_type.empty() &&
        in_.lineage->type_now(blue_type) == green_type) {
      conversion = {Fidelity::exact, "type renamed"};
    }
    if (conversion.fidelity == Fidelity::same) return;
    const std::string name = quote_ident(source.name);
    rule.column_class = ColumnClass::cast;
    rule.expression =
        conversion.reason == "type renamed" ? cast_sql(name + "::text", target.type) : cast_sql(name, target.type);
    if (!is_builtin(target.type) && !is_user_type(target.type, *in_.source_catalog)) {
      rule.only_on_target = fmt::format("type {} exists on the other side only", type_sql(target.type));
    }
    const std::string from_to = fmt::format("{} -> {}", type_sql(source.type), type_sql(target.type));
    add_reason(rule, from_to);
    switch (conversion.fidelity) {
      case Fidelity::same:
      case Fidelity::exact:
        break;
      case Fidelity::may_fail:
        add_reason(rule, conversion.reason + ": such rows go to quarantine");
        break;
      case Fidelity::changes:
        changes_value(rule, source, target, conversion.reason, from_to, cast_written);
        break;
      case Fidelity::ambiguous:
        problems_.add(fmt::format("{}: {}: {}", target_display(target.name), from_to, conversion.reason),
                      key_for(target.name));
        break;
    }
  }

  // The way forward does what the migration did to the rows it found, if somebody accepts that; the way back never
  // changes a value: what does not fit goes to quarantine.
  void changes_value(ColumnRule& rule, const Column& source, const Column& target, const std::string& why,
                     const std::string& from_to, bool cast_written) {
    if (!in_.forward) {
      rule.expression = strict_cast_sql(quote_ident(source.name), source.name, source.type, target.type);
      add_reason(rule, "values that would change go to quarantine");
      return;
    }
    if (cast_written) {
      add_reason(rule, why + ", as the migration's USING says");
      return;
    }
    rule.lossy = true;
    const auto accepted = in_.lossy.find(target.name);
    if (accepted != in_.lossy.end()) {
      add_reason(rule, fmt::format("{}; accepted: {}", why, accepted->second));
      return;
    }
    add_reason(rule, why);
    problems_.add(fmt::format("{}: {}: {}", target_display(target.name), from_to, why),
                  fmt::format("accept it: {}.lossy: {{ {}: \"<why it is fine>\" }}, or write {}", in_.mapping_key,
                              target.name, key_for(target.name)));
  }

  static void add_reason(ColumnRule& rule, const std::string& text) {
    rule.reason += rule.reason.empty() || text.empty() ? text : "; " + text;
  }

  void note_null(ColumnRule& rule, const Column& target) const {
    if (!target.not_null || rule.reads.size() != 1 || rule.column_class == ColumnClass::expression) return;
    const Column* source = in_.source->column(rule.reads[0]);
    if (source != nullptr && !source->not_null) add_reason(rule, "NOT NULL here: a NULL goes to quarantine");
  }

  void add_source_columns() {
    for (const Column& column : in_.source->columns) {
      if (column.generated_sql) continue;
      SourceColumn source{column.name, type_sql(column.type), "text", is_toastable(column.type, *in_.source_catalog)};
      bool read = false;
      for (const ColumnRule& rule : table_.columns) read = read || core::contains(rule.reads, column.name);
      if (!read) table_.unmapped_source.push_back(column.name);
      if (read && target_has_type(column)) source.apply_type_sql = source.type_sql;
      table_.source_columns.push_back(std::move(source));
    }
  }

  // Can the target read the value as the type it had at the source? An enum with other labels cannot.
  bool target_has_type(const Column& column) const {
    for (const schema::EnumType* labels : enums_in(column.type, *in_.source_catalog)) {
      if (!has_labels(*in_.target_catalog, *labels)) return false;
    }
    if (source_enum(element_of(column.type)) != nullptr) return true;
    if (is_builtin(column.type) || is_user_type(column.type, *in_.target_catalog)) return true;
    const auto& others = in_.target->columns;  // an extension's type: known when the target's table uses it
    return std::any_of(others.begin(), others.end(), [&](const Column& other) { return other.type == column.type; });
  }

  void check_written_names() {
    std::vector<std::string> known;
    for (const Column& column : in_.target->columns) known.push_back(column.name);
    for (const auto& [name, unused] : in_.written) {
      const Column* column = in_.target->column(name);
      if (column != nullptr && !column->generated_sql) continue;
      const std::string near = core::nearest(name, known);
      problems_.add(fmt::format("{}.{}.{} names {}", in_.mapping_key, side(), name,
                                column != nullptr ? "a generated column, which computes itself"
                                                  : "no column of " + in_.target->name.display()),
                    near.empty() ? fmt::format("columns: {}", fmt::join(known, ", "))
                                 : fmt::format("did you mean \"{}\"?", near));
    }
  }

  const DirectionInput& in_;
  Problems& problems_;
  TableMapping table_;
};

}  // namespace

TableMapping derive_direction(const DirectionInput& input, Problems& problems) {
  return Direction(input, problems).run();
}

}  // namespace bgdb::translate
