// CREATE INDEX on an existing table is built CONCURRENTLY, outside a transaction; on a partitioned one leaf by leaf. A
// unique index over columns that the old version writes narrows, so it waits for contract, unless a key says the same.
#include <algorithm>

#include "rewrite/constraint_steps.h"
#include "rewrite/index_build.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// What follows the table's name.
std::string tail_of(const parse::CreateIndex& node, const std::string& sql) {
  const auto tokens = tokenize(sql);
  const size_t on = find_after(tokens, {"on"});
  size_t i = 0;
  while (i < tokens.size() && tokens[i].offset < on) ++i;
  if (i < tokens.size() && tokens[i].is_word("only")) ++i;
  i += node.relation.schema.empty() ? 1 : 3;
  return i < tokens.size() ? " " + sql.substr(tokens[i].offset) : std::string();
}

// A later statement names the index, so its place matters.
bool named_later(const Draft& draft, const Action& action, const std::string& name) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    if (name.empty() || !action.is_before(statement)) return false;
    const auto tokens = tokenize(statement.text);
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& t) { return t.is_name() && t.name == name; });
  });
}

// The names that PostgreSQL gives to the index and to its parts on partitions.
schema::Catalog with_index(const Draft& draft, const std::string& sql) {
  schema::Catalog trial = draft.now();
  for (const auto& statement : parse::parse_sql(sql).statements) schema::apply(trial, statement);
  return trial;
}

std::string new_index_name(const schema::Catalog& trial, const Draft& draft, const QualifiedName& table) {
  const auto* after = trial.relation(table);
  const auto* before = draft.relation(table);
  if (after == nullptr || before == nullptr) return {};
  for (const auto& index : after->indexes) {
    const bool known = std::any_of(before->indexes.begin(), before->indexes.end(),
                                   [&](const schema::Index& one) { return one.name == index.name; });
    if (!known) return index.name;
  }
  return {};
}

bool over_new_column(const Draft& draft, const parse::CreateIndex& node, const QualifiedName& table) {
  return std::any_of(node.elements.begin(), node.elements.end(), [&](const parse::IndexElement& element) {
    return !element.column.empty() && draft.is_new_column(table, element.column) &&
           draft.group_of_present(table, element.column) == nullptr;
  });
}

bool narrows(const Draft& draft, const parse::CreateIndex& node, const QualifiedName& table) {
  if (!node.unique || over_new_column(draft, node, table)) return false;
  const auto* relation = draft.relation(table);
  std::vector<std::string> columns;
  for (const auto& element : node.elements) columns.push_back(element.column);
  return relation == nullptr || !is_unique_already(*relation, columns);
}

}  // namespace

bool take_create_index(Draft& draft, const Action& action) {
  const auto* node = std::get_if<parse::CreateIndex>(&action.statement->node);
  if (node == nullptr || action.command != nullptr || draft.is_new_table(node->relation)) return false;
  const auto table = draft.now().resolve(node->relation);
  const bool partitioned = is_partitioned(draft.now(), table);
  const bool waits = narrows(draft, *node, table);
  if (node->only || (node->concurrently && !waits)) return false;
  const auto ref = node->name.empty() ? schema::Catalog::IndexRef{} : draft.now().index({table.schema, node->name});
  if (ref && node->if_not_exists) return false;
  const bool replaces = ref && !partitioned && draft.replaced_indexes.count(node->name) != 0;
  if (ref && !replaces) {
    draft.refuse(action,
                 "index " + node->name + " is there until contract, so nothing else can have the name in expand",
                 "give the new index another name");
    return true;
  }
  const auto trial = with_index(draft, action.sql);
  IndexSpec spec{table, node->name, node->unique, tail_of(*node, action.sql)};
  if (spec.name.empty()) spec.name = new_index_name(trial, draft, table);
  if (replaces) {
    const QualifiedName old{table.schema, node->name};
    spec.name = object_name("", {node->name, "_new"});
    draft.wait(Rank::attach, "DROP INDEX IF EXISTS " + old.sql() + ";\nALTER INDEX " +
                                 QualifiedName{table.schema, spec.name}.sql() + " RENAME TO " +
                                 quote_ident(node->name) + ";\n");
  }
  const LeafName leaf_name = [&](const schema::Relation& leaf) { return new_index_name(trial, draft, leaf.name); };
  auto steps = build_index(draft.now(), spec, leaf_name);
  const auto what = "index " + spec.name + " on " + table.display();
  draft.change(action, "create-index",
               (node->unique ? "unique " : "") + what +
                   (waits         ? " waits for contract"
                    : partitioned ? " is built on each partition, then attached"
                                  : " is built concurrently"));
  if (waits) {
    for (auto& step : steps) draft.contract.add(step.in_transaction ? Rank::attach : Rank::build, std::move(step));
    return true;
  }
  if (node->unique && over_new_column(draft, *node, table)) {  // behind the fill: defaults may repeat before
    for (auto& step : steps) draft.backfill.add(step.in_transaction ? Rank::attach : Rank::build, std::move(step));
    draft.apply_to_now(action.sql);
    return true;
  }
  const bool in_place = named_later(draft, action, node->name);
  for (auto& step : steps) {
    if (in_place) {
      draft.expand.push_back({.step = std::move(step)});
    } else {
      draft.expand_unlocked.push_back(std::move(step));
    }
  }
  if (!replaces) draft.apply_to_now(action.sql);
  return true;
}

}  // namespace bgdb::rewrite
