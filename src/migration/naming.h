// File names as the frameworks read them. Internal to migration/.
#pragma once

#include "migration/migration.h"

namespace bgdb::migration {

// Path pieces, '/' separated.
std::vector<std::string> path_components(std::string_view path);
// The piece that carries the name: the folder for diesel and prisma, else the file.
std::string named_piece(Framework framework, std::string_view path);

// Fills version, description, direction and order_key. False when the framework would not run a file of this name.
bool read_name(File& file);
// A version as a comparable key by the framework's own rule.
std::vector<std::string> version_key(Framework framework, std::string_view version);

Framework detect(const std::vector<Text>& texts);
std::optional<std::string> find_declared_phase(std::string_view text);

// Calls `line(offset, text)` for each line, without its line end.
template <class OnLine>
void each_line(std::string_view text, OnLine on_line) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    on_line(at, line);
    at = end + 1;
  }
}

// "-- +goose Up" with `prefix` "+goose": the words behind it, lower case. Empty when the line is no such comment.
std::vector<std::string> marker_words(std::string_view line, std::string_view prefix);

}  // namespace bgdb::migration
