// Text as a terminal shows it: widths, cutting, wrapping; and text made harmless for whoever reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb::core {

// Columns that the text occupies: escape sequences none, wide (East Asian) characters two.
size_t display_width(std::string_view text);
// Cut with "…" when it is wider. Text may hold escape sequences.
std::string fit(std::string_view text, size_t width);
// Lines of at most `width` columns, broken at blanks; a longer word stands alone. Line breaks of the text are kept.
std::vector<std::string> wrap(std::string_view text, size_t width);

// Control characters (also of escape sequences) become blanks: one line, as wide as it looks.
std::string printable(std::string_view text);
// Bytes that are no UTF-8 become U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace bgdb::core
