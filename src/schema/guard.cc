#include "schema/guard.h"

#include <algorithm>
#include <set>

#include "core/contains.h"

namespace bgdb::schema {
namespace {

using parse::Condition;
using Kind = Condition::Kind;

// One question "is there a row with ...": the filters by their columns.
class Question {
 public:
  Question(const Catalog& catalog, const Condition& condition) : catalog_(catalog), condition_(condition) {}

  std::optional<bool> answer() {
    const auto found = look();
    for (const auto& [column, value] : condition_.equals) {
      if (!used(column) && !ignorable(column)) return found == false ? found : std::nullopt;  // asks for more
    }
    if (found == true && !condition_.exact) return std::nullopt;
    return found;
  }

 private:
  bool from(std::string_view name) const { return core::contains(condition_.from, name); }
  bool from_schema(const std::string& name) const { return from("information_schema." + name); }
  bool used(const std::string& column) const { return core::contains(used_, column); }
  static bool ignorable(const std::string& column) {
    return column == "table_catalog" || column == "constraint_catalog" || column == "table_type" ||
           column == "relkind" || column == "contype" || column == "constraint_type" || column == "typtype";
  }
  std::string value(std::initializer_list<const char*> columns) {
    for (const auto* wanted : columns) {
      for (const auto& [column, value] : condition_.equals) {
        if (column != wanted) continue;
        used_.push_back(column);
        return value;
      }
    }
    return {};
  }
  std::string schema() {
    auto name =
        value({"table_schema", "schemaname", "nspname", "constraint_schema", "sequence_schema", "trigger_schema",
               "event_object_schema", "routine_schema", "schema_name", "typnamespace", "relnamespace", "connamespace"});
    return name == "current_schema" ? (catalog_.search_path.empty() ? "public" : catalog_.search_path.front()) : name;
  }
  // "public.t" or t, with the schema that another filter gives.
  QualifiedName named(const std::string& text) {
    auto name = core::parse_qualified_name(text);
    if (name.schema.empty()) name.schema = schema();
    return name;
  }
  // Something is not there: certain only when the history, or the whole catalog, is known.
  std::optional<bool> absent() const {
    if (catalog_.complete || !catalog_.relations.empty()) return false;
    return std::nullopt;
  }
  // A relation is not there: the replay may have missed it.
  std::optional<bool> absent_relation(const std::string& schema) const {
    const bool gap = schema.empty() ? !catalog_.gaps.empty() : catalog_.gaps.count(schema) != 0;
    return gap && !catalog_.complete ? std::nullopt : absent();
  }
  std::optional<bool> is_there(bool there) const { return there ? std::optional<bool>(true) : absent(); }

  std::optional<bool> look() {
    if (from("pg_enum")) return label();
    if (from_schema("columns") || from("pg_attribute")) return column();
    if (from("pg_constraint") || from_schema("table_constraints")) return constraint();
    if (from("pg_trigger") || from_schema("triggers")) return trigger();
    if (from("pg_policies") || from("pg_policy")) return policy();
    if (from("pg_indexes") || from("pg_index")) return index();
    if (from("pg_proc") || from_schema("routines") || from("to_regproc")) return function();
    if (from("pg_type") || from("to_regtype")) return type();
    if (from("pg_class") || from("pg_tables") || from("pg_views") || from("pg_matviews") || from("pg_sequences") ||
        from("to_regclass") || from_schema("tables") || from_schema("views") || from_schema("sequences"))
      return relation();
    if (from("pg_extension")) return by_name(value({"extname"}), catalog_.extensions);
    if (from_schema("schemata") || from("pg_namespace")) return by_name(schema(), catalog_.schemas);
    return std::nullopt;
  }

  template <class Set>
  std::optional<bool> by_name(const std::string& name, const Set& set) const {
    if (name.empty()) return std::nullopt;
    return is_there(set.count(name) != 0);
  }

  std::optional<bool> relation() {
    const auto text = value(
        {"table_name", "relname", "tablename", "viewname", "matviewname", "sequencename", "sequence_name", "name"});
    if (text.empty()) return std::nullopt;
    const auto name = from("to_regclass") ? named(text) : QualifiedName{schema(), text};
    const bool there = catalog_.relation(name) != nullptr || catalog_.sequences.count(catalog_.resolve(name)) != 0 ||
                       static_cast<bool>(catalog_.index(name));
    return there || in_any_schema(name) ? std::optional<bool>(true) : absent_relation(name.schema);
  }
  // Without a schema the catalogs are asked for all of them.
  bool in_any_schema(const QualifiedName& name) const {
    if (!name.schema.empty()) return false;
    return std::any_of(catalog_.relations.begin(), catalog_.relations.end(),
                       [&](const auto& entry) { return entry.first.name == name.name; });
  }

  // The table that a part belongs to; null: not told, or not known.
  const Relation* table() {
    const auto text = value({"table_name", "relname", "tablename", "attrelid", "conrelid", "tgrelid", "polrelid",
                             "indrelid", "event_object_table"});
    return text.empty() ? nullptr : catalog_.relation(named(text));
  }
  bool table_asked() const {
    const auto names_a_table = [](const std::pair<std::string, std::string>& filter) {
      static const std::set<std::string> kColumns = {"table_name", "relname", "tablename", "attrelid",
                                                     "conrelid",   "tgrelid", "polrelid",  "event_object_table"};
      return kColumns.count(filter.first) != 0;
    };
    return std::any_of(condition_.equals.begin(), condition_.equals.end(), names_a_table);
  }
  // A part is there, or is not, in a table; tables not known leave it open.
  template <class Has>
  std::optional<bool> part(const std::string& name, Has has) {
    if (name.empty()) return std::nullopt;
    if (table_asked()) {
      const auto* owner = table();
      if (owner == nullptr) return absent_relation(schema());
      if (has(*owner)) return true;
      return owner->columns_known ? std::optional<bool>(false) : std::nullopt;
    }
    schema();
    return is_there(std::any_of(catalog_.relations.begin(), catalog_.relations.end(),
                                [&](const auto& entry) { return has(entry.second); }));
  }

  std::optional<bool> column() {
    const auto name = value({"column_name", "attname"});
    const auto nullable = value({"is_nullable"});
    const auto not_null = value({"attnotnull"});
    const auto found = part(name, [&](const Relation& r) {
      const auto* column = r.column(name);
      if (column == nullptr) return false;
      if (!nullable.empty()) return column->not_null == (nullable == "NO");
      return not_null.empty() || column->not_null == (not_null == "true");
    });
    schema();
    return found;
  }
  std::optional<bool> constraint() {
    const auto name = value({"conname", "constraint_name"});
    const bool of_any_table = !name.empty() && !table_asked();
    const auto found = of_any_table ? is_there(!catalog_.mentioning(MentionKind::constraint, {"", name}).empty())
                                    : part(name, [&](const Relation& r) { return r.constraint(name) != nullptr; });
    schema();
    return found;
  }
  std::optional<bool> trigger() {
    const auto name = value({"tgname", "trigger_name"});
    return part(name, [&](const Relation& r) {
      return std::any_of(r.triggers.begin(), r.triggers.end(), [&](const Trigger& t) { return t.name == name; });
    });
  }
  std::optional<bool> policy() {
    const auto name = value({"policyname", "polname"});
    return part(name, [&](const Relation& r) { return r.has_policy(name); });
  }
  std::optional<bool> index() {
    const auto name = value({"indexname", "relname"});
    if (name.empty()) return std::nullopt;
    const auto in = schema();
    value({"tablename"});
    return is_there(!catalog_.mentioning(MentionKind::index, {in, name}).empty());
  }
  std::optional<bool> function() {
    const auto text = value({"proname", "routine_name", "name"});
    if (text.empty()) return std::nullopt;
    const auto name = named(text);
    return is_there(std::any_of(catalog_.functions.begin(), catalog_.functions.end(), [&](const auto& entry) {
      return entry.first.name == name.name && (name.schema.empty() || entry.first.schema == name.schema);
    }));
  }

  bool type_is(const QualifiedName& name) const {
    const auto resolved = catalog_.resolve(name);
    const auto in = [&](const auto& map) {
      return std::any_of(map.begin(), map.end(), [&](const auto& entry) {
        return entry.first.name == name.name && (name.schema.empty() || entry.first.schema == name.schema);
      });
    };
    return in(catalog_.enums) || in(catalog_.domains) || in(catalog_.composites) || in(catalog_.other_types);
  }
  std::optional<bool> type() {
    const auto text = value({"typname", "name"});
    if (text.empty()) return std::nullopt;
    const auto name = from("to_regtype") ? named(text) : QualifiedName{schema(), text};
    return is_there(type_is(name) || catalog_.relation(name) != nullptr);
  }
  std::optional<bool> label() {
    const auto wanted = value({"enumlabel"});
    const auto text = value({"typname", "enumtypid"});
    if (wanted.empty() || text.empty()) return std::nullopt;
    const auto name = named(text);
    for (const auto& [type_name, type] : catalog_.enums) {
      if (type_name.name != name.name || (!name.schema.empty() && type_name.schema != name.schema)) continue;
      return core::contains(type.labels, wanted);
    }
    return absent();
  }

  const Catalog& catalog_;
  const Condition& condition_;
  std::vector<std::string> used_;
};

}  // namespace

std::optional<bool> decide(const Catalog& catalog, const Condition& condition) {
  switch (condition.kind) {
    case Kind::constant:
      return condition.value;
    case Kind::exists:
      return Question(catalog, condition).answer();
    case Kind::negated: {
      const auto inner = decide(catalog, condition.parts.front());
      return inner ? std::optional<bool>(!*inner) : std::nullopt;
    }
    case Kind::all:
    case Kind::any: {
      const bool deciding = condition.kind == Kind::any;  // one true decides OR, one false AND
      bool open = false;
      for (const auto& part : condition.parts) {
        const auto outcome = decide(catalog, part);
        if (outcome == deciding) return deciding;
        open = open || !outcome;
      }
      return open ? std::nullopt : std::optional<bool>(!deciding);
    }
    case Kind::unknown:
      break;
  }
  return std::nullopt;
}

}  // namespace bgdb::schema
