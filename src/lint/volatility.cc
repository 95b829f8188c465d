#include "lint/volatility.h"

#include <string_view>
#include <unordered_map>

#include "embedded/data.h"
#include "parse/parser.h"

namespace bgdb::lint {

namespace {

// Lines "name v" or "name n".
void read(std::string_view text, std::unordered_map<std::string_view, bool>& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto blank = line.find(' ');
    if (line.empty() || line.front() == '#' || blank == std::string_view::npos) continue;
    out.emplace(line.substr(0, blank), line.substr(blank + 1) == "v");
  }
}

const std::unordered_map<std::string_view, bool>& built_in() {
  static const auto kTable = [] {
    std::unordered_map<std::string_view, bool> table;
    table.reserve(4096);
    read(embedded::data("postgresql/functions.txt"), table);
    read(embedded::data("postgresql/functions-later.txt"), table);
    return table;
  }();
  return kTable;
}

}  // namespace

Volatility volatility_of(const QualifiedName& function, const schema::Catalog& catalog) {
  const auto& name = function.name;
  for (const auto& [known, overloads] : catalog.functions) {
    const bool same = known.name == name && (function.schema.empty() || known.schema == function.schema);
    if (same) return overloads.front().volatility == 'v' ? Volatility::is_volatile : Volatility::not_volatile;
  }
  const auto found = built_in().find(name);
  if (found == built_in().end()) return Volatility::unknown;
  return found->second ? Volatility::is_volatile : Volatility::not_volatile;
}

Volatility volatility_of(const parse::Expr& expression, const schema::Catalog& catalog) {
  auto worst = Volatility::not_volatile;
  for (const auto& function : expression.functions) {
    const auto one = volatility_of(function, catalog);
    if (one == Volatility::is_volatile) return one;
    if (one == Volatility::unknown) worst = one;
  }
  return worst;
}

bool is_serial(const parse::ColumnDef& column) {
  return column.type.name.rfind("serial", 0) == 0;
}

bool fills_with_fresh(const schema::Column& column, const schema::Catalog& catalog) {
  if (column.identity != 0) return true;
  if (!column.default_sql) return false;
  const auto value = parse::parse_expression(*column.default_sql);
  return value && volatility_of(*value, catalog) == Volatility::is_volatile;
}

}  // namespace bgdb::lint
