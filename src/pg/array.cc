// PostgreSQL's text form of arrays (documentation: 8.15.2, 8.15.6), one dimension.
#include "pg/session.h"

namespace bgdb::pg {

std::string to_array_literal(const std::vector<Value>& elements) {
  size_t bytes = 2;
  for (const auto& element : elements) bytes += element ? element->size() + 3 : 5;
  std::string text;
  text.reserve(bytes);
  text += '{';
  for (const auto& element : elements) {
    if (text.size() > 1) text += ',';
    if (!element) {
      text += "NULL";
      continue;
    }
    text += '"';
    for (const char c : *element) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  text += '}';
  return text;
}

Result<std::vector<Value>> parse_array_literal(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::input, "not an array: " + std::string(text.substr(0, 80))); };
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return bad();
  std::vector<Value> elements;
  size_t at = 1;
  const size_t end = text.size() - 1;
  while (at < end) {
    std::string element;
    bool quoted = false;
    if (text[at] == '"') {
      quoted = true;
      for (++at; at < end && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < end) ++at;
        element += text[at];
      }
      if (at >= end) return bad();
      ++at;
    } else {
      for (; at < end && text[at] != ','; ++at) {
        if (text[at] == '{' || text[at] == '}') return bad();
        if (text[at] == '\\' && at + 1 < end) ++at;
        element += text[at];
      }
    }
    if (!quoted && (element == "NULL" || element == "null")) {
      elements.emplace_back();
    } else {
      elements.emplace_back(std::move(element));
    }
    if (at < end) {
      if (text[at] != ',' || at + 1 == end) return bad();
      ++at;
    }
  }
  return elements;
}

}  // namespace bgdb::pg
