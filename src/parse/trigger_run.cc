#include "parse/trigger_run.h"

#include <cctype>
#include <map>
#include <utility>

#include "core/text.h"
#include "parse/trigger_body.h"

namespace bgdb::parse {
namespace {

constexpr size_t kMostPaths = 256;

int integer_width(const TypeName& type) {
  if (type.array_dims > 0) return 0;
  return type.name == "int2" ? 2 : type.name == "int4" ? 4 : type.name == "int8" ? 8 : 0;
}

// False when a step may write any column of the row.
bool collect_written(const std::vector<BodyStep>& steps, std::set<std::string>& written) {
  for (const auto& step : steps) {
    const bool sets = step.kind == BodyStep::Kind::assign || step.kind == BodyStep::Kind::forget;
    if (sets && step.target == "new") return false;
    if (sets && step.target.starts_with("new.")) written.insert(step.target.substr(4));
    if (step.kind == BodyStep::Kind::leave && core::lower(step.sql) != "new" && core::lower(step.sql) != "null")
      return false;
    for (const auto& arm : step.arms) {
      if (!collect_written(arm.steps, written)) return false;
    }
  }
  return true;
}

void collect_words(std::string_view text, std::set<std::string>& words) {
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80) {
      word += static_cast<char>(std::tolower(byte));
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.insert(std::move(word));
}

class Runner {
 public:
  explicit Runner(const std::vector<std::pair<std::string, TypeName>>& columns) {
    for (const auto& [name, type] : columns) {
      targets_["new." + name] = type;
      symbols_[core::quote_ident(name)] = symbols_[core::quote_ident("old." + name)] = type;
    }
  }

  bool failed() const { return failed_; }

  // The paths that come out of one trigger.
  std::vector<RowPath> fire(const RowTrigger& trigger, const RowPath& row) {
    const auto body = read_trigger_body(trigger.body);
    if (!body.understood) failed_ = true;
    done_.clear();
    auto start = row;
    for (const auto& [name, type] : body.variables) {
      targets_[name] = type;
      start.values[name] = null_value();
    }
    auto [fires, passes] = split(trigger.when_sql.empty() ? "true" : trigger.when_sql, {start});
    for (auto& path : passes) finish(std::move(path));
    const auto left = run(body.steps, std::move(fires));
    if (!left.empty()) failed_ = true;  // no RETURN: an error at run time
    for (auto& path : done_) {
      for (const auto& [name, type] : body.variables) path.values.erase(name);
    }
    return std::move(done_);
  }

 private:
  using Paths = std::vector<RowPath>;

  void finish(RowPath path) { done_.push_back(std::move(path)); }

  // Where the condition holds, and where it does not.
  std::pair<Paths, Paths> split(const std::string& condition, Paths paths) {
    Paths holds, fails;
    for (auto& path : paths) {
      const auto value = check_value(condition, path);
      if (!value) {
        failed_ = true;
        continue;
      }
      const bool yes = (value->may_be & kTrue) != 0, no = value->may_be != kTrue;
      if (yes && no) {
        auto other = path;
        assume(*value, true, path);
        assume(*value, false, other);
        holds.push_back(std::move(path));
        fails.push_back(std::move(other));
      } else {
        (yes ? holds : fails).push_back(std::move(path));
      }
    }
    if (holds.size() + fails.size() + done_.size() > kMostPaths) failed_ = true;
    return {std::move(holds), std::move(fails)};
  }

  static void assume(const CheckValue& condition, bool outcome, RowPath& path) {
    if (outcome) {
      for (const auto& part : condition.parts) assume(part, true, path);
    }
    if (!condition.parts.empty() || (condition.may_be & kNull) != 0) return;
    // `assumed` knows conditions by their positive spelling.
    auto text = condition.text;
    const std::string not_null = " IS NOT NULL", negated = "NOT (";
    if (text.size() > not_null.size() && text.compare(text.size() - not_null.size(), not_null.size(), not_null) == 0) {
      text.replace(text.size() - not_null.size(), not_null.size(), " IS NULL");
      outcome = !outcome;
    } else if (text.rfind(negated, 0) == 0 && text.back() == ')') {
      text = text.substr(negated.size(), text.size() - negated.size() - 1);
      outcome = !outcome;
    }
    path.assumed[text] = outcome;
  }

  Paths run(const std::vector<BodyStep>& steps, Paths paths) {
    for (const auto& step : steps) {
      if (failed_ || paths.empty()) return {};
      switch (step.kind) {
        case BodyStep::Kind::assign:
          for (auto& path : paths) assign(step, path);
          break;
        case BodyStep::Kind::forget:
          for (auto& path : paths) path.values[step.target] = unknown_value("?");
          break;
        case BodyStep::Kind::branch:
          paths = branch(step, std::move(paths));
          break;
        case BodyStep::Kind::leave:
          leave(step, std::move(paths));
          return {};
        case BodyStep::Kind::raise:
          return {};
        case BodyStep::Kind::something:
          break;
      }
    }
    return paths;
  }

  void leave(const BodyStep& step, Paths paths) {
    const std::string what = core::lower(step.sql);
    if (what == "null") return;  // the row is not written
    if (what != "new") failed_ = true;
    for (auto& path : paths) finish(std::move(path));
  }

  Paths branch(const BodyStep& step, Paths paths) {
    Paths behind;
    for (const auto& arm : step.arms) {
      auto [holds, fails] = split(arm.condition.empty() ? "true" : arm.condition, std::move(paths));
      auto ended = run(arm.steps, std::move(holds));
      std::move(ended.begin(), ended.end(), std::back_inserter(behind));
      paths = std::move(fails);
    }
    std::move(paths.begin(), paths.end(), std::back_inserter(behind));
    if (behind.size() > kMostPaths) failed_ = true;
    return behind;
  }

  void assign(const BodyStep& step, RowPath& path) {
    auto value = check_value(step.sql, path).value_or(unknown_value("?"));
    const auto target = targets_.find(step.target);
    if (target == targets_.end() || step.target == "new") {
      failed_ = true;
      return;
    }
    if (value.symbol) {
      const auto from = symbols_.find(value.text);
      const bool kept = from != symbols_.end() && assigned_as_is(from->second, target->second);
      if (!kept) {
        value.text += "::" + target->second.sql;
        value.symbol = value.integer = false;
      }
    }
    path.values[step.target] = std::move(value);
  }

  std::map<std::string, TypeName> targets_;  // what may be assigned
  std::map<std::string, TypeName> symbols_;
  Paths done_;
  bool failed_ = false;
};

// False when nothing behind the steps is reached.
bool collect_ends(const std::vector<BodyStep>& steps, const CheckNames& known, TriggerEnds& ends) {
  for (const auto& step : steps) {
    if (step.kind == BodyStep::Kind::raise) ends.raises = true;
    if (step.kind == BodyStep::Kind::leave && core::lower(step.sql) == "null") ends.returns_null = true;
    if (step.kind == BodyStep::Kind::raise || step.kind == BodyStep::Kind::leave) return false;
    if (step.kind != BodyStep::Kind::branch) continue;
    bool goes_on = false, other_arms = true;
    for (const auto& arm : step.arms) {
      const auto value = check_value(arm.condition.empty() ? "true" : arm.condition, known);
      const unsigned may_be = value ? value->may_be : kAny;
      if ((may_be & kTrue) != 0) goes_on = collect_ends(arm.steps, known, ends) || goes_on;
      other_arms = may_be != kTrue;
      if (!other_arms) break;
    }
    if (!goes_on && !other_arms) return false;
  }
  return true;
}

}  // namespace

std::optional<TriggerEnds> trigger_ends(std::string_view body, const CheckNames& known) {
  const auto read = read_trigger_body(body);
  if (!read.understood) return std::nullopt;
  TriggerEnds ends;
  collect_ends(read.steps, known, ends);
  return ends;
}

bool assigned_as_is(const TypeName& from, const TypeName& to) {
  if (from == to) return true;
  if (from.array_dims > 0 || to.array_dims > 0) return false;
  if (integer_width(from) > 0) return integer_width(to) > 0 || (to.name == "numeric" && to.modifiers.empty());
  const bool text = from.name == "varchar" || from.name == "text";
  if (text && to.name == "text") return true;
  // Into a shorter one it fits, or the statement fails: an assignment does not cut.
  return text && to.name == "varchar";
}

bool TouchedColumns::looks_at(const std::string& column) const {
  std::set<std::string> parts;
  collect_words(column, parts);
  return parts.size() != 1 || parts.begin()->size() != column.size() || words.count(*parts.begin()) != 0;
}

std::optional<TouchedColumns> touched_columns(const RowTrigger& trigger) {
  const auto body = read_trigger_body(trigger.body);
  TouchedColumns touched;
  if (!body.understood || !collect_written(body.steps, touched.written)) return std::nullopt;
  collect_words(trigger.body, touched.words);
  collect_words(trigger.when_sql, touched.words);
  return touched;
}

std::optional<std::vector<RowPath>> rows_behind(const std::vector<RowTrigger>& triggers, RowPath row,
                                                const std::vector<std::pair<std::string, TypeName>>& types) {
  std::vector<RowPath> rows = {std::move(row)};
  Runner runner(types);
  for (const auto& trigger : triggers) {
    std::vector<RowPath> next;
    for (const auto& one : rows) {
      auto ended = runner.fire(trigger, one);
      if (runner.failed() || next.size() + ended.size() > kMostPaths) return std::nullopt;
      std::move(ended.begin(), ended.end(), std::back_inserter(next));
    }
    rows = std::move(next);
  }
  return rows;
}

}  // namespace bgdb::parse
