#include "traffic/databases_file.h"

#include <fmt/format.h>

#include <vector>

#include "traffic/text_file.h"

namespace bgdb::traffic {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// PgBouncer quotes values with ' and doubles it inside.
std::string quoted(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t'=") == std::string_view::npos) return std::string(value);
  std::string text = "'";
  for (const char c : value) text += c == '\'' ? std::string("''") : std::string(1, c);
  return text + "'";
}

// key=value pairs as written, values still quoted.
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  size_t at = 0;
  const auto blank = [&](size_t i) { return text[i] == ' ' || text[i] == '\t'; };
  while (at < text.size()) {
    while (at < text.size() && blank(at)) ++at;
    const size_t key_from = at;
    while (at < text.size() && text[at] != '=' && !blank(at)) ++at;
    const std::string key(text.substr(key_from, at - key_from));
    while (at < text.size() && blank(at)) ++at;
    if (at < text.size() && text[at] == '=') ++at;
    while (at < text.size() && blank(at)) ++at;
    const size_t value_from = at;
    if (at < text.size() && text[at] == '\'') {
      ++at;
      while (at < text.size() && (text[at] != '\'' || (at + 1 < text.size() && text[at + 1] == '\''))) {
        at += text[at] == '\'' ? 2 : 1;
      }
      at = std::min(at + 1, text.size());
    } else {
      while (at < text.size() && !blank(at)) ++at;
    }
    if (!key.empty()) pairs.emplace_back(key, std::string(text.substr(value_from, at - value_from)));
  }
  return pairs;
}

std::string entry_line(std::string_view name, std::string_view settings, const pg::Endpoint& endpoint) {
  auto pairs = pairs_of(settings);
  const auto set = [&](const std::string& key, const std::string& value) {
    for (auto& pair : pairs) {
      if (pair.first == key) {
        pair.second = quoted(value);
        return;
      }
    }
    pairs.emplace_back(key, quoted(value));
  };
  set("host", endpoint.host);
  set("port", endpoint.port);
  set("dbname", endpoint.database);
  std::string line = std::string(name) + " =";
  for (const auto& [key, value] : pairs) line += " " + key + "=" + value;
  return line;
}

}  // namespace

Result<std::string> with_endpoint(std::string_view text, std::string_view database, const pg::Endpoint& endpoint) {
  std::string result;
  bool found = false;
  bool in_databases = true;  // an included file may leave the section's head to the file that includes it
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view bare = trim(line);
    if (!bare.empty() && bare.front() == '[') in_databases = bare == "[databases]";
    const size_t equals = bare.find('=');
    std::string_view name = trim(bare.substr(0, equals));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    const bool comment = !bare.empty() && (bare.front() == ';' || bare.front() == '#');
    if (in_databases && !comment && equals != std::string_view::npos && name == database) {
      result += entry_line(trim(bare.substr(0, equals)), bare.substr(equals + 1), endpoint);
      found = true;
    } else {
      result += line;
    }
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!found) {
    return fail(ErrorCode::not_found, fmt::format("no entry \"{}\" under [databases]", database),
                "traffic.database names the pool, traffic.databases_file the file that %include names.");
  }
  return result;
}

Result<void> check_databases_file(const std::string& path, std::string_view database) {
  const auto text = BGDB_TRY(check_text_file(path));
  if (const auto entry = with_endpoint(text, database, {}); !entry) return entry.error().with_context(path);
  return {};
}

Result<void> rewrite_databases_file(const std::string& path, std::string_view database, const pg::Endpoint& endpoint) {
  auto changed = with_endpoint(BGDB_TRY(read_text_file(path)), database, endpoint);
  if (!changed) return changed.error().with_context(path);
  return replace_text_file(path, *changed);
}

}  // namespace bgdb::traffic
