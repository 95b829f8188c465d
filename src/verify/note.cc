#include "verify/note.h"

#include <nlohmann/json.hpp>

namespace bgdb::verify {
namespace {

using nlohmann::json;

json value_of(const pg::Value& value) {
  return value ? json(*value) : json(nullptr);
}

pg::Value to_value(const json& value) {
  return value.is_string() ? pg::Value(value.get<std::string>()) : std::nullopt;
}

Key to_key(const json& list) {
  Key key;
  for (const auto& part : list) key.push_back(to_value(part));
  return key;
}

json difference_json(const Difference& difference) {
  json columns = json::array();
  for (const auto& column : difference.columns)
    columns.push_back(
        {{"column", column.column}, {"source", value_of(column.source)}, {"target", value_of(column.target)}});
  return {{"kind", std::string(to_string(difference.kind))}, {"key", difference.key}, {"columns", columns}};
}

Difference to_difference(const json& value) {
  Difference difference;
  const auto kind = value.at("kind").get<std::string>();
  difference.kind = kind == "missing" ? DifferenceKind::missing
                    : kind == "extra" ? DifferenceKind::extra
                                      : DifferenceKind::different;
  difference.key = value.at("key").get<std::vector<std::string>>();
  for (const auto& column : value.at("columns")) {
    difference.columns.push_back(
        {column.at("column").get<std::string>(), to_value(column.at("source")), to_value(column.at("target"))});
  }
  return difference;
}

}  // namespace

std::string write_note_text(const Note& note) {
  json place = json::array(), differences = json::array();
  for (const auto& part : note.place) place.push_back(value_of(part));
  for (const auto& difference : note.report.differences) differences.push_back(difference_json(difference));
  const json value = {{"statement", note.statement},
                      {"place", place},
                      {"number", note.number},
                      {"complete", note.complete},
                      {"rows", note.report.rows},
                      {"chunks", note.report.chunks},
                      {"chunks_left_out", note.report.chunks_left_out},
                      {"unsettled", note.report.unsettled},
                      {"more", note.report.more},
                      {"differences", differences}};
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Note> read_note(const std::string& text) {
  try {
    const auto value = json::parse(text);
    Note note;
    note.statement = value.at("statement").get<std::string>();
    note.place = to_key(value.at("place"));
    note.number = value.at("number").get<int64_t>();
    note.complete = value.at("complete").get<bool>();
    note.report.rows = value.at("rows").get<int64_t>();
    note.report.chunks = value.at("chunks").get<int64_t>();
    note.report.chunks_left_out = value.at("chunks_left_out").get<int64_t>();
    note.report.unsettled = value.at("unsettled").get<int64_t>();
    note.report.more = value.at("more").get<bool>();
    for (const auto& one : value.at("differences")) note.report.differences.push_back(to_difference(one));
    return note;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace bgdb::verify
