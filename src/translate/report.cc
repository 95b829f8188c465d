// A mapping for people and for programs.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "translate/mapping.h"

namespace bgdb::translate {
namespace {

using nlohmann::json;

struct Line {
  std::string target, rule, from, note;
};

void append_table(std::string& text, const TableMapping& table) {
  text += fmt::format("{} -> {}", table.source.display(), table.target.display());
  if (!table.source_key.empty()) text += fmt::format("   key ({})", fmt::join(table.source_key, ", "));
  text += '\n';
  std::vector<Line> lines;
  size_t target_width = 0, rule_width = 0, from_width = 0;
  for (const ColumnRule& rule : table.columns) {
    Line line{rule.target, std::string(to_string(rule.column_class)), rule.expression, rule.reason};
    if (rule.lossy) line.rule += ", lossy";
    if (line.from.empty()) line.from = "-";
    target_width = std::max(target_width, line.target.size());
    rule_width = std::max(rule_width, line.rule.size());
    from_width = std::max(from_width, std::min<size_t>(line.from.size(), 60));
    lines.push_back(std::move(line));
  }
  for (const Line& line : lines) {
    std::string row = fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}", line.target, target_width, line.rule, rule_width,
                                  line.from, from_width, line.note);
    while (row.back() == ' ') row.pop_back();
    text += row + '\n';
  }
  if (!table.unmapped_source.empty())
    text += fmt::format("  not carried over: {}\n", fmt::join(table.unmapped_source, ", "));
}

void append_direction(std::string& text, std::string_view title, const Mapping& mapping) {
  text += fmt::format("{}\n\n", title);
  for (const TableMapping& table : mapping.tables) {
    append_table(text, table);
    text += '\n';
  }
  std::vector<std::string> alone;
  for (const QualifiedName& name : mapping.source_only) alone.push_back(name.display());
  if (!alone.empty()) text += fmt::format("not replicated (no counterpart): {}\n\n", fmt::join(alone, ", "));
}

json to_json_value(const Mapping& mapping) {
  json tables = json::array();
  for (const TableMapping& table : mapping.tables) {
    json columns = json::array();
    for (const ColumnRule& rule : table.columns) {
      columns.push_back({{"column", rule.target},
                         {"class", std::string(to_string(rule.column_class))},
                         {"expression", rule.expression},
                         {"reads", rule.reads},
                         {"lossy", rule.lossy},
                         {"reason", rule.reason}});
    }
    tables.push_back({{"source", table.source.display()},
                      {"target", table.target.display()},
                      {"key", table.source_key},
                      {"target_key", table.target_key},
                      {"columns", columns},
                      {"not_carried_over", table.unmapped_source}});
  }
  json alone = json::array();
  for (const QualifiedName& name : mapping.source_only) alone.push_back(name.display());
  return {{"tables", tables}, {"not_replicated", alone}};
}

}  // namespace

std::string_view to_string(ColumnClass column_class) {
  switch (column_class) {
    case ColumnClass::identity:
      return "identity";
    case ColumnClass::cast:
      return "cast";
    case ColumnClass::expression:
      return "expression";
    case ColumnClass::default_value:
      return "default";
  }
  return "identity";
}

std::string to_text(const MappingPair& pair) {
  std::string text;
  append_direction(text, "forward (blue -> green)", pair.forward);
  append_direction(text, "reverse (green -> blue)", pair.reverse);
  for (const std::string& note : pair.notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string to_json(const MappingPair& pair) {
  const json value = {
      {"forward", to_json_value(pair.forward)}, {"reverse", to_json_value(pair.reverse)}, {"notes", pair.notes}};
  return value.dump(2) + "\n";
}

}  // namespace bgdb::translate
