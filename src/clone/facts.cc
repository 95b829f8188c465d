#include "clone/facts.h"

#include <nlohmann/json.hpp>

#include "core/sql_file.h"
#include "journal/state.h"

namespace bgdb::clone {
namespace {

using nlohmann::json;

constexpr std::string_view kStages[] = {"none", "started", "schema", "data", "indexes", "level", "constraints", "done"};

Result<json> read(pg::Session& green, const std::string& key) {
  const auto rows = BGDB_TRY(green.query("select value::text from bgdb.fact where key = $1", {key}));
  if (rows.empty()) return json();
  json value = json::parse(rows.text(0, 0), nullptr, false);
  if (value.is_discarded()) return fail(ErrorCode::internal, "bgdb.fact holds a broken value for " + key);
  return value;
}

Result<void> write(pg::Session& green, const std::string& key, const json& value) {
  return green.execute(core::sql_text("state/write_fact.sql"), {key, value.dump()});
}

}  // namespace

std::string_view to_string(Stage stage) {
  return kStages[static_cast<size_t>(stage)];
}

Result<Facts> read_facts(pg::Session& green) {
  Facts facts;
  if (!BGDB_TRY(journal::state_installed(green))) return facts;
  const json value = BGDB_TRY(read(green, "clone"));
  if (value.is_null()) return facts;
  const std::string stage = value.value("stage", "started");
  for (size_t i = 0; i < std::size(kStages); ++i) {
    if (stage == kStages[i]) facts.stage = static_cast<Stage>(i);
  }
  facts.slot = value.value("slot", "");
  facts.source_system = value.value("source_system", "");
  facts.schema = value.value("schema", "");
  facts.consistent_point = BGDB_TRY(Lsn::parse(value.value("consistent_point", "0/0")));
  facts.rows = value.value("rows", int64_t{0});
  facts.bytes = value.value("bytes", int64_t{0});
  facts.translated = value.value("translated", false);
  facts.guarded = value.value("guarded", std::vector<std::string>{});
  facts.analyze = value.value("analyze", std::vector<std::string>{});
  return facts;
}

Result<void> write_facts(pg::Session& green, const Facts& facts) {
  return write(green, "clone",
               {{"stage", std::string(to_string(facts.stage))},
                {"slot", facts.slot},
                {"source_system", facts.source_system},
                {"schema", facts.schema},
                {"consistent_point", facts.consistent_point.to_string()},
                {"rows", facts.rows},
                {"bytes", facts.bytes},
                {"translated", facts.translated},
                {"guarded", facts.guarded},
                {"analyze", facts.analyze}});
}

Result<void> write_created(pg::Session& green, const std::vector<CreatedObject>& created) {
  json list = json::array();
  for (const auto& object : created) list.push_back({{"type", object.type}, {"identity", object.identity}});
  return write(green, "clone.created", list);
}

Result<std::vector<CreatedObject>> read_created(pg::Session& green) {
  std::vector<CreatedObject> created;
  const json list = BGDB_TRY(read(green, "clone.created"));
  for (const auto& object : list) created.push_back({object.value("type", ""), object.value("identity", "")});
  return created;
}

Result<void> write_post_data(pg::Session& green, const std::string& sql) {
  return write(green, "clone.post_data", sql);
}

Result<std::string> read_post_data(pg::Session& green) {
  const json sql = BGDB_TRY(read(green, "clone.post_data"));
  return sql.is_string() ? sql.get<std::string>() : std::string();
}

Result<void> write_copied(pg::Session& green, const std::vector<CopiedTable>& tables) {
  std::vector<pg::Value> keys, values;
  for (const CopiedTable& table : tables) {
    keys.emplace_back("clone.table:" + table.name.sql());
    values.emplace_back(json{
        {"schema", table.name.schema},
        {"name", table.name.name},
        {"as_of", table.as_of.to_string()},
        {"rows", table.rows},
        {"bytes",
         table.bytes}}.dump());
  }
  return green.execute(core::sql_text("clone/write_steps.sql"),
                       {pg::to_array_literal(keys), pg::to_array_literal(values)});
}

Result<std::vector<CopiedTable>> read_copied(pg::Session& green) {
  const auto rows = BGDB_TRY(green.query(core::sql_text("clone/read_copied.sql")));
  std::vector<CopiedTable> tables;
  for (size_t i = 0; i < rows.size(); ++i) {
    tables.push_back({{rows.text(i, "schema"), rows.text(i, "name")},
                      BGDB_TRY(Lsn::parse(rows.text(i, "as_of"))),
                      rows.integer(i, "rows"),
                      rows.integer(i, "bytes")});
  }
  return tables;
}

Result<void> write_built(pg::Session& green, const std::vector<size_t>& numbers) {
  std::vector<pg::Value> keys, values;
  for (const size_t number : numbers) {
    keys.emplace_back("clone.built:" + std::to_string(number));
    values.emplace_back(std::to_string(number));
  }
  return green.execute(core::sql_text("clone/write_steps.sql"),
                       {pg::to_array_literal(keys), pg::to_array_literal(values)});
}

Result<std::set<size_t>> read_built(pg::Session& green) {
  const auto rows =
      BGDB_TRY(green.query("select value::text::bigint as number from bgdb.fact where key like 'clone.built:%'"));
  std::set<size_t> numbers;
  for (size_t i = 0; i < rows.size(); ++i) numbers.insert(static_cast<size_t>(rows.integer(i, "number")));
  return numbers;
}

Result<void> forget_progress(pg::Session& green) {
  return green.execute(
      "delete from bgdb.fact where key = 'clone.post_data' or key like 'clone.table:%' or key like 'clone.built:%'");
}

Result<void> forget(pg::Session& green) {
  return green.execute("delete from bgdb.fact where key = 'clone' or key like 'clone.%'");
}

}  // namespace bgdb::clone
