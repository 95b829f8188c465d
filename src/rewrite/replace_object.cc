// DROP and CREATE of the same name in one file. An index: the new one is built beside the old one and takes its name
// with contract. A view: the new one is <name>__new until contract, which makes it again from the file's own text.
// Functions, triggers and policies of the same name and form follow each other in one transaction: they pass as they
// are.
#include <algorithm>

#include "rewrite/index_build.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

std::string twin_of(const std::string& name) {
  return object_name("", {name, "_new"});
}

// Names of relations in a query, by token: every use but those as a column.
std::string rename_relations(const std::string& sql, const std::map<std::string, std::string>& names) {
  const auto tokens = tokenize(sql);
  std::string out;
  size_t copied = 0;
  for (const auto& token : tokens) {
    const auto found = token.is_name() ? names.find(token.name) : names.end();
    if (found == names.end()) continue;
    out.append(sql.substr(copied, token.offset - copied)).append(quote_ident(found->second));
    copied = token.offset + token.length;
  }
  return out + sql.substr(copied);
}

bool names_a_column(const parse::CreateView& view, const std::map<std::string, std::string>& names) {
  const auto used = [&](const std::string& name) { return names.count(name) != 0; };
  return std::any_of(view.columns_read.begin(), view.columns_read.end(),
                     [&](const parse::Expr::Column& column) { return used(column.name); }) ||
         std::any_of(view.output_columns.begin(), view.output_columns.end(), used) ||
         std::any_of(view.columns.begin(), view.columns.end(), used);
}

// Columns of the view's tables that another column takes the place of: how the new version finds them until contract.
std::map<std::string, std::string> replaced_columns(const Draft& draft, const parse::CreateView& view) {
  std::map<std::string, std::string> names;
  for (const auto& group : draft.groups) {
    const bool reads = std::any_of(view.reads.begin(), view.reads.end(),
                                   [&](const QualifiedName& name) { return draft.present(name) == group.table; });
    if (!reads || !group.one_to_one() || group.keeps_old() || group.news[0].name == group.news[0].final_name) continue;
    const bool used =
        std::any_of(view.columns_read.begin(), view.columns_read.end(), [&](const parse::Expr::Column& column) {
          return column.name == group.news[0].final_name || column.name == "*";
        });
    if (used) names[group.news[0].final_name] = group.news[0].name;
  }
  return names;
}

bool take_create_view(Draft& draft, const Action& action, const parse::CreateView& view) {
  const auto name = draft.now().resolve(view.relation);
  if (draft.replaced_views.count(name) == 0) return false;
  std::map<std::string, std::string> names;
  for (const auto& other : draft.replaced_views) {
    if (draft.relation({other.schema, twin_of(other.name)}) != nullptr || other == name)
      names[other.name] = twin_of(other.name);
  }
  if (names_a_column(view, names) || view.temporary) {
    draft.refuse(action, "a column has the name of view " + name.display() + ", which is replaced",
                 "create the new view under another name");
    return true;
  }
  const auto* old = draft.relation(name);
  draft.after_swap += action.sql + ";\n";
  if (old != nullptr && view.columns.empty() && one_line(old->view_sql, 100'000) == one_line(view.query_sql, 100'000)) {
    draft.change(action, "replace-view", "view " + name.display() + " stays until contract makes it again");
    return true;
  }
  const QualifiedName twin{name.schema, twin_of(name.name)};
  auto sql = rename_relations(action.sql, names);
  if (const auto columns = replaced_columns(draft, view); !columns.empty()) {
    const bool star = std::any_of(view.columns_read.begin(), view.columns_read.end(),
                                  [](const parse::Expr::Column& column) { return column.name == "*"; });
    const auto& outputs = view.columns.empty() ? view.output_columns : view.columns;
    if (view.reads.size() != 1 || star || outputs.empty() || view.recursive) {
      draft.refuse(
          action, "view " + name.display() + " reads columns that are replaced, among those of other tables",
          "create the view in a migration behind the contract file, or change the columns in a file of their own");
      return true;
    }
    const auto query = rename_columns(view.query_sql, columns, {view.reads[0].name});
    sql = "CREATE VIEW " + twin.sql() + " (" + core::quote_ident_list(outputs) + ") AS " + query;
  }
  draft.pass(action, sql, true);
  draft.rebuilt_views.insert(twin);
  draft.before_swap = "DROP VIEW " + twin.sql() + ";\n" + draft.before_swap;
  draft.change(action, "replace-view",
               "view " + name.display() + " is " + twin.name + " for the new version until contract");
  draft.note("Until contract the new form of view " + name.display() + " is " + twin.display() +
             ", which contract replaces by " + name.name +
             ". The version that runs while contract is applied must name " + name.name + " only.");
  return true;
}

}  // namespace

bool take_replace_object(Draft& draft, const Action& action) {
  if (action.command != nullptr) return false;
  const auto& node = action.statement->node;
  if (const auto* view = std::get_if<parse::CreateView>(&node)) return take_create_view(draft, action, *view);
  if (const auto* grant = std::get_if<parse::Grant>(&node); grant != nullptr && !grant->revoke) {
    const bool ours = std::any_of(grant->objects.begin(), grant->objects.end(), [&](const QualifiedName& name) {
      return draft.replaced_views.count(draft.now().resolve(name)) != 0;
    });
    if (!ours) return false;
    std::map<std::string, std::string> names;
    for (const auto& name : draft.replaced_views) names[name.name] = twin_of(name.name);
    draft.pass(action, rename_relations(action.sql, names), true);
    draft.after_swap += action.sql + ";\n";
    return true;
  }
  if (const auto* comment = std::get_if<parse::Comment>(&node);
      comment != nullptr && draft.replaced_views.count(draft.now().resolve(comment->relation)) != 0) {
    draft.after_swap += action.sql + ";\n";
    return true;
  }
  return false;
}

}  // namespace bgdb::rewrite
