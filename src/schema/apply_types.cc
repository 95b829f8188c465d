// Enums, domains, composite types, sequences, functions, schemas, extensions.
#include <algorithm>

#include "core/contains.h"
#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {

void Applier::on(const parse::CreateEnum& node) {
  const auto name = place(node.name);
  if (collides(type_known(name))) return;
  catalog_.enums[name] = {name, node.labels};
}

void Applier::on(const parse::AlterEnum& node) {
  auto* known = catalog_.enums.edit(catalog_.resolve(node.name));
  if (known == nullptr) return note_unknown(node.name);
  auto& labels = known->labels;
  if (node.rename) {
    std::replace(labels.begin(), labels.end(), node.label, node.new_label);
    return;
  }
  if (core::contains(labels, node.label)) return;
  auto at = node.neighbour.empty() ? labels.end() : std::find(labels.begin(), labels.end(), node.neighbour);
  if (at != labels.end() && node.after) ++at;
  labels.insert(at, node.label);
}

void Applier::on(const parse::CreateType& node) {
  const auto name = place(node.name);
  if (collides(type_known(name))) return;
  if (node.form != "composite") return create_other_type(node, name);
  CompositeType type;
  type.name = name;
  for (const auto& attribute : node.attributes) {
    Column column;
    column.name = attribute.name;
    column.type = resolve_type(attribute.type);
    column.collation = attribute.collation;
    type.attributes.push_back(std::move(column));
  }
  catalog_.composites[name] = std::move(type);
}

void Applier::create_other_type(const parse::CreateType& node, const QualifiedName& name) {
  OtherType type{name, node.form == "range" ? "range" : "base", std::nullopt};
  if (node.subtype) type.over = resolve_type(*node.subtype);
  catalog_.other_types[name] = type;
  if (type.form != "range") return;
  OtherType multirange{name, "multirange", TypeName{}};
  multirange.name =
      node.multirange.empty() ? QualifiedName{name.schema, multirange_name(name.name)} : place(node.multirange);
  multirange.over->schema = name.schema;
  multirange.over->name = name.name;
  catalog_.other_types[multirange.name] = multirange;
}

namespace {

Constraint domain_check(const parse::Constraint& written, std::string name) {
  Constraint check;
  check.name = std::move(name);
  check.kind = ConstraintKind::check;
  if (written.check) check.check_sql = written.check->sql;
  check.valid = !written.not_valid;
  return check;
}

}  // namespace

void Applier::on(const parse::CreateDomain& node) {
  const auto name = place(node.name);
  if (collides(type_known(name))) return;
  Domain domain;
  domain.name = name;
  domain.base = resolve_type(node.type);
  domain.not_null = node.not_null;
  if (node.default_value && !node.default_value->is_null) domain.default_sql = node.default_value->sql;
  auto& made = catalog_.domains[name] = std::move(domain);
  for (const auto& check : node.checks) {
    if (check.kind == ConstraintKind::not_null) {
      made.not_null = true;
      continue;
    }
    made.checks.push_back(
        domain_check(check, check.name.empty() ? choose_constraint_name(catalog_, name.schema, name.name, "", "check")
                                               : check.name));
  }
}

void Applier::on(const parse::AlterDomain& node) {
  using parse::AlterDomainKind;
  auto* known = catalog_.domains.edit(catalog_.resolve(node.name));
  if (known == nullptr) return note_unknown(node.name);
  auto& domain = *known;
  auto& checks = domain.checks;
  const auto named =
      std::find_if(checks.begin(), checks.end(), [&](const Constraint& c) { return c.name == node.constraint_name; });
  switch (node.kind) {
    case AlterDomainKind::set_default:
      domain.default_sql.reset();
      if (node.expr && !node.expr->is_null) domain.default_sql = node.expr->sql;
      return;
    case AlterDomainKind::drop_default:
      domain.default_sql.reset();
      return;
    case AlterDomainKind::set_not_null:
      domain.not_null = true;
      return;
    case AlterDomainKind::drop_not_null:
      domain.not_null = false;
      return;
    case AlterDomainKind::add_constraint: {
      if (!node.constraint) return;
      if (node.constraint->kind == ConstraintKind::not_null) {
        domain.not_null = true;
        return;
      }
      const auto& name = node.constraint->name;
      checks.push_back(domain_check(
          *node.constraint,
          name.empty() ? choose_constraint_name(catalog_, domain.name.schema, domain.name.name, "", "check") : name));
      return;
    }
    case AlterDomainKind::drop_constraint:
      if (named != checks.end()) checks.erase(named);
      return;
    case AlterDomainKind::validate_constraint:
      if (named != checks.end()) named->valid = true;
      return;
  }
}

void Applier::on(const parse::CreateSequence& node) {
  const auto name = place(node.name, node.temporary ? 't' : 'p');
  if (catalog_.sequences.count(name) != 0 && node.if_not_exists) return;
  if (collides(catalog_.sequences.count(name) != 0)) return;
  Sequence sequence;
  sequence.name = name;
  if (!node.type_name.empty()) sequence.type_name = node.type_name;
  if (!node.owned_by_table.empty()) {
    find(node.owned_by_table);
    sequence.owned_by_table = catalog_.resolve(node.owned_by_table);
    sequence.owned_by_column = node.owned_by_column;
  }
  catalog_.sequences[name] = std::move(sequence);
}

void Applier::on(const parse::AlterSequence& node) {
  auto* sequence = catalog_.sequences.edit(catalog_.resolve(node.name));
  if (sequence == nullptr) {
    if (!node.if_exists) note_unknown(node.name);
    return;
  }
  if (!node.type_name.empty()) sequence->type_name = node.type_name;
  const auto& options = node.option_names;
  if (!core::contains(options, "owned_by")) return;
  sequence->owned_by_table = node.owned_by_table.empty() ? QualifiedName{} : catalog_.resolve(node.owned_by_table);
  sequence->owned_by_column = node.owned_by_column;
}

void Applier::on(const parse::CreateFunction& node) {
  Function function;
  function.name = place(node.name);
  function.procedure = node.procedure;
  function.aggregate = node.aggregate;
  function.volatility = node.volatility;
  function.language = node.language;
  function.parameters = node.arguments;
  if (!node.body.empty()) function.body = std::make_shared<const std::string>(node.body);
  for (const auto& argument : node.arguments) {
    const auto type = resolve_type(argument.type);
    if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v') {
      function.arguments.push_back(type);
      function.argument_names.push_back(argument.name);
      if (argument.has_default) ++function.defaults;
      function.variadic = function.variadic || argument.mode == 'v';
    }
    if (argument.mode == 'o' || argument.mode == 'b' || argument.mode == 't') {
      auto& output = function.outputs.emplace_back();
      output.name = argument.name;
      output.type = type;
    }
  }
  if (node.returns) function.returns = resolve_type(*node.returns);
  auto& overloads = catalog_.functions[function.name];
  const auto same = std::find_if(overloads.begin(), overloads.end(),
                                 [&](const Function& f) { return same_arguments(f.arguments, function.arguments); });
  if (same != overloads.end()) {
    *same = std::move(function);
  } else {
    overloads.push_back(std::move(function));
  }
}

void Applier::on(const parse::CreateSchema& node) {
  if (!catalog_.schemas.insert(node.name) && node.if_not_exists) return;
  if (node.elements == nullptr) return;
  const auto path = catalog_.search_path;
  catalog_.search_path.insert(catalog_.search_path.begin(), node.name);
  for (const auto& element : node.elements->nodes) {
    parse::Statement statement;
    statement.node = element;
    dispatch(statement);
  }
  catalog_.search_path = path;
}

void Applier::on(const parse::CreateExtension& node) {
  catalog_.extensions.insert(node.name);
  if (!node.schema.empty()) catalog_.schemas.insert(node.schema);
}

}  // namespace bgdb::schema
