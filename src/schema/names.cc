#include "schema/names.h"

#include <algorithm>
#include <cctype>

#include "core/contains.h"
#include "core/text.h"

namespace bgdb::schema {
namespace {

constexpr size_t kNameBytesMax = 63;

// Longest prefix of at most `limit` bytes that does not end inside a UTF-8 character.
std::string_view clip(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

bool relation_name_taken(const Catalog& catalog, const QualifiedName& name) {
  if (catalog.relations.count(name) != 0 || catalog.sequences.count(name) != 0 || catalog.composites.count(name) != 0)
    return true;
  return static_cast<bool>(catalog.index(name));
}

bool constraint_name_taken(const Catalog& catalog, const QualifiedName& name) {
  if (!catalog.mentioning(MentionKind::constraint, name).empty()) return true;
  for (auto it = catalog.domains.lower_bound(QualifiedName{name.schema, ""});
       it != catalog.domains.end() && it->first.schema == name.schema; ++it) {
    const auto& checks = it->second.checks;
    if (std::any_of(checks.begin(), checks.end(), [&](const Constraint& c) { return c.name == name.name; }))
      return true;
  }
  return false;
}

template <class Taken>
std::string choose(std::string_view name1, std::string_view name2, std::string_view label, Taken taken) {
  std::string modified(label);
  for (int pass = 1;; ++pass) {
    std::string name = make_object_name(name1, name2, modified);
    if (!taken(name)) return name;
    modified = std::string(label) + std::to_string(pass);
  }
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

}  // namespace

std::string make_object_name(std::string_view name1, std::string_view name2, std::string_view label) {
  size_t overhead = label.empty() ? 0 : label.size() + 1;
  if (!name2.empty()) ++overhead;
  const size_t available = kNameBytesMax > overhead ? kNameBytesMax - overhead : 0;
  size_t size1 = name1.size();
  size_t size2 = name2.size();
  while (size1 + size2 > available) {
    if (size1 > size2) {
      --size1;
    } else {
      --size2;
    }
  }
  std::string name(clip(name1, size1));
  if (!name2.empty()) name.append("_").append(clip(name2, size2));
  if (!label.empty()) name.append("_").append(label);
  return name;
}

std::string choose_relation_name(const Catalog& catalog, const std::string& schema, std::string_view name1,
                                 std::string_view name2, std::string_view label, bool for_constraint) {
  return choose(name1, name2, label, [&](const std::string& name) {
    const QualifiedName candidate{schema, name};
    return relation_name_taken(catalog, candidate) || (for_constraint && constraint_name_taken(catalog, candidate));
  });
}

std::string choose_constraint_name(const Catalog& catalog, const std::string& schema, std::string_view name1,
                                   std::string_view name2, std::string_view label) {
  return choose(name1, name2, label, [&](const std::string& name) {
    return constraint_name_taken(catalog, QualifiedName{schema, name});
  });
}

std::string choose_statistics_name(const Catalog& catalog, const Relation& relation,
                                   const std::vector<std::string>& columns) {
  return choose(relation.name.name, index_name_addition(columns), "stat", [&](const std::string& name) {
    return catalog.statistics.count({relation.name.schema, name}) != 0;
  });
}

std::string multirange_name(const std::string& range) {
  const auto at = range.find("range");
  std::string name = range;
  if (at == std::string::npos) return std::string(clip(range, kNameBytesMax - 11)) + "_multirange";
  name.insert(at, "multi");
  return std::string(clip(name, kNameBytesMax));
}

std::string index_name_addition(const std::vector<std::string>& column_names) {
  std::string addition;
  for (const auto& name : column_names) {
    if (!addition.empty()) addition += '_';
    addition += clip(name, kNameBytesMax);
    if (addition.size() >= kNameBytesMax + 1) break;
  }
  return addition;
}

std::string index_expression_name(std::string_view sql) {
  const auto strip = [](std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
    return text;
  };
  // The position behind the parenthesis that closes the one at `open`, npos when there is none.
  const auto closing = [](std::string_view text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); ++i) {
      if (text[i] == '\'') {
        i = text.find('\'', i + 1);
        if (i == std::string_view::npos) return i;
        continue;
      }
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && --depth == 0) return i + 1;
    }
    return std::string_view::npos;
  };
  sql = strip(sql);
  while (!sql.empty() && sql.front() == '(' && closing(sql, 0) == sql.size())
    sql = strip(sql.substr(1, sql.size() - 2));
  size_t end = 0;
  size_t last_word = 0;
  while (end < sql.size() && (is_word(sql[end]) || sql[end] == '.')) {
    if (sql[end] == '.') last_word = end + 1;
    ++end;
  }
  if (end == last_word || std::isdigit(static_cast<unsigned char>(sql[last_word])) != 0) return "expr";
  const std::string_view rest = strip(sql.substr(end));
  // A call as the whole expression, or a cast of a column: the server names the index column after it.
  const bool call = !rest.empty() && rest.front() == '(' && closing(rest, 0) == rest.size();
  const bool cast = rest.substr(0, 2) == "::" && std::all_of(rest.begin() + 2, rest.end(),
                                                             [](char c) { return is_word(c) || c == ' ' || c == '.'; });
  if (!call && !cast && !rest.empty()) return "expr";
  return core::lower(std::string(sql.substr(last_word, end - last_word)));
}

std::vector<std::string> index_column_names(const std::vector<parse::IndexElement>& elements,
                                            const std::vector<std::string>& include) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& original) {
    std::string name = original;
    for (int i = 1; core::contains(names, name); ++i) {
      const std::string number = std::to_string(i);
      name = std::string(clip(original, kNameBytesMax - number.size())) + number;
    }
    names.push_back(name);
  };
  for (const auto& element : elements) {
    if (!element.column.empty()) {
      add(element.column);
    } else {
      add(element.expr ? index_expression_name(element.expr->sql) : "expr");
    }
  }
  for (const auto& column : include) add(column);
  return names;
}

std::vector<parse::IndexElement> exclude_elements(const parse::Constraint& constraint) {
  std::vector<parse::IndexElement> elements;
  const std::string_view sql = constraint.exclude_sql;
  size_t plain = 0;
  const auto add = [&](std::string_view text) {
    parse::IndexElement element;
    element.sql = text.substr(0, text.rfind(" WITH "));
    const auto first = element.sql.find_first_not_of(' ');
    const bool expression = element.sql.find('(') != std::string::npos;
    if (!expression && first != std::string::npos && plain < constraint.columns.size()) {
      element.column = constraint.columns[plain++];
    } else if (auto parsed = parse::parse_expression(element.sql)) {
      element.expr = std::move(*parsed);
    } else {
      element.expr.emplace().sql = element.sql;
    }
    elements.push_back(std::move(element));
  };
  int depth = 0;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'' || sql[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (sql[i] == '(' && ++depth == 1) start = i + 1;
    if ((sql[i] == ',' && depth == 1) || (sql[i] == ')' && depth == 1)) {
      add(sql.substr(start, i - start));
      start = i + 1;
    }
    if (sql[i] == ')' && --depth == 0) break;  // INCLUDE and WHERE stand behind
  }
  return elements;
}

}  // namespace bgdb::schema
