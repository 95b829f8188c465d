#include "verify/sides.h"

namespace bgdb::verify {

Result<pg::Session> open_side(const std::string& dsn) {
  auto settings = translate::kCompareSettings;
  settings.emplace_back("synchronous_commit", "off");  // our own notes only
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb verify", .settings = std::move(settings)});
}

Result<Sides> Sides::open(const std::string& source_dsn, const std::string& target_dsn) {
  auto source = BGDB_TRY(open_side(source_dsn));
  auto target = BGDB_TRY(open_side(target_dsn));
  return Sides{std::move(source), std::move(target)};
}

Result<Sides::Both> Sides::query(const std::string& on_source, const std::string& on_target,
                                 const std::vector<pg::Value>& parameters) {
  auto other = std::async(std::launch::async, [&] { return target.query(on_target, parameters); });
  auto mine = source.query(on_source, parameters);
  auto theirs = other.get();
  return Both{BGDB_TRY(std::move(mine)), BGDB_TRY(std::move(theirs))};
}

std::vector<pg::Value> key_arrays(const std::vector<Key>& keys, size_t begin, size_t end) {
  std::vector<pg::Value> arrays;
  const size_t width = begin < end ? keys[begin].size() : 0;
  for (size_t column = 0; column < width; ++column) {
    std::vector<pg::Value> values;
    for (size_t i = begin; i < end; ++i) values.push_back(keys[i][column]);
    arrays.emplace_back(pg::to_array_literal(values));
  }
  return arrays;
}

}  // namespace bgdb::verify
