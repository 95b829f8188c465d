#include "link/merge_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/contains.h"
#include "translate/apply_sql.h"

namespace bgdb::link {
namespace {

using nlohmann::json;
using translate::TableMapping;

// The rows of bgdb.quarantine that are ours; sql/state/create.sql has an index for the last condition.
constexpr const char* kOurs = "link = $1 and relation = $2 and operation = 'part'";

pg::Value value_of(const json& value) {
  return value.is_null() ? pg::Value() : pg::Value(value.get<std::string>());
}

json row_of(const Change& change, const TableBinding& binding) {
  json row = json::object();
  for (size_t i = 0; i < change.row.size(); ++i) {
    const Field& field = change.row[i];
    if (field.kind == FieldKind::unchanged) continue;
    row[binding.used_names[i]] = field.kind == FieldKind::text ? json(std::string(field.text)) : json();
  }
  return row;
}

json key_of(const Change& change) {
  json key = json::array();
  for (const Field& field : change.key) key.push_back(std::string(field.text));
  return key;
}

// The key that a row says, which may be a new one; null where it says nothing.
json key_in(const json& row, const TableMapping& part) {
  json key = json::array();
  for (const std::string& column : part.source_key) key.push_back(row.contains(column) ? row[column] : json());
  return key;
}

json without_key(json row, const TableMapping& part) {
  for (const std::string& column : part.source_key) row.erase(column);
  return row;
}

bool is_complete(const json& row, const TableMapping& part) {
  if (!row.is_object()) return false;
  return std::all_of(part.columns.begin(), part.columns.end(), [&](const translate::ColumnRule& rule) {
    return std::all_of(rule.reads.begin(), rule.reads.end(),
                       [&](const std::string& name) { return row.contains(name); });
  });
}

Error exists_already(const TableBinding& binding, const json& key) {
  Error error =
      make_error(ErrorCode::divergence,
                 fmt::format("{} {}: the insert met an existing row of {}", binding.source.display(),
                             key.dump(-1, ' ', false, json::error_handler_t::replace), binding.merge->target.display()),
                 "the parts and their whole are not alike: `bgdb verify` shows which rows; repair them, and "
                 "start `bgdb sync` again. The slot keeps everything");
  error.object = binding.source.display();
  return error;
}

}  // namespace

// A key whose parts are not alike. `whole`: the target has the row, and `missing` are the parts that are gone. Else it
// has none, and `has` are the parts that came, with their values (null: they are in a row that was moved away).
struct MergeWriter::Held {
  int64_t id = 0;  // 0: not in the table yet
  json key;
  bool whole = false;
  json has = json::object();
  json missing = json::array();
  std::string problem{};  // why the parts, all there, are no row

  bool lacks(const std::string& part) const { return core::contains(missing, part); }
  void came_back(const std::string& part) { missing.erase(std::find(missing.begin(), missing.end(), part)); }
  bool settled() const { return whole ? missing.empty() : has.empty(); }
  std::string reason(const Merge& merge) const {
    if (!problem.empty()) return problem;
    std::vector<std::string> there, gone;
    for (const TableMapping* part : merge.parts) {
      const std::string name = part->source.display();
      ((whole ? !lacks(name) : has.contains(name)) ? there : gone).push_back(name);
    }
    return fmt::format(
        "{} has this row and {} does not: {} {}", fmt::join(there, ", "), fmt::join(gone, ", "), merge.target.display(),
        whole ? "keeps it until both are gone or the missing part is written again" : "takes it when both are there");
  }
};

Result<int64_t> MergeWriter::run(const std::string& sql, const std::vector<pg::Value>& parameters) {
  const auto rows = BGDB_TRY(session_->query(sql, parameters));
  return std::max(rows.affected, static_cast<int64_t>(rows.size()));
}

Result<std::optional<MergeWriter::Held>> MergeWriter::find(const Merge& merge, const json& key) {
  const auto rows = BGDB_TRY(session_->query(
      fmt::format("select id, row_data::text as data, error from bgdb.quarantine where {} and row_data -> '$key' = "
                  "$3::jsonb",
                  kOurs),
      {*link_name_, merge.name, key.dump()}));
  if (rows.empty()) return std::optional<Held>();
  const json data = json::parse(rows.text(0, "data"));
  Held held;
  held.id = rows.integer(0, "id");
  held.key = data.at("$key");
  held.whole = data.at("$whole");
  held.has = data.at("$has");
  held.missing = data.at("$missing");
  return std::optional<Held>(std::move(held));
}

Result<void> MergeWriter::forget(const Held& held) {
  if (held.id == 0) return {};
  --held_;
  return session_->execute("delete from bgdb.quarantine where id = $1", {std::to_string(held.id)});
}

Result<void> MergeWriter::store(const Merge& merge, Held held) {
  if (held.settled()) return forget(held);
  const json data = {{"$key", held.key}, {"$whole", held.whole}, {"$has", held.has}, {"$missing", held.missing}};
  std::string text;
  try {
    text = data.dump();
  } catch (const json::exception&) {  // what is held must come out as it went in
    return fail(ErrorCode::divergence,
                fmt::format("a row of {} is in one part only and cannot be held: its text is not UTF-8", merge.name),
                "write the missing part on the source and start `bgdb sync` again");
  }
  if (held.id != 0) {
    return session_->execute("update bgdb.quarantine set row_data = $2::jsonb, error = $3 where id = $1",
                             {std::to_string(held.id), text, held.reason(merge)});
  }
  ++held_;
  return session_->execute(
      "insert into bgdb.quarantine (link, source_lsn, relation, operation, row_data, error) values ($1, $2::pg_lsn, "
      "$3, "
      "'part', $4::jsonb, $5)",
      {*link_name_, lsn_.to_string(), merge.name, text, held.reason(merge)});
}

// Writes the columns that `row` has; without any it only says whether the whole's row is there.
Result<int64_t> MergeWriter::set_columns(const TableMapping& part, const json& key, const json& row) {
  std::vector<pg::Value> parameters;
  for (const json& value : key) parameters.emplace_back(pg::to_array_literal({value_of(value)}));
  std::vector<std::string> sent;
  for (const auto& [name, value] : row.items()) {
    sent.push_back(name);
    parameters.emplace_back(pg::to_array_literal({value_of(value)}));
  }
  return run(translate::update_sql(part, sent), parameters);
}

// All parts are there: one row. One that the whole cannot take stays held, with the reason.
Result<void> MergeWriter::complete(const Merge& merge, Held held) {
  std::vector<translate::PartRows> parts;
  std::vector<pg::Value> parameters;
  for (const TableMapping* part : merge.parts) {
    const auto row = held.has.find(part->source.display());
    if (row == held.has.end() || !is_complete(*row, *part)) return store(merge, std::move(held));
    translate::PartRows& sent = parts.emplace_back(translate::PartRows{part, {}});
    for (const auto& [name, value] : row->items()) {
      sent.sent.push_back(name);
      parameters.emplace_back(pg::to_array_literal({value_of(value)}));
    }
  }
  BGDB_CHECK(session_->execute("savepoint bgdb_part"));
  const auto inserted = run(translate::insert_merged_sql(parts), parameters);
  if (inserted) {
    BGDB_CHECK(session_->execute("release savepoint bgdb_part"));
    return forget(held);
  }
  const Error& error = inserted.error();
  if ((!error.sqlstate.starts_with("22") && !error.sqlstate.starts_with("23")) || error.sqlstate == "23505") {
    return fail(error);
  }
  BGDB_TRY(session_->script("rollback to savepoint bgdb_part; release savepoint bgdb_part"));
  held.problem = fmt::format("{} (SQLSTATE {})", error.message, error.sqlstate);
  return store(merge, std::move(held));
}

Result<MergeWriter::Outcome> MergeWriter::insert(const TableBinding& binding, const json& key, const json& row) {
  const Merge& merge = *binding.merge;
  const TableMapping& part = *merge.parts[binding.part];
  const std::string name = part.source.display();
  auto held = BGDB_TRY(find(merge, key));
  if (held && held->whole) {
    if (!held->lacks(name)) return fail(exists_already(binding, key));
    if (BGDB_TRY(set_columns(part, key, without_key(row, part))) != 1) return Outcome::missing;
    held->came_back(name);
    BGDB_CHECK(store(merge, *std::move(held)));
    return Outcome::done;
  }
  if (!held) {
    if (BGDB_TRY(set_columns(part, key, json::object())) != 0) return fail(exists_already(binding, key));
    held.emplace().key = key;
  }
  if (held->has.contains(name)) return fail(exists_already(binding, key));
  held->has[name] = row;
  BGDB_CHECK(complete(merge, *std::move(held)));
  return Outcome::done;
}

Result<MergeWriter::Outcome> MergeWriter::update(const TableBinding& binding, const json& key, const json& row) {
  const std::string name = binding.source.display();
  auto held = BGDB_TRY(find(*binding.merge, key));
  if (!held || held->whole || !held->has.contains(name)) return Outcome::plain;
  held->has[name].update(row);
  BGDB_CHECK(complete(*binding.merge, *std::move(held)));
  return Outcome::done;
}

Result<MergeWriter::Outcome> MergeWriter::remove(const TableBinding& binding, const json& key) {
  const Merge& merge = *binding.merge;
  const TableMapping& part = *merge.parts[binding.part];
  const std::string name = part.source.display();
  auto held = BGDB_TRY(find(merge, key));
  if (!held) {
    if (BGDB_TRY(set_columns(part, key, json::object())) != 1) return Outcome::missing;
    held.emplace().key = key;
    held->whole = true;
  }
  if (!held->whole) {
    if (held->has.erase(name) == 0) return Outcome::missing;
    BGDB_CHECK(store(merge, *std::move(held)));
    return Outcome::done;
  }
  if (held->lacks(name)) return Outcome::missing;
  held->missing.push_back(name);
  if (held->missing.size() < merge.parts.size()) {
    BGDB_CHECK(store(merge, *std::move(held)));
    return Outcome::done;
  }
  std::vector<pg::Value> parameters;
  for (const json& value : key) parameters.emplace_back(pg::to_array_literal({value_of(value)}));
  if (BGDB_TRY(run(translate::delete_sql(part), parameters)) != 1) return Outcome::missing;
  BGDB_CHECK(forget(*held));
  return Outcome::done;
}

// The first part's changed key moves the whole's row, and the others are missing there until theirs change as well.
Result<MergeWriter::Outcome> MergeWriter::move(const TableBinding& binding, const json& from, const json& to,
                                               const json& row) {
  const Merge& merge = *binding.merge;
  const TableMapping& part = *merge.parts[binding.part];
  const std::string name = part.source.display();
  auto here = BGDB_TRY(find(merge, from)), there = BGDB_TRY(find(merge, to));
  const bool moves = !there && (!here || (here->whole && !here->lacks(name)));
  if (moves) {
    if (BGDB_TRY(set_columns(part, from, row)) != 1) return Outcome::missing;
    if (here) {
      here->key = to;
      BGDB_CHECK(store(merge, *std::move(here)));
      return Outcome::done;
    }
    Held left, moved;
    left.key = from;
    moved.key = to;
    moved.whole = true;
    for (const TableMapping* other : merge.parts) {
      if (other == &part) continue;
      left.has[other->source.display()] = nullptr;
      moved.missing.push_back(other->source.display());
    }
    BGDB_CHECK(store(merge, std::move(left)));
    BGDB_CHECK(store(merge, std::move(moved)));
    return Outcome::done;
  }
  if (!here || here->whole || !here->has.contains(name)) return Outcome::unclear;
  json values = here->has[name].is_null() ? json::object() : here->has[name];
  values.update(row);
  if (there && there->whole && there->lacks(name)) {
    here->has.erase(name);
    BGDB_CHECK(store(merge, *std::move(here)));
    return insert(binding, to, values);
  }
  if (!is_complete(values, part) || (there && there->whole)) return Outcome::unclear;
  here->has.erase(name);
  BGDB_CHECK(store(merge, *std::move(here)));
  return insert(binding, to, values);
}

Result<MergeWriter::Outcome> MergeWriter::write(const Change& change, const TableBinding& binding) {
  lsn_ = change.lsn;
  const TableMapping& part = *binding.merge->parts[binding.part];
  const json row = row_of(change, binding);
  if (change.operation == Operation::insert) return insert(binding, key_in(row, part), row);
  const json key = key_of(change);
  if (change.operation == Operation::remove) return remove(binding, key);
  json to = key_in(row, part);
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i].is_null()) to[i] = key[i];  // not sent
  }
  return to == key ? update(binding, key, row) : move(binding, key, to, row);
}

Result<void> MergeWriter::truncate_part(const Merge& merge, const TableMapping& part, Lsn lsn) {
  const std::string name = part.source.display();
  const std::vector<pg::Value> ours = {*link_name_, merge.name};
  const std::vector<pg::Value> of_part = {*link_name_, merge.name, name};
  const auto sql = [](const std::string& text) { return fmt::format(fmt::runtime(text), fmt::arg("ours", kOurs)); };
  const std::string gone = fmt::format(
      "row_data -> '$whole' = 'true' and jsonb_array_length(row_data -> '$missing') = {}", merge.parts.size());
  // Its rows that waited for the others; its rows inside whole ones, of which some were the last part.
  BGDB_CHECK(
      session_->execute(sql("update bgdb.quarantine set row_data = row_data #- array['$has', $3] where {ours} and "
                            "row_data -> '$has' ? $3"),
                        of_part));
  held_ -= BGDB_TRY(run(sql("delete from bgdb.quarantine where {ours} and row_data -> '$whole' = 'false' and row_data "
                            "-> '$has' = '{{}}'"),
                        ours));
  BGDB_CHECK(session_->execute(
      sql("update bgdb.quarantine set row_data = jsonb_set(row_data, '{{$missing}}', (row_data -> '$missing') || "
          "to_jsonb($3)) where {ours} and row_data -> '$whole' = 'true' and not row_data -> '$missing' ? $3"),
      of_part));
  std::vector<std::string> same, texts;
  for (size_t i = 0; i < part.target_key.size(); ++i) {
    const std::string column = quote_ident(part.target_key[i]);
    const auto rule = std::find_if(part.columns.begin(), part.columns.end(),
                                   [&](const auto& one) { return one.target == part.target_key[i]; });
    same.push_back(fmt::format("bgdb_t.{} = (row_data -> '$key' ->> {})::{}", column, i, rule->target_type_sql));
    texts.push_back(fmt::format("bgdb_t.{}::text", column));
  }
  BGDB_CHECK(session_->execute(fmt::format("delete from {} as bgdb_t using bgdb.quarantine where {} and {} and {}",
                                           part.target_rows(), kOurs, gone, fmt::join(same, " and ")),
                               ours));
  held_ -= BGDB_TRY(run(fmt::format("delete from bgdb.quarantine where {} and {}", kOurs, gone), ours));
  Held example;
  example.whole = true;
  example.missing.push_back(name);
  held_ += BGDB_TRY(run(
      fmt::format("insert into bgdb.quarantine (link, source_lsn, relation, operation, row_data, error) select $1, $4, "
                  "$2, 'part', jsonb_build_object('$key', k, '$whole', true, '$has', '{{}}'::jsonb, '$missing', "
                  "jsonb_build_array($3::text)), $5 from (select jsonb_build_array({}) as k from {} as bgdb_t) as w "
                  "where not exists (select from bgdb.quarantine where {} and row_data -> '$key' = k)",
                  fmt::join(texts, ", "), part.target_rows(), kOurs),
      {*link_name_, merge.name, name, lsn.to_string(), example.reason(merge)}));
  return {};
}

Result<void> MergeWriter::forget_all(const Merge& merge) {
  held_ -= BGDB_TRY(run(fmt::format("delete from bgdb.quarantine where {}", kOurs), {*link_name_, merge.name}));
  return {};
}

}  // namespace bgdb::link
