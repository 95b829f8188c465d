#include "lint/kept.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/contains.h"
#include "parse/parser.h"
#include "parse/trigger_run.h"

namespace bgdb::lint {

using parse::CheckValue;
using parse::RowPath;

namespace {

constexpr size_t kMostSelective = 3;  // triggers that fire for some columns only

bool fills(const schema::Trigger& trigger) {
  return trigger.row && trigger.before && (trigger.enabled == 'O' || trigger.enabled == 'A') &&
         (trigger.on_insert || trigger.on_update);
}

// One kind of write: its row in front of the triggers, and the triggers that fire.
struct Case {
  RowPath row;
  std::vector<const schema::Trigger*> fired;
};

class Prover {
 public:
  // `tied`: a filled row holds in the first column what it holds in the second one.
  Prover(const Writes& writes, std::vector<std::string> watched, std::pair<std::string, std::string> tied)
      : writes_(writes), watched_(std::move(watched)), tied_(std::move(tied)) {
    choose_triggers();
    understood_ = std::all_of(watched_.begin(), watched_.end(),  // a replay has gaps
                              [&](const auto& name) { return writes.relation.column(name) != nullptr; }) &&
                  std::none_of(triggers_.begin(), triggers_.end(),
                               [&](const auto* trigger) { return surely_fires(*trigger) && !text_of(*trigger); });
    std::sort(triggers_.begin(), triggers_.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const auto& column : writes.relation.columns) types_.emplace_back(column.name, column.type);
  }

  template <class Demand>
  bool always(const Demand& demand) {
    if (triggers_.empty() || !understood_) return false;
    auto cases = inserts();
    updates(cases);
    return understood_ &&
           std::all_of(cases.begin(), cases.end(), [&](const auto& one) { return ends_well(one, demand); });
  }

 private:
  // Those that write a watched column, or one that such a trigger looks at: the others multiply the paths and change
  // nothing. A body that is not followed stays.
  void choose_triggers() {
    std::set<std::string> columns(watched_.begin(), watched_.end());
    columns.insert({tied_.first, tied_.second});
    std::vector<std::pair<const schema::Trigger*, std::optional<parse::TouchedColumns>>> others;
    for (const auto& trigger : writes_.relation.triggers) {
      if (!fills(trigger)) continue;
      const auto text = text_of(trigger);
      others.emplace_back(&trigger, text ? parse::touched_columns(*text) : std::nullopt);
    }
    const auto matters = [&](const auto& one) {
      return !one.second || std::any_of(one.second->written.begin(), one.second->written.end(),
                                        [&](const auto& name) { return columns.count(name) != 0; });
    };
    for (auto found = std::find_if(others.begin(), others.end(), matters); found != others.end();
         found = std::find_if(others.begin(), others.end(), matters)) {
      triggers_.push_back(found->first);
      if (found->second) {
        for (const auto& column : writes_.relation.columns) {
          if (found->second->looks_at(column.name)) columns.insert(column.name);
        }
      }
      others.erase(found);
    }
  }

  // In one case at least.
  bool surely_fires(const schema::Trigger& trigger) const {
    const auto& of = trigger.update_columns;
    return trigger.on_insert ||
           (trigger.on_update &&
            (of.empty() || std::any_of(of.begin(), of.end(), [&](const auto& name) { return !writes_.born(name); })));
  }

  std::optional<parse::RowTrigger> text_of(const schema::Trigger& trigger) const {
    const auto found = writes_.catalog.functions.find(trigger.function);
    if (found == writes_.catalog.functions.end() || found->second.empty()) return std::nullopt;
    const auto& function = found->second.front();
    if (function.language != "plpgsql" || function.body == nullptr) return std::nullopt;
    return parse::RowTrigger{*function.body, trigger.when_sql};
  }

  bool is_watched(const std::string& column) const { return core::contains(watched_, column); }

  CheckValue symbol(const schema::Column& column, const std::string& spelled) const {
    if (column.generated_sql) return parse::unknown_value("?");  // computed behind the triggers
    const bool integer = column.type.array_dims == 0 &&
                         (column.type.name == "int2" || column.type.name == "int4" || column.type.name == "int8");
    return parse::symbol_value(
        spelled, column.not_null && column.name != writes_.distrusted && !writes_.born(column.name), integer);
  }

  // What an INSERT that does not name the column gives it.
  static CheckValue silent(const schema::Column& column) {
    if (!column.default_sql) return column.identity != 0 ? parse::unknown_value("?") : parse::null_value();
    const auto value = parse::check_value("CAST(" + *column.default_sql + " AS " + column.type.sql + ")", {});
    return value.value_or(parse::unknown_value("?"));
  }

  static CheckValue operation(const char* name) {
    auto value = parse::text_value_of(name);
    value.symbol = true;  // the text is all there is to it
    return value;
  }

  std::vector<Case> inserts() const {
    Case one;
    one.row.values["tg_op"] = operation("INSERT");
    for (const auto& column : writes_.relation.columns) {
      one.row.values["new." + column.name] = writes_.born(column.name) ? silent(column) : symbol(column, column.name);
    }
    for (const auto* trigger : triggers_) {
      if (trigger->on_insert) one.fired.push_back(trigger);
    }
    return {std::move(one)};
  }

  // Every way in which the watched columns, and those that choose whether a trigger fires, may be changed or not.
  void updates(std::vector<Case>& cases) {
    std::vector<std::string> varied;
    size_t selective = 0;
    const auto vary = [&](const std::string& name) {
      if (!writes_.born(name) && !core::contains(varied, name)) varied.push_back(name);
    };
    for (const auto& name : watched_) vary(name);
    for (const auto* trigger : triggers_) {
      if (!trigger->on_update || trigger->update_columns.empty()) continue;
      ++selective;
      for (const auto& name : trigger->update_columns) vary(name);
    }
    if (selective > kMostSelective || varied.size() > 5) {
      understood_ = false;
      return;
    }
    for (unsigned changed = 0; changed < (1U << varied.size()); ++changed) {
      const auto is_changed = [&](const std::string& name) {
        const auto at = std::find(varied.begin(), varied.end(), name);
        return at == varied.end() ? !writes_.born(name) : (changed >> (at - varied.begin()) & 1U) != 0;
      };
      cases.push_back(update(is_changed, true, varied));
      if (writes_.unfilled) cases.push_back(update(is_changed, false, varied));
    }
  }

  template <class Changed>
  Case update(const Changed& is_changed, bool filled, const std::vector<std::string>& varied) const {
    Case one;
    one.row.values["tg_op"] = operation("UPDATE");
    for (const auto& column : writes_.relation.columns) {
      const auto& name = column.name;
      auto old = symbol(column, "old." + name);
      if (is_watched(name) && filled && tied_.first.empty())
        old.never_null = old.never_null || demanded_.count(name) > 0;
      if (is_watched(name) && !filled && (name == tied_.first || (tied_.first.empty() && !column.not_null)))
        old = silent(column);
      one.row.values["old." + name] = one.row.values["new." + name] = old;
    }
    if (filled && !tied_.first.empty()) {
      one.row.values["old." + tied_.first] = one.row.values["new." + tied_.first] =
          one.row.values.at("old." + tied_.second);
    }
    for (const auto& column : writes_.relation.columns) {
      const auto& name = column.name;
      if (!is_changed(name)) continue;
      auto& value = one.row.values["new." + name];
      value = symbol(column, name);
      if (core::contains(varied, name))
        one.row.assumed[parse::distinct_text(value, one.row.values.at("old." + name))] = true;
    }
    for (const auto* trigger : triggers_) {
      const auto& of = trigger->update_columns;
      if (trigger->on_update && (of.empty() || std::any_of(of.begin(), of.end(), is_changed)))
        one.fired.push_back(trigger);
    }
    return one;
  }

  template <class Demand>
  bool ends_well(const Case& one, const Demand& demand) const {
    std::vector<parse::RowTrigger> fired;
    for (const auto* trigger : one.fired) {
      const auto text = text_of(*trigger);
      if (!text) return false;
      fired.push_back(*text);
    }
    const auto rows = parse::rows_behind(fired, one.row, types_);
    return rows &&
           std::all_of(rows->begin(), rows->end(), [&](const auto& row) { return refused(row) || demand(row); });
  }

  // NULL where the old version could not write it either.
  bool refused(const RowPath& row) const {
    return std::any_of(writes_.relation.columns.begin(), writes_.relation.columns.end(), [&](const auto& column) {
      if (!column.not_null || column.name == writes_.distrusted || writes_.born(column.name)) return false;
      const auto value = row.values.find("new." + column.name);
      return value != row.values.end() && value->second.is_null();
    });
  }

 public:
  std::set<std::string> demanded_;  // columns that are not NULL in a filled row

 private:
  const Writes& writes_;
  std::vector<std::string> watched_;
  std::pair<std::string, std::string> tied_;
  std::vector<const schema::Trigger*> triggers_;
  std::vector<std::pair<std::string, parse::TypeName>> types_;
  bool understood_ = true;
};

// The row as a CHECK sees it.
parse::CheckNames row_of(const RowPath& path, const std::string& record) {
  parse::CheckNames out{{}, path.assumed};
  for (const auto& [name, value] : path.values) {
    if (name.rfind(record, 0) == 0) out.values[name.substr(record.size())] = value;
  }
  return out;
}

bool same_value(const RowPath& path, const CheckValue& a, const CheckValue& b) {
  if (a.is_null() && b.is_null()) return true;
  // What an index holds is immutable: the same text is the same value. "?" is no text.
  if (a.text == b.text && a.text.find('?') == std::string::npos) return true;
  const auto known = path.assumed.find(parse::distinct_text(a, b));
  return known != path.assumed.end() && !known->second;
}

std::set<std::string> columns_of(const std::string& sql) {
  std::set<std::string> out;
  if (const auto expression = parse::parse_expression(sql)) {
    for (const auto& column : expression->columns) out.insert(column.name);
  }
  return out;
}

}  // namespace

bool has_filling_triggers(const schema::Relation& relation) {
  return std::any_of(relation.triggers.begin(), relation.triggers.end(), fills);
}

bool kept_within(const Writes& writes, const std::string& check_sql) {
  if (!has_filling_triggers(writes.relation)) return false;
  const auto expression = parse::parse_expression(check_sql);
  if (!expression) return false;
  std::vector<std::string> watched;
  for (const auto& column : expression->columns) watched.push_back(column.name);
  Prover prover(writes, watched, {});
  prover.demanded_ = {expression->not_null_columns.begin(), expression->not_null_columns.end()};
  return prover.always([&](const RowPath& path) {
    const auto row = row_of(path, "new.");
    const auto value = parse::check_value(check_sql, row);
    if (!value) return false;
    const auto now = parse::check_of(*value);
    if (!now.may_refuse) return true;
    parse::SimpleCheck demanded;
    for (const auto& constraint : writes.relation.constraints) {
      if (constraint.kind != parse::ConstraintKind::check) continue;
      const auto old = parse::check_value(constraint.check_sql, row);
      if (!old) continue;
      auto parts = parse::check_of(*old).parts;
      std::move(parts.begin(), parts.end(), std::back_inserter(demanded.parts));
    }
    return parse::accepts_all_of(now, demanded);
  });
}

bool kept_equal(const Writes& writes, const std::string& sql, const std::string& other) {
  if (!has_filling_triggers(writes.relation)) return false;
  const auto mine = columns_of(sql), theirs = columns_of(other);
  std::vector<std::string> only_mine, only_theirs;
  std::set_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(only_mine));
  std::set_difference(theirs.begin(), theirs.end(), mine.begin(), mine.end(), std::back_inserter(only_theirs));
  if (only_mine.size() != 1 || only_theirs.size() != 1) return false;
  Prover prover(writes, {only_mine[0], only_theirs[0]}, {only_mine[0], only_theirs[0]});
  return prover.always([&](const RowPath& path) {
    const auto row = row_of(path, "new.");
    const auto value = parse::check_value(sql, row), source = parse::check_value(other, row);
    return value && source && (value->is_null() || same_value(path, *value, *source));
  });
}

}  // namespace bgdb::lint
