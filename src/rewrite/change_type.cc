// ALTER COLUMN c TYPE t [USING e]: <c>__new of the new type is added beside c, both are kept equal, contract swaps the
// names. The way back is a cast, or the expression of a comment "-- bgdb: reverse c=<expr>".

#include "core/contains.h"
#include "parse/parser.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// The expression with which the values go back; refuses and returns nullopt when nobody knows one.
std::optional<std::string> reverse_of(Draft& draft, const Action& action, const OldColumn& old, const NewColumn& now,
                                      const QualifiedName& table) {
  const auto& using_expr = action.command->expr;
  const bool plain = !using_expr || is_plain_cast(*using_expr);
  if (auto written = draft.reverse_directive(table, now.final_name); !written.empty()) {
    const auto expression = parse::parse_expression(written);
    if (!expression) {
      draft.refuse(action,
                   "the reverse expression of " + now.final_name + " does not parse: " + expression.error().message,
                   "write it over the column, for example: -- bgdb: reverse " + now.final_name + "=" + now.final_name +
                       "::text");
      return std::nullopt;
    }
    return rename_columns(written, {{old.name, now.name}, {now.final_name, now.name}}, {table.name});
  }
  if (plain && casts(now.type, old.type, draft.now()))
    return cast_sql(quote_ident(now.name), now.type, old.type, draft.now());
  draft.refuse(action,
               "nobody knows how a value of type " + now.type.sql + " goes back to " + old.type.sql +
                   " for the old version" + (using_expr ? " (USING " + using_expr->sql + ")" : ""),
               "write it in a comment of this file, over the column itself: -- bgdb: reverse " + now.final_name + "=" +
                   "<expression of type " + old.type.sql + ">");
  return std::nullopt;
}

// Rows are found by it: of this table, or from others.
bool is_key(const Draft& draft, const schema::Relation& relation, const std::string& column) {
  const auto in = [&](const std::vector<std::string>& names) { return core::contains(names, column); };
  const auto* key = relation.primary_key();
  if (key != nullptr && in(key->columns)) return true;
  for (const auto* other : draft.now().referencing(relation.name)) {
    for (const auto& constraint : other->constraints) {
      if (constraint.kind == parse::ConstraintKind::foreign_key &&
          draft.now().resolve(constraint.referenced) == relation.name && in(constraint.referenced_columns)) {
        return true;
      }
    }
  }
  return false;
}

// USING may read the column alone, by its old name or by the one it just got.
bool reads_only(const parse::Expr& expression, const std::string& old_name, const std::string& name) {
  for (const auto& column : expression.columns) {
    if (column.name != old_name && column.name != name) return false;
  }
  return !expression.has_subquery;
}

// Casts to a type by another name.
std::string rename_type(const std::string& sql, const std::string& from, const std::string& to) {
  const auto tokens = tokenize(sql);
  std::string out;
  size_t copied = 0;
  for (size_t i = 1; i < tokens.size(); ++i) {
    const bool cast = tokens[i - 1].is_symbol("::", sql) || tokens[i - 1].is_word("as");
    if (!cast || !tokens[i].is_name() || tokens[i].name != from) continue;
    out.append(sql.substr(copied, tokens[i].offset - copied)).append(quote_ident(to));
    copied = tokens[i].offset + tokens[i].length;
  }
  return out + sql.substr(copied);
}

void set_type(Draft& draft, const Action& action, const OldColumn& old, NewColumn& now) {
  const auto& command = *action.command;
  auto type = *command.type;
  std::string using_sql = command.expr ? command.expr->sql : std::string();
  if (const auto alias = draft.type_aliases.find(type.name); alias != draft.type_aliases.end()) {
    using_sql = rename_type(using_sql, type.name, alias->second.name);
    type.schema = alias->second.schema;
    type.name = alias->second.name;
    type.sql = alias->second.sql();
  }
  now.type = resolved_type(type, draft.now());
  if (!command.collation.empty()) now.collation = command.collation;
  now.plain = !command.expr;
  now.exact = (now.plain || is_plain_cast(*command.expr)) && converts_exactly(old.type, now.type, draft.now());
  const auto expr = now.plain ? quote_ident(old.name) : using_sql;
  now.forward_sql = rename_columns(expr, {{now.final_name, old.name}}, {action.alter->relation.name});
  // Casts of a lone column are as good as an assignment, and cheaper than a call.
  if (now.exact) now.plain = true;
  if (now.plain) now.forward_sql = quote_ident(old.name);
}

// Limits of the time in which both types exist, for PLAN.md.
void note_limits(Draft& draft, const OldColumn& old, const NewColumn& now, const QualifiedName& table) {
  const auto where = table.display() + "." + now.final_name;
  if (!converts_exactly(now.type, old.type, draft.now())) {
    draft.note(
        "Until contract a value written to " + table.display() + "." + now.name + " must also fit " + old.type.sql +
        " (what the old version reads); a statement with one that does not fails, the new version must not use the "
        "wider range yet.");
  }
  if (!now.exact) {
    draft.note("A value of " + table.display() + "." + old.name + " that does not convert to " + now.type.sql +
               " is accepted from the old version and leaves " + now.name +
               " NULL; the end of the backfill and contract refuse as long as such rows exist.");
  }
  if (now.name != now.final_name) {
    draft.note("Until contract the values of the new type of " + where + " are found in " + now.name +
               ", which contract renames to " + now.final_name +
               ". The version that runs while contract is applied must name " + now.final_name + " only.");
  }
}

}  // namespace

bool take_change_type(Draft& draft, const Action& action) {
  if (action.command == nullptr || action.command->kind != parse::AlterKind::alter_type) return false;
  const auto& command = *action.command;
  const auto& written = action.alter->relation;
  if (action.alter->object != parse::ObjectKind::table || draft.is_new_column(written, command.name)) {
    if (draft.group_of_new(written, command.name) == nullptr) return false;
  }
  const auto* relation = draft.relation(written);
  auto* renamed = draft.group_of_new(written, command.name);
  const auto* column = relation == nullptr ? nullptr : relation->column(command.name);
  if (column == nullptr) {
    draft.refuse(
        action, "column " + written.display() + "." + command.name + " is not known, so its present type is not either",
        "give the folder of the earlier migrations with --schema-from");
    return true;
  }
  if (renamed != nullptr &&
      (!renamed->one_to_one() || !renamed->news[0].plain || renamed->olds[0].name == command.name)) {
    draft.refuse(action, "the type of column " + command.name + " changes twice in this file",
                 "keep the last change only");
    return true;
  }
  const auto old_name = renamed != nullptr ? renamed->olds[0].name : command.name;
  if (command.expr && !reads_only(*command.expr, old_name, command.name)) {
    draft.refuse(action, "USING of " + command.name + " reads more than the column itself",
                 "add a new column, fill it with UPDATE, drop the old one (bgdb rewrites that as a merge)");
    return true;
  }
  if (refuse_if_bound(draft, action, *relation, old_name, Fate::replaced)) return true;
  const bool narrowed = draft.forget_narrow({relation->name, old_name});
  if (draft.contract.mentions(relation->name.name, old_name) > 0) {
    draft.refuse(action, "a statement before it, which waits for contract, names " + old_name + ", too",
                 "put the change of type before the other statements about this column");
    return true;
  }

  SyncGroup group;
  if (renamed != nullptr) {
    group = *renamed;
  } else {
    group.table = relation->name;
    group.olds.push_back({command.name,
                          resolved_type(column->type, draft.now()),
                          column->collation,
                          column->default_sql,
                          column->identity,
                          {}});
    NewColumn now;
    now.name = object_name("", {command.name, "_new"});
    now.final_name = command.name;
    now.collation = column->collation;
    now.not_null = now.not_null_finally = column->not_null;
    const bool keeps_default = draft.dropped_defaults.count({relation->name, command.name}) == 0;
    if (keeps_default) now.default_finally = column->default_sql;
    // A default that names a type may not fit the new one.
    const auto fits = [](const std::string& sql) { return sql.find("::") == std::string::npos; };
    const bool user_type = draft.now().enum_type(column->type) != nullptr;
    if (keeps_default && column->default_sql && is_stable_default(*column->default_sql) &&
        (!user_type || fits(*column->default_sql))) {
      now.default_now = column->default_sql;
    }
    group.news.push_back(std::move(now));
  }
  auto& old = group.olds[0];
  auto& now = group.news[0];
  set_type(draft, action, old, now);
  now.not_null_finally = now.not_null_finally || narrowed;
  if (!now.exact && is_key(draft, *relation, old_name)) {
    draft.refuse(action,
                 "not every value of key " + group.table.display() + "." + old_name + " converts to " + now.type.sql,
                 "add a new key column and move the references in migrations of their own");
    return true;
  }
  const auto reverse = reverse_of(draft, action, old, now, group.table);
  if (!reverse) return true;
  old.reverse_sql = *reverse;
  note_limits(draft, old, now, group.table);
  draft.change(action, "change-type",
               group.table.display() + "." + now.final_name + " changes from " + old.type.sql + " to " + now.type.sql);
  if (renamed != nullptr) {
    *renamed = std::move(group);
  } else {
    draft.add_group(std::move(group));
  }
  return true;
}

}  // namespace bgdb::rewrite
