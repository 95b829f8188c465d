// mapping.yml -> Overrides. Every error says file:line:column; an unknown key names its nearest neighbour.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <regex>
#include <set>

#include "core/contains.h"
#include "core/nearest.h"
#include "translate/mapping.h"

namespace bgdb::translate {
namespace {

using Texts = std::map<std::string, std::string>;

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  Result<Overrides> read(const YAML::Node& root) {
    Overrides overrides;
    if (root.IsNull()) return overrides;
    BGDB_CHECK(check_keys(root, {"tables"}));
    const YAML::Node tables = root["tables"];
    if (!tables || tables.IsNull()) return overrides;
    BGDB_CHECK(expect_map(tables, "tables"));
    std::set<QualifiedName> seen;
    for (const auto& entry : tables) {
      TableOverride table = BGDB_TRY(read_table(entry.first, entry.second));
      if (!seen.insert(table.blue).second) return error(entry.first, table.blue.display() + " is described twice");
      overrides.tables.push_back(std::move(table));
    }
    return overrides;
  }

 private:
  tl::unexpected<Error> error(const YAML::Node& at, std::string message, std::string hint = {}) const {
    const YAML::Mark mark = at.Mark();
    return fail(ErrorCode::config,
                fmt::format("{}:{}:{}: {}", path_, mark.line + 1, mark.column + 1, std::move(message)),
                std::move(hint));
  }

  Result<void> expect_map(const YAML::Node& node, std::string_view what) const {
    if (node.IsMap()) return {};
    return error(node, fmt::format("{} must be a map of names to values", what));
  }

  Result<void> check_keys(const YAML::Node& node, const std::vector<std::string>& known) const {
    BGDB_CHECK(expect_map(node, "this"));
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.Scalar();
      if (!core::contains(known, key)) {
        const std::string near = core::nearest(key, known);
        return error(entry.first, fmt::format("unknown key \"{}\"", key),
                     near.empty() ? fmt::format("known keys: {}", fmt::join(known, ", "))
                                  : fmt::format("did you mean \"{}\"?", near));
      }
      if (!seen.insert(key).second) return error(entry.first, fmt::format("key \"{}\" is given twice", key));
    }
    return {};
  }

  Result<QualifiedName> table_name(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) return error(node, "a table's name is expected");
    QualifiedName name = core::parse_qualified_name(node.Scalar());
    if (name.schema.empty()) name.schema = "public";
    return name;
  }

  // A column as written: "Odd" in double quotes inside the YAML text loses them, anything else is the name itself.
  static std::string column_name(const std::string& text) {
    return text.size() > 2 && text.front() == '"' ? core::parse_qualified_name(text).name : text;
  }

  Result<Texts> texts(const YAML::Node& node, std::string_view what, bool sql) const {
    Texts result;
    BGDB_CHECK(expect_map(node, what));
    for (const auto& entry : node) {
      if (!entry.second.IsScalar() || entry.second.Scalar().empty()) {
        return error(entry.second, fmt::format("{}.{} needs a text", what, entry.first.Scalar()));
      }
      if (sql) BGDB_CHECK(check_sql(entry.second, entry.second.Scalar()));
      if (!result.emplace(column_name(entry.first.Scalar()), entry.second.Scalar()).second) {
        return error(entry.first, fmt::format("column {} is given twice", entry.first.Scalar()));
      }
    }
    return result;
  }

  Result<void> check_sql(const YAML::Node& at, const std::string& sql) const {
    const auto expression = parse::parse_expression(sql);
    if (expression) return {};
    return error(at, fmt::format("not an SQL expression: {} ({})", sql, expression.error().message));
  }

  // columns: { green_column: { forward: "SQL", reverse: "SQL as blue_column" } }
  Result<void> read_columns(const YAML::Node& node, TableOverride& table) const {
    BGDB_CHECK(expect_map(node, "columns"));
    for (const auto& entry : node) {
      const std::string green = column_name(entry.first.Scalar());
      BGDB_CHECK(check_keys(entry.second, {"forward", "reverse"}));
      if (const YAML::Node forward = entry.second["forward"]) {
        BGDB_CHECK(check_sql(forward, forward.Scalar()));
        table.forward[green] = forward.Scalar();
      }
      if (const YAML::Node reverse = entry.second["reverse"]) BGDB_CHECK(read_reverse(reverse, table));
    }
    return {};
  }

  Result<void> read_reverse(const YAML::Node& node, TableOverride& table) const {
    static const std::regex kNamed(R"re(^([\s\S]*\S)\s+as\s+("(?:[^"]|"")+"|[a-z_][\w$]*)\s*$)re", std::regex::icase);
    std::smatch match;
    const std::string& text = node.Scalar();
    if (!std::regex_match(text, match, kNamed)) {
      return error(node, fmt::format("\"{}\" does not say which column of blue it fills", text),
                   "write \"<SQL> as <column of blue>\"");
    }
    BGDB_CHECK(check_sql(node, match[1].str()));
    table.reverse[core::parse_qualified_name(match[2].str()).name] = match[1].str();
    return {};
  }

  Result<TableOverride> read_table(const YAML::Node& key, const YAML::Node& node) const {
    TableOverride table;
    table.blue = BGDB_TRY(table_name(key));
    if (node.IsNull()) return table;
    BGDB_CHECK(check_keys(node, {"to", "split", "renames", "columns", "forward", "reverse", "lossy", "own"}));
    if (const YAML::Node split = node["split"]) {
      if (node.size() > 1) {
        return error(split, "a split table has nothing but `split`: columns and rules are those of its parts",
                     "move the other keys below the part they concern");
      }
      BGDB_CHECK(read_split(split, table));
      return table;
    }
    if (const YAML::Node to = node["to"]) table.green = BGDB_TRY(table_name(to));
    BGDB_CHECK(read_rules(node, table));
    return table;
  }

  // split: { public.accounts: {}, public.profiles: { renames: { id: user_id } } }
  Result<void> read_split(const YAML::Node& node, TableOverride& table) const {
    BGDB_CHECK(expect_map(node, "split"));
    std::set<QualifiedName> seen;
    for (const auto& entry : node) {
      TableOverride part;
      part.blue = table.blue;
      part.green = BGDB_TRY(table_name(entry.first));
      if (!seen.insert(part.green).second) return error(entry.first, part.green.display() + " is named twice");
      if (!entry.second.IsNull()) {
        BGDB_CHECK(check_keys(entry.second, {"renames", "columns", "forward", "reverse", "lossy", "own"}));
        BGDB_CHECK(read_rules(entry.second, part));
      }
      table.split.push_back(std::move(part));
    }
    if (table.split.size() > 1) return {};
    return error(node, "a table is split into two at least", "one table that continues it is written as `to: <table>`");
  }

  Result<void> read_rules(const YAML::Node& node, TableOverride& table) const {
    if (const YAML::Node columns = node["columns"]) BGDB_CHECK(read_columns(columns, table));
    if (const YAML::Node renames = node["renames"]) {
      for (auto& [blue, green] : BGDB_TRY(texts(renames, "renames", false))) table.renames[blue] = column_name(green);
    }
    if (const YAML::Node forward = node["forward"]) table.forward.merge(BGDB_TRY(texts(forward, "forward", true)));
    if (const YAML::Node reverse = node["reverse"]) table.reverse.merge(BGDB_TRY(texts(reverse, "reverse", true)));
    if (const YAML::Node lossy = node["lossy"]) table.lossy = BGDB_TRY(texts(lossy, "lossy", false));
    if (const YAML::Node own = node["own"]) {
      if (!own.IsSequence()) return error(own, "own is a list of columns");
      for (const auto& column : own) table.own.insert(column_name(column.Scalar()));
    }
    return {};
  }

  std::string path_;
};

}  // namespace

Result<Overrides> parse_overrides(std::string_view yaml, const std::string& path) {
  try {
    return Reader(path).read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& broken) {
    return fail(ErrorCode::config,
                fmt::format("{}:{}:{}: {}", path, broken.mark.line + 1, broken.mark.column + 1, broken.msg));
  }
}

}  // namespace bgdb::translate
