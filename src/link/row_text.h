// Rows in the two text forms in which PostgreSQL takes many at once: array literals, one per column, and COPY's text
// format.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "link/coalescer.h"

namespace bgdb::link {

// {"a",NULL,...} of one column of some rows.
std::string array_literal(std::span<const Field* const> rows, size_t column);
// The array of one value.
std::string array_literal(const Field& field);
// One line, columns in the order of `columns`.
void append_copy_row(std::string& out, const Field* row, std::span<const uint16_t> columns);

}  // namespace bgdb::link
