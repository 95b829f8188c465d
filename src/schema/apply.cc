// Entry of the replay: dispatch by statement kind, and the small themes (data statements, SET, comments, triggers).
#include "schema/apply.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <unordered_set>

#include "core/contains.h"
#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {
namespace {

// Elements of a search_path as written in one string: a, "B", '$user'.
std::vector<std::string> split_path(const std::string& text) {
  std::vector<std::string> path;
  std::string word;
  bool quoted = false;
  const auto flush = [&] {
    if (!word.empty()) path.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (c == '"' || c == '\'') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      flush();
    } else if (c != ' ' || quoted) {
      word += c;
    }
  }
  flush();
  return path;
}

void set_path(Catalog& catalog, const std::vector<std::string>& values) {
  std::vector<std::string> path;
  for (const auto& value : values) {
    for (auto& schema : split_path(value)) {
      if (schema != "$user" && schema != "pg_catalog" && schema != "pg_temp") path.push_back(std::move(schema));
    }
  }
  catalog.search_path = std::move(path);
}

}  // namespace

bool is_system(const QualifiedName& name) {
  if (name.schema == "pg_catalog" || name.schema == "information_schema" || name.schema == "pg_toast") return true;
  return name.schema.empty() && name.name.rfind("pg_", 0) == 0;
}

bool is_bookkeeping(const std::string& name) {
  static const std::unordered_set<std::string_view> kNames{
      "alembic_version",         "ar_internal_metadata",  "atlas_schema_revisions", "changelog",
      "databasechangelog",       "databasechangeloglock", "django_migrations",      "doctrine_migration_versions",
      "flyway_schema_history",   "goose_db_version",      "gorp_migrations",        "knex_migrations",
      "knex_migrations_lock",    "mikro_orm_migrations",  "pgmigrations",           "phinxlog",
      "refinery_schema_history", "schema_migration",      "schema_migrations",      "schema_version",
      "seaql_migrations",        "SequelizeMeta",         "typeorm_metadata",       "__diesel_schema_migrations",
      "__drizzle_migrations",    "__EFMigrationsHistory", "_prisma_migrations",     "_sqlx_migrations"};
  return kNames.count(name) > 0;
}

ApplyResult apply(Catalog& catalog, const parse::Statement& statement) {
  ApplyResult result;
  if (statement.parsed) Applier(catalog, result).run(statement);
  return result;
}

ApplyResult apply_in_code(Catalog& catalog, const parse::Statement& statement) {
  ApplyResult result;
  if (statement.parsed) Applier(catalog, result).run_in_code(statement);
  return result;
}

void Applier::run(const parse::Statement& statement) {
  dispatch(statement);
  catalog_.settle();
}

void Applier::run_in_code(const parse::Statement& statement) {
  tolerant_ = true;
  dispatch(statement);
}

void Applier::dispatch(const parse::Statement& statement) {
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, parse::CreateIndex>) {
          on(node, statement.text);
        } else if constexpr (std::is_same_v<Node, parse::DoBlock>) {
          run_code(statement.node);
        } else if constexpr (std::is_same_v<Node, parse::Truncate> || std::is_same_v<Node, parse::Lock>) {
          for (const auto& name : node.relations) look(name);
        } else if constexpr (std::is_same_v<Node, parse::Copy> || std::is_same_v<Node, parse::Refresh>) {
          if (!node.relation.empty()) look(node.relation);
        } else {
          on(node);
          if constexpr (std::is_same_v<Node, parse::Query> || std::is_same_v<Node, parse::Call>)
            run_code(statement.node);
        }
      },
      statement.node);
}

Relation* Applier::find(const QualifiedName& written) {
  auto* relation = catalog_.relation(written);
  if (relation == nullptr) note_missing(written);
  return relation;
}

const Relation* Applier::look(const QualifiedName& written) {
  const auto* relation = std::as_const(catalog_).relation(written);
  if (relation == nullptr) note_missing(written);
  return relation;
}

void Applier::note_missing(const QualifiedName& name) {
  note_unknown(name);
  const bool expected = !tolerant_ && !name.empty() && !is_system(name) && !is_bookkeeping(name.name);
  if (expected) catalog_.gaps.insert(catalog_.resolve(name).schema);
}

void Applier::note_unknown(const QualifiedName& name) {
  if (name.empty() || is_system(name)) return;
  if (!core::contains(result_.unknown, name)) result_.unknown.push_back(name);
}

QualifiedName Applier::place(const QualifiedName& written, char persistence) const {
  if (persistence == 't') return {"pg_temp", written.name};
  if (!written.schema.empty()) return written;
  for (const auto& schema : catalog_.search_path) {
    if (catalog_.schemas.count(schema) != 0) return {schema, written.name};
  }
  return {catalog_.search_path.empty() ? "public" : catalog_.search_path.front(), written.name};
}

// User types get the schema they were found in, so that two catalogs can be compared.
TypeName Applier::resolve_type(TypeName type) const {
  if (!type.schema.empty()) return type;
  for (const auto& schema : catalog_.search_path) {
    const QualifiedName name{schema, type.name};
    if (!type_known(name) && catalog_.relations.count(name) == 0) continue;
    type.schema = schema;
    break;
  }
  return type;
}

std::vector<QualifiedName> Applier::resolve_all(const std::vector<QualifiedName>& written) {
  std::vector<QualifiedName> resolved;
  for (const auto& name : written) {
    if (is_system(name)) continue;
    look(name);
    resolved.push_back(catalog_.resolve(name));
  }
  return resolved;
}

std::vector<QualifiedName> Applier::children(const QualifiedName& parent) const {
  return catalog_.mentioning(MentionKind::parent, parent);
}

void Applier::on(const parse::Query& node) {
  for (const auto& name : node.reads) {
    if (!is_system(name)) look(name);
  }
  for (const auto& name : node.writes) look(name);
  if (!node.target.empty()) look(node.target);
  // pg_dump's way to set it: SELECT pg_catalog.set_config('search_path', '', false)
  const auto& constants = node.string_constants;
  const bool sets =
      std::any_of(node.functions.begin(), node.functions.end(), [](const auto& f) { return f.name == "set_config"; });
  const auto at = std::find(constants.begin(), constants.end(), "search_path");
  if (sets && at != constants.end() && at + 1 != constants.end()) set_path(catalog_, {*(at + 1)});
}

void Applier::on(const parse::SetVariable& node) {
  if (node.reset_all || (node.reset && node.name == "search_path")) {
    catalog_.search_path = {"public"};
  } else if (node.name == "search_path") {
    set_path(catalog_, node.values);
  }
}

void Applier::on(const parse::Comment& node) {
  using parse::ObjectKind;
  const bool on_relation = node.object == ObjectKind::table || node.object == ObjectKind::view ||
                           node.object == ObjectKind::materialized_view || node.object == ObjectKind::foreign_table;
  if (!on_relation && node.object != ObjectKind::column) return;
  const auto* known = look(node.relation);
  if (known != nullptr && on_relation)
    catalog_.relations.at(QualifiedName(known->name)).comment = node.text.value_or("");
}

void Applier::on(const parse::CreateTrigger& node) {
  auto* relation = find(node.relation);
  if (relation == nullptr) return;
  QualifiedName called = node.function;
  for (const auto& [name, overloads] : catalog_.functions) {
    if (called.schema.empty() && name.name == called.name) called = name;
  }
  // A row trigger of a partitioned table exists on every partition, too.
  std::vector<Relation*> places = {relation};
  if (node.row && relation->kind == RelationKind::partitioned_table) {
    for (size_t i = 0; i < places.size(); ++i) {
      for (const auto& child : children(places[i]->name)) places.push_back(&catalog_.relations.at(child));
    }
  }
  for (auto* place : places) {
    auto& triggers = place->triggers;
    triggers.erase(
        std::remove_if(triggers.begin(), triggers.end(), [&](const Trigger& t) { return t.name == node.name; }),
        triggers.end());
    triggers.push_back({node.name, called, node.row, 'O', node.update_columns, place != relation, node.timing == 'b',
                        node.on_insert, node.on_update, node.when_sql, node.on_delete, node.on_truncate});
  }
}

void Applier::on(const parse::PolicyStatement& node) {
  auto* relation = find(node.relation);
  if (relation == nullptr) return;
  auto& policies = relation->policies;
  auto at = std::find_if(policies.begin(), policies.end(), [&](const Policy& p) { return p.name == node.name; });
  if (at == policies.end()) {
    policies.push_back({node.name, {}, {}, {}, {}, node.permissive});
    at = std::prev(policies.end());
    if (!node.command.empty()) at->command = node.command;
  }
  if (!node.roles.empty()) at->roles = node.roles;
  if (node.using_expr) at->using_sql = node.using_expr->sql;
  if (node.check_expr) at->check_sql = node.check_expr->sql;
  if (node.shape == nullptr || (!node.using_expr && !node.check_expr)) return;
  auto query = resolve_query(catalog_, *node.shape);
  at->reads = std::move(query.reads);
  at->reads.erase(std::remove(at->reads.begin(), at->reads.end(), relation->name), at->reads.end());
  at->columns_read = std::move(query.columns_read);
}

void Applier::on(const parse::CreateRule& node) {
  auto* relation = find(node.relation);
  if (relation == nullptr || node.event == "select") return;
  auto& rules = relation->rules;
  rules.erase(std::remove_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.name == node.name; }),
              rules.end());
  Rule made{node.name, {}};
  for (const auto* list : {&node.reads, &node.writes}) {
    for (const auto& name : *list) {
      const auto touched = catalog_.resolve(name);
      if (touched != relation->name && !is_system(name)) made.reads.push_back(touched);
    }
  }
  rules.push_back(std::move(made));
}

void Applier::on(const parse::CreateStatistics& node) {
  const auto* relation = find(node.relation);
  if (relation == nullptr) return;
  Statistics made;
  made.name = node.name.empty()
                  ? QualifiedName{relation->name.schema, choose_statistics_name(catalog_, *relation, node.columns)}
                  : place(node.name);
  if (catalog_.statistics.count(made.name) != 0 && (node.if_not_exists || tolerant_)) return;
  made.relation = relation->name;
  made.columns = node.columns;
  catalog_.statistics[made.name] = std::move(made);
}

// A statement in code makes what is there already: it fails, and perhaps a handler catches that. Outside of code the
// file knows better than the model.
bool Applier::collides(bool there) {
  if (!there || !tolerant_) return false;
  result_.collided = true;
  return true;
}

void Applier::run_code(const parse::Node& node) {
  if (depth_ == kCallDepthMax) return;
  for (const auto& called : bodies_run_by(catalog_, node)) run_body(*called.body);
}

void Applier::run_body(const parse::ParsedBody& body) {
  const bool outer = std::exchange(tolerant_, true);
  ++depth_;
  BodyWalk walk(body);
  catalog_.unread = catalog_.unread || !body.parsed || !body.dynamic.empty();
  for (size_t i = 0; i < body.statements.size(); ++i) {
    const auto& statement = body.statements[i];
    catalog_.unread = catalog_.unread || !statement.parsed;
    if (!statement.parsed || !walk.runs(i, catalog_)) continue;
    result_.collided = false;
    dispatch(statement);
    if (!result_.collided) continue;
    if (const auto* before = walk.caught(i)) catalog_ = *before;
  }
  --depth_;
  tolerant_ = outer;
}

}  // namespace bgdb::schema
