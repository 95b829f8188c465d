#include "rewrite/draft.h"

#include <algorithm>

#include "core/contains.h"
#include "rewrite/assemble.h"
#include "rewrite/backfill.h"
#include "rewrite/shim.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::expand:
      return "expand";
    case Phase::backfill:
      return "backfill";
    case Phase::contract:
      return "contract";
  }
  return "";
}

namespace {

// What CREATE or ADD COLUMN would collide with; empty when the name is free.
std::string name_in_use(const schema::Catalog& catalog, const parse::Node& node) {
  const auto relation = [&](const QualifiedName& name, bool tolerated) {
    return !tolerated && catalog.relation(name) != nullptr ? catalog.resolve(name).display() : std::string();
  };
  if (const auto* table = std::get_if<parse::CreateTable>(&node))
    return table->persistence == 't' ? std::string() : relation(table->relation, table->if_not_exists);
  if (const auto* table = std::get_if<parse::CreateTableAs>(&node))
    return table->persistence == 't' ? std::string() : relation(table->relation, table->if_not_exists);
  if (const auto* view = std::get_if<parse::CreateView>(&node))
    return view->temporary ? std::string() : relation(view->relation, view->or_replace);
  if (const auto* made = std::get_if<parse::CreateEnum>(&node)) {
    parse::TypeName type;
    type.schema = made->name.schema;
    type.name = made->name.name;
    return catalog.enum_type(type) != nullptr ? made->name.display() : std::string();
  }
  if (const auto* index = std::get_if<parse::CreateIndex>(&node)) {
    const QualifiedName name{catalog.resolve(index->relation).schema, index->name};
    return !index->name.empty() && !index->if_not_exists && catalog.index(name) ? "index " + name.display() : "";
  }
  if (const auto* alter = std::get_if<parse::AlterTable>(&node)) {
    const auto* table = catalog.relation(alter->relation);
    for (const auto& command : alter->commands) {
      if (table == nullptr || command.kind != parse::AlterKind::add_column || !command.column) continue;
      if (!command.if_not_exists && table->column(command.column->name) != nullptr)
        return "column " + table->name.display() + "." + command.column->name;
    }
  }
  return {};
}

}  // namespace

void Queue::add(Rank rank, Step step) {
  items_.push_back({run_, rank, std::move(step)});
}

void Queue::add(Rank rank, std::string sql, std::string undo, std::string note) {
  add_to(run_, rank, std::move(sql), std::move(undo), std::move(note));
}

void Queue::merge(const Queue& other, size_t run) {
  for (auto item : other.items_) {
    item.run = run;
    items_.push_back(std::move(item));
  }
}

void Queue::add_to(size_t run, Rank rank, std::string sql, std::string undo, std::string note) {
  if (sql.empty()) return;
  Step step;
  step.in_transaction = rank == Rank::check || rank == Rank::attach || rank == Rank::reference || rank == Rank::drop;
  step.sql = std::move(sql);
  step.undo = std::move(undo);
  step.note = std::move(note);
  items_.push_back({run, rank, std::move(step)});
}

void Queue::barrier(Step step) {
  ++run_;
  add(Rank::fill, std::move(step));
  ++run_;
}

std::vector<Step> Queue::steps(size_t first, size_t last) const {
  auto items = items_;
  std::erase_if(items, [&](const Item& item) { return item.run < first || item.run >= last; });
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return std::pair(a.run, a.rank) < std::pair(b.run, b.rank); });
  std::vector<Step> sorted;
  for (auto& item : items) sorted.push_back(std::move(item.step));
  return sorted;
}

size_t Queue::mentions(const std::string& table, const std::string& column) const {
  return static_cast<size_t>(std::count_if(items_.begin(), items_.end(), [&](const Item& item) {
    const auto tokens = tokenize(item.step.sql);
    const auto names = [&](const std::string& name) {
      return std::any_of(tokens.begin(), tokens.end(), [&](const Token& t) { return t.is_name() && t.name == name; });
    };
    return names(table) && names(column);
  }));
}

void Queue::erase_containing(const std::string& text) {
  std::erase_if(items_, [&](const Item& item) { return item.step.sql.find(text) != std::string::npos; });
}

bool SyncGroup::exact() const {
  return std::all_of(news.begin(), news.end(), [](const NewColumn& column) { return column.exact; });
}

bool SyncGroup::keeps_old() const {
  return one_to_one() && news[0].plain && olds[0].type == news[0].type && olds[0].collation == news[0].collation;
}

// "zz": row triggers fire in the order of their names; ours has the last word over what the application's own ones set.
std::string SyncGroup::trigger_name() const {
  return object_name("zz_bgdb_sync", {news[0].name});
}

QualifiedName SyncGroup::trigger_function() const {
  return {table.schema, object_name("bgdb_sync", {table.name, news[0].name})};
}

QualifiedName SyncGroup::forward_function(const NewColumn& column) const {
  return {table.schema, object_name("bgdb_forward", {table.name, column.name})};
}

Draft::Draft(const schema::Catalog& before, const parse::ParsedText& file)
    : file_(file), before_(before), now_(before), original_(before) {}

void Draft::run_original(const Action& action) {
  for (const auto& statement : parse::parse_sql(action.sql).statements) schema::apply(original_, statement);
}

bool Draft::is_new_table(const QualifiedName& written) const {
  return new_tables_.count(now_.resolve(written)) != 0;
}

bool Fill::has(const ColumnKey& key) const {
  return table == key.table && core::contains(columns, key.column);
}

QualifiedName Draft::present(const QualifiedName& written) const {
  const auto name = now_.resolve(written);
  const auto shim = shims.find(name);
  return shim == shims.end() ? name : shim->second;
}

bool Draft::is_new_column(const QualifiedName& written, const std::string& column) const {
  if (is_new_table(written)) return true;
  const auto* old = before_.relation(written);
  return old != nullptr && old->columns_known && old->column(column) == nullptr;
}

bool Draft::is_dropped_later(const Action& action, const QualifiedName& table, const std::string& column) const {
  for (const auto& statement : file_.statements) {
    const auto* alter = std::get_if<parse::AlterTable>(&statement.node);
    if (!action.is_before(statement) || alter == nullptr || present(alter->relation) != present(table)) continue;
    for (const auto& command : alter->commands) {
      if (command.kind == parse::AlterKind::drop_column && command.name == column) return true;
    }
  }
  return false;
}

std::string Draft::directive(std::string_view what, const QualifiedName& table, const std::string& column) const {
  const std::string mark = "bgdb: " + std::string(what);
  for (const auto& comment : file_.comments) {
    if (comment.text.compare(0, mark.size(), mark) != 0) continue;
    const auto rest = comment.text.substr(mark.size());
    const size_t equals = rest.find('=');
    if (equals == std::string::npos) continue;
    const std::string target(trim(std::string_view(rest).substr(0, equals)));
    const auto name = core::parse_qualified_name(target);
    const bool table_fits = name.schema.empty() || name.schema == table.name;
    if (target.empty() || (table_fits && name.name == column))
      return std::string(trim(std::string_view(rest).substr(equals + 1)));
  }
  return {};
}

void Draft::change(const Action& action, std::string recipe, std::string summary) {
  changes.push_back({action.line(), std::move(recipe), std::move(summary)});
}

void Draft::refuse(const Action& action, std::string reason, std::string hint) {
  refused.push_back({action.line(), one_line(action.sql), std::move(reason), std::move(hint)});
}

void Draft::narrow(Queue& queue, const ColumnKey& key) {
  const auto table = "ALTER TABLE " + key.table.sql();
  const auto column = quote_ident(key.column);
  const auto check = quote_ident(not_null_check_name(key.table, key.column));
  if (!narrowed_.insert(key).second) return;
  queue.add(Rank::check, table + " ADD CONSTRAINT " + check + " CHECK (" + column + " IS NOT NULL) NOT VALID;\n",
            table + " DROP CONSTRAINT IF EXISTS " + check + ";\n", "no new NULL from here on");
  queue.add(Rank::build, table + " VALIDATE CONSTRAINT " + check + ";\n");
  queue.add(Rank::attach,
            table + " ALTER COLUMN " + column + " SET NOT NULL;\n" + table + " DROP CONSTRAINT " + check + ";\n",
            table + " ALTER COLUMN " + column + " DROP NOT NULL;\n",
            "uses the validated check: no scan under the lock");
}

void Draft::pass(const Action& action, const std::string& sql, bool in_transaction) {
  const auto parsed = parse::parse_sql(sql);
  for (const auto& statement : parsed.statements) {
    if (const auto taken = name_in_use(now_, statement.node); !taken.empty()) {
      refuse(action, taken + " is there until contract, so nothing else can have the name in expand",
             "give the new one another name, or create it in a migration behind the contract file");
      return;
    }
  }
  Step step;
  step.in_transaction = in_transaction;
  step.sql = sql + ";\n";
  step.undo = undo_of_passed(step.sql, now_);
  expand.push_back({.step = std::move(step)});
  apply_to_now(sql);
}

void Draft::apply_to_now(const std::string& sql) {
  for (const auto& statement : parse::parse_sql(sql).statements) {
    const auto applied = schema::apply(now_, statement);
    new_tables_.insert(applied.created.begin(), applied.created.end());
  }
}

bool Draft::forget_narrow(const ColumnKey& key) {
  if (narrowed_.erase(key) == 0) return false;
  contract.erase_containing(quote_ident(not_null_check_name(key.table, key.column)));
  return true;
}

SyncGroup& Draft::add_group(SyncGroup group) {
  if (!groups.empty() && contract.has_barrier_behind(swap_run)) {
    refused.push_back({1, group.table.display() + "." + group.news[0].final_name,
                       "rows are changed between two changes of columns, and contract swaps all columns at once",
                       "put the UPDATE and DELETE statements into a file of their own"});
  }
  contract.next_run();
  swap_run = contract.run();
  if (auto* relation = now_.relation(group.table)) {
    for (const auto& column : group.news) {
      if (relation->column(column.name) != nullptr) continue;
      schema::Column added;
      added.name = column.name;
      added.type = column.type;
      added.collation = column.collation;
      relation->columns.push_back(std::move(added));
    }
  }
  if (const auto* relation = now_.relation(group.table)) {
    const bool triggers = std::any_of(relation->triggers.begin(), relation->triggers.end(),
                                      [](const schema::Trigger& trigger) { return trigger.row; });
    if (triggers) {
      note("Row triggers of " + group.table.display() +
           " that fire before a statement see only the column which it wrote (" + group.olds[0].name + " or " +
           group.news[0].name + "): one that reads or sets it must look at both until contract.");
    }
  }
  expand.push_back({.step = std::nullopt, .group = groups.size()});
  groups.push_back(std::move(group));
  return groups.back();
}

void Draft::add_shim(const QualifiedName& from, const QualifiedName& to) {
  Step step;
  step.sql = make_shim_sql(to, from);
  step.undo = "DROP VIEW IF EXISTS " + to.sql() + ";\n";
  step.note = "the new version's name for " + from.display();
  expand.push_back({.step = std::move(step)});
  schema::Relation view;
  view.name = to;
  view.kind = schema::RelationKind::view;
  if (const auto* relation = now_.relation(from)) view.columns = relation->columns;
  now_.relations[to] = std::move(view);
  shims[to] = from;
}

void Draft::add_fill(Fill fill) {
  Step step;
  step.in_transaction = false;
  step.sql = backfill_fill_sql(fill, now_, Reach::once);
  backfill.add(Rank::fill, std::move(step));
  fills.push_back(std::move(fill));
}

Phase Draft::rows_pending(const QualifiedName& written) const {
  const auto found = rows_pending_.find(present(written));
  return found == rows_pending_.end() ? Phase::expand : found->second;
}

void Draft::rows_wait(const QualifiedName& written, Phase phase) {
  auto& pending = rows_pending_[present(written)];
  pending = std::max(pending, phase);
}

SyncGroup* Draft::group_of_new(const QualifiedName& table, const std::string& column) {
  for (auto& group : groups) {
    if (group.table != now_.resolve(table)) continue;
    for (const auto& one : group.news) {
      if (one.name == column || one.final_name == column) return &group;
    }
  }
  return nullptr;
}

SyncGroup* Draft::group_of_old(const QualifiedName& table, const std::string& column) {
  for (auto& group : groups) {
    if (group.table != now_.resolve(table)) continue;
    for (const auto& one : group.olds) {
      if (one.name == column) return &group;
    }
  }
  return nullptr;
}

const SyncGroup* Draft::group_of_present(const QualifiedName& table, const std::string& column) const {
  for (const auto& group : groups) {
    if (group.table != now_.resolve(table)) continue;
    for (const auto& one : group.news) {
      if (one.name == column) return &group;
    }
  }
  return nullptr;
}

void Draft::rename_new(SyncGroup& group, const std::string& name) {
  const auto from = group.news[0].name;
  if (auto* relation = now_.relation(group.table)) {
    if (auto* column = relation->column(from)) column->name = name;
  }
  for (auto& old : group.olds) old.reverse_sql = rename_columns(old.reverse_sql, {{from, name}}, {group.table.name});
  group.news[0].name = group.news[0].final_name = name;
}

}  // namespace bgdb::rewrite
