#include "link/row_text.h"

#include <array>

namespace bgdb::link {
namespace {

// Appends `text`; every character with an escape in `escapes` becomes a backslash and that.
using Escapes = std::array<char, 256>;

void append_escaped(std::string& out, std::string_view text, const Escapes& escapes) {
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char escape = escapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) continue;
    out.append(text, from, i - from);
    out += '\\';
    out += escape;
    from = i + 1;
  }
  out.append(text, from);
}

constexpr Escapes make(std::initializer_list<std::pair<char, char>> list) {
  Escapes escapes{};
  for (const auto& [character, escape] : list) escapes[static_cast<unsigned char>(character)] = escape;
  return escapes;
}

constexpr Escapes kArrayEscapes = make({{'"', '"'}, {'\\', '\\'}});
constexpr Escapes kCopyEscapes = make({{'\\', '\\'}, {'\t', 't'}, {'\n', 'n'}, {'\r', 'r'}});

void append_element(std::string& array, const Field& field) {
  if (field.kind != FieldKind::text) {
    array += "NULL";
    return;
  }
  array += '"';
  append_escaped(array, field.text, kArrayEscapes);
  array += '"';
}

}  // namespace

std::string array_literal(std::span<const Field* const> rows, size_t column) {
  size_t bytes = 2;
  for (const Field* row : rows) bytes += row[column].text.size() + 5;
  std::string array;
  array.reserve(bytes);
  array += '{';
  for (const Field* row : rows) {
    if (array.size() > 1) array += ',';
    append_element(array, row[column]);
  }
  array += '}';
  return array;
}

std::string array_literal(const Field& field) {
  const Field* row = &field;
  return array_literal({&row, 1}, 0);
}

void append_copy_row(std::string& out, const Field* row, std::span<const uint16_t> columns) {
  char separator = 0;
  for (const uint16_t column : columns) {
    if (separator != 0) out += separator;
    separator = '\t';
    if (row[column].kind == FieldKind::text) {
      append_escaped(out, row[column].text, kCopyEscapes);
    } else {
      out += "\\N";
    }
  }
  out += '\n';
}

}  // namespace bgdb::link
