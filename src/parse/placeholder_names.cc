#include "parse/placeholder_names.h"

#include <algorithm>
#include <cctype>

#include "parse/prepare.h"
#include "parse/scan.h"

namespace bgdb::parse {

PlaceholderNames placeholder_names(std::string_view text) {
  PlaceholderNames names;
  const auto prepared = prepare(text);
  for (const Range& range : prepared.placeholders) {
    const std::string written(text.substr(range.begin, range.end - range.begin));
    std::string name = prepared.text.substr(range.begin, range.end - range.begin);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    // One inside quotes is in the tree as it was written.
    const bool stands_for_it = name[0] == '_' && std::all_of(name.begin(), name.end(), is_word_part);
    if (!stands_for_it || name.size() < 2) continue;
    const bool known = std::any_of(names.begin(), names.end(), [&](const auto& one) { return one.first == name; });
    if (!known) names.emplace_back(std::move(name), written);
  }
  return names;
}

std::string as_written(std::string text, const PlaceholderNames& names) {
  for (const auto& [name, written] : names) {
    // _schema may also be the end of a word; __schema_ hardly is.
    const bool whole = name.compare(0, 2, "__") != 0;
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      const size_t end = at + name.size();
      const bool inside = (at > 0 && is_word_part(text[at - 1])) || (end < text.size() && is_word_part(text[end]));
      if (whole && inside) {
        at = end;
        continue;
      }
      text.replace(at, name.size(), written);
      at += written.size();
    }
  }
  return text;
}

}  // namespace bgdb::parse
