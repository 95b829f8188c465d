#include "translate/compare_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/contains.h"
#include "core/text.h"
#include "translate/apply_sql.h"

namespace bgdb::translate {

const std::vector<std::pair<std::string, std::string>> kCompareSettings = {
    {"timezone", "UTC"},         {"datestyle", "ISO, YMD"}, {"intervalstyle", "postgres"},
    {"extra_float_digits", "1"}, {"bytea_output", "hex"},   {"xmloption", "content"},
    {"statement_timeout", "0"},  {"lock_timeout", "0"},     {"row_security", "off"}};

namespace {

using Names = std::set<std::string, std::less<>>;

const Names kIntegers = {"int2", "int4", "int8", "smallint", "integer", "bigint"};
// Sorted alike on every server; their hash is equal exactly when their values are, and the same on every server.
const Names kPlain = {"oid",
                      "numeric",
                      "decimal",
                      "uuid",
                      "date",
                      "timestamp",
                      "timestamptz",
                      "bytea",
                      "bool",
                      "time",
                      "boolean",
                      "timestamp without time zone",
                      "timestamp with time zone"};
const Names kOnlyOrdered = {"float4", "float8", "inet", "real", "double precision"};
const Names kOnlyHashed = {"jsonb"};
const Names kText = {"text", "varchar", "character varying", "name"};
// Equal without their trailing blanks, and so is their hash: a cast to text costs more than all the rest.
const Names kPadded = {"bpchar", "character"};

// "varchar(10)" -> "varchar", "numeric(10,2)" -> "numeric", "timestamp(3) without time zone" -> "timestamp without ..."
std::string plain_type(std::string type) {
  const auto open = type.find('(');
  if (open != std::string::npos) {
    const auto close = type.find(')', open);
    if (close != std::string::npos) type.erase(open, close - open + 1);
  }
  return type;
}

const SourceColumn* source_column(const TableMapping& table, const std::string& name) {
  const auto found = std::find_if(table.source_columns.begin(), table.source_columns.end(),
                                  [&](const SourceColumn& column) { return column.name == name; });
  return found == table.source_columns.end() ? nullptr : &*found;
}

std::string canonical(const std::string& column, const ColumnRule& rule) {
  const std::string name = "bgdb_r." + quote_ident(column);
  const std::string type = plain_type(rule.target_type_sql);
  if (!rule.only_on_target.empty()) return name + R"( collate "C")";  // it is text on both sides already
  if (kIntegers.count(type) + kPlain.count(type) + kOnlyHashed.count(type) != 0) return name;
  if (kText.count(type) != 0) return fmt::format(R"({}::text collate "C")", name);
  if (kPadded.count(type) != 0) return fmt::format(R"({} collate "C")", name);
  return fmt::format(R"(({}::text) collate "C")", name);
}

// What both servers can compare the key's columns with, and whether they sort alike.
KeyOrder order_of_key(const TableMapping& table, std::vector<std::string>& bound_types) {
  KeyOrder order = table.target_key.empty() ? KeyOrder::none : KeyOrder::same;
  for (size_t i = 0; i < table.target_key.size(); ++i) {
    const ColumnRule* rule = table.rule_of(table.target_key[i]);
    const SourceColumn* source = source_column(table, table.source_key[i]);
    if (rule == nullptr || source == nullptr || !rule->only_on_target.empty()) return KeyOrder::none;
    const std::string from = plain_type(source->type_sql), to = plain_type(rule->target_type_sql);
    const bool integers = kIntegers.count(from) != 0 && kIntegers.count(to) != 0;
    const bool plain =
        rule->column_class == ColumnClass::identity || (integers && rule->column_class == ColumnClass::cast);
    if (!plain || rule->reads != std::vector<std::string>{table.source_key[i]}) return KeyOrder::none;
    if (integers) {
      bound_types.emplace_back("int8");
    } else if (from == to && kPlain.count(to) + kOnlyOrdered.count(to) != 0) {
      bound_types.push_back(to);
    } else if (kText.count(from) != 0 && kText.count(to) != 0) {
      bound_types.emplace_back("text");
      order = KeyOrder::collation;
    } else {
      return KeyOrder::none;
    }
  }
  return order;
}

}  // namespace

Result<TableComparison> TableComparison::of(const TableMapping& table) {
  BGDB_TRY(select_translated_sql(table));
  TableComparison comparison;
  comparison.table_ = table;
  comparison.columns_ = compared_columns(table);
  for (const std::string& column : comparison.columns_) {
    comparison.canonical_.push_back(canonical(column, *table.rule_of(column)));
  }
  const auto& columns = comparison.columns_;
  const bool key_compared = std::all_of(table.target_key.begin(), table.target_key.end(),
                                        [&](const auto& name) { return core::contains(columns, name); });
  if (!key_compared) comparison.table_.target_key.clear();
  comparison.key_order_ = order_of_key(comparison.table_, comparison.bound_types_);
  return comparison;
}

std::string TableComparison::rows(CompareSide side, const std::string& condition) const {
  const std::string select = side == CompareSide::source ? select_translated_sql(table_, condition).value()
                                                         : select_target_sql(table_, condition);
  return fmt::format("({}) as bgdb_r", select);
}

std::string TableComparison::range_condition(CompareSide side, Range range) const {
  const auto& names = side == CompareSide::source ? table_.source_key : table_.target_key;
  std::vector<std::string> columns;
  for (const std::string& name : names) columns.push_back(quote_ident(name));
  size_t parameter = 0;
  const auto bound = [&] {
    std::vector<std::string> values;
    for (const std::string& type : bound_types_) values.push_back(fmt::format("${}::{}", ++parameter, type));
    return core::join(values);
  };
  std::vector<std::string> conditions;
  if (range.after) conditions.push_back(fmt::format("({}) > ({})", core::join(columns), bound()));
  if (range.upto) conditions.push_back(fmt::format("({}) <= ({})", core::join(columns), bound()));
  return core::join(conditions, " and ");
}

std::string TableComparison::key_texts() const {
  std::vector<std::string> texts;
  for (size_t i = 0; i < key().size(); ++i)
    texts.push_back(fmt::format("bgdb_r.{}::text as k{}", quote_ident(key()[i]), i + 1));
  return texts.empty() ? std::string{} : core::join(texts) + ", ";
}

std::string TableComparison::hash() const {
  return fmt::format("hash_record_extended(row({}), 0)", core::join(canonical_));
}

std::string TableComparison::digest(CompareSide side, Range range) const {
  return fmt::format("select count(*) as rows, coalesce(sum({}), 0) as digest from {}", hash(),
                     rows(side, range_condition(side, range)));
}

std::string TableComparison::hashes(CompareSide side, Range range) const {
  return fmt::format("select {}{} as hash from {}", key_texts(), hash(), rows(side, range_condition(side, range)));
}

std::string TableComparison::boundary(bool after, int64_t count) const {
  std::vector<std::string> columns, texts;
  for (const std::string& name : table_.source_key) {
    columns.push_back("bgdb_t." + quote_ident(name));  // bare, it would be the output column: sorted as text
    texts.push_back(columns.back() + "::text");
  }
  const std::string condition = range_condition(CompareSide::source, {after, false});
  return fmt::format("select {} from {} as bgdb_t{} order by {} offset {} limit 1", core::join(texts),
                     table_.source_rows(), condition.empty() ? "" : " where " + condition, core::join(columns),
                     count - 1);
}

std::string TableComparison::bucket(int buckets) const {
  std::vector<std::string> parts;
  for (const std::string& name : key())
    parts.push_back(fmt::format(R"(bgdb_r.{}::text collate "C")", quote_ident(name)));
  const std::string what = parts.empty() ? hash() : fmt::format("hash_record_extended(row({}), 0)", core::join(parts));
  return fmt::format("({} & {})::int", what, buckets - 1);  // REQUIRES: a power of two
}

std::string TableComparison::bucket_digests(CompareSide side, int buckets) const {
  return fmt::format("select {} as bucket, count(*) as rows, sum({}) as digest from {} group by 1", bucket(buckets),
                     hash(), rows(side, {}));
}

std::string TableComparison::bucket_hashes(CompareSide side, int buckets) const {
  return fmt::format("select {}{} as hash from {} where {} = any($1::int[])", key_texts(), hash(), rows(side, {}),
                     bucket(buckets));
}

std::pair<std::string, std::string> TableComparison::keys_conditions(CompareSide side) const {
  const bool inside = key_order_ != KeyOrder::none;  // the plain column, so that its index can be used
  const auto& names = side == CompareSide::source && inside ? table_.source_key : table_.target_key;
  std::vector<std::string> columns, values, arrays, aliases;
  for (size_t i = 0; i < names.size(); ++i) {
    columns.push_back(inside ? quote_ident(names[i]) : fmt::format("bgdb_r.{}::text", quote_ident(names[i])));
    aliases.push_back(fmt::format("bgdb_k{}", i + 1));
    values.push_back(inside ? fmt::format("bgdb_k{}::{}", i + 1, bound_types_[i]) : aliases.back());
    arrays.push_back(fmt::format("${}::text[]", i + 1));
  }
  std::string condition = fmt::format("({}) in (select {} from unnest({}) as bgdb_u({}))", core::join(columns),
                                      core::join(values), core::join(arrays), core::join(aliases));
  return inside ? std::pair{condition, std::string{}} : std::pair{std::string{}, " where " + condition};
}

std::string TableComparison::hashes_of_keys(CompareSide side) const {
  const auto [inside, outside] = keys_conditions(side);
  return fmt::format("select {}{} as hash from {}{}", key_texts(), hash(), rows(side, inside), outside);
}

std::string TableComparison::values_of_keys(CompareSide side) const {
  const auto [inside, outside] = keys_conditions(side);
  std::vector<std::string> texts;
  for (size_t i = 0; i < canonical_.size(); ++i)
    texts.push_back(fmt::format("({})::text as c{}, hash_record_extended(row({}), 0) as h{}", canonical_[i], i + 1,
                                canonical_[i], i + 1));
  return fmt::format("select {}{} from {}{}", key_texts(), core::join(texts), rows(side, inside), outside);
}

}  // namespace bgdb::translate
