#include "lint/casts.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "embedded/data.h"

namespace bgdb::lint {

namespace {

struct Table {
  std::map<std::pair<std::string_view, std::string_view>, Cast> casts;
  std::set<std::string_view> types;
};

// Splits off the next word of a line.
std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Table read() {
  Table table;
  // Types that have no cast of their own.
  for (const std::string_view name :
       {"uuid", "bytea", "jsonpath", "tsvector", "tsquery", "pg_lsn", "xid", "line", "tid"})
    table.types.insert(name);
  auto text = embedded::data("postgresql/casts.txt");
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto from = next_word(line), to = next_word(line), context = next_word(line);
    Cast cast;
    cast.context = context == "i"   ? CastContext::implicit
                   : context == "a" ? CastContext::assignment
                                    : CastContext::explicit_only;
    cast.stored_alike = line == "b";
    table.casts.emplace(std::pair{from, to}, cast);
    table.types.insert(from);
    table.types.insert(to);
  }
  return table;
}

const Table& table() {
  static const Table kTable = read();
  return kTable;
}

}  // namespace

bool is_string_type(std::string_view name) {
  return name == "text" || name == "varchar" || name == "bpchar" || name == "name" || name == "citext";
}

bool is_known_type(std::string_view name) {
  return table().types.count(name) > 0;
}

std::optional<Cast> cast_between(std::string_view from, std::string_view to) {
  if (from == to) return Cast{CastContext::implicit, true};
  if (const auto found = table().casts.find({from, to}); found != table().casts.end()) return found->second;
  if (is_string_type(to)) return Cast{CastContext::assignment, false};
  if (is_string_type(from)) return Cast{CastContext::explicit_only, false};
  return std::nullopt;
}

}  // namespace bgdb::lint
