#include "migrate/work.h"

#include <nlohmann/json.hpp>

#include "migrate/checksum.h"

namespace bgdb::migrate {

std::string Work::digest() const {
  return checksum(table + "\n" + set + "\n" + where + "\n" + trigger + (all ? "\nall" : "\nonce"));
}

Result<std::optional<Work>> work_in(std::string_view block) {
  constexpr std::string_view kMark = "-- bgdb: batches ";
  const size_t at = block.find(kMark);
  if (at == std::string_view::npos) return std::optional<Work>();
  const size_t begin = at + kMark.size();
  const auto line = block.substr(begin, std::min(block.find('\n', begin), block.size()) - begin);
  const auto value = nlohmann::json::parse(line, nullptr, false);
  const auto text = [&](const char* key) {
    return value.is_object() && value.contains(key) && value[key].is_string() ? value[key].get<std::string>() : "";
  };
  Work work{text("table"), text("set"), text("where"), text("trigger"), text("reach") != "once"};
  if (work.table.empty() || work.set.empty() || work.where.empty()) {
    return fail(ErrorCode::input, "the line \"-- bgdb: batches\" of this block cannot be read",
                "write the file again with bgdb rewrite, or remove the line: then the block runs as it stands");
  }
  return std::optional<Work>(std::move(work));
}

}  // namespace bgdb::migrate
