#include "lint/condition.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/nearest.h"
#include "core/short_text.h"

namespace bgdb::lint {

namespace {

using List = std::vector<std::string>;

class Group : public Condition {
 public:
  Group(bool all, std::vector<std::shared_ptr<const Condition>> parts) : all_(all), parts_(std::move(parts)) {}
  bool holds(const FactView& facts) const override {
    const auto one = [&](const auto& part) { return part->holds(facts); };
    return all_ ? std::all_of(parts_.begin(), parts_.end(), one) : std::any_of(parts_.begin(), parts_.end(), one);
  }
  const List* actions() const override {
    for (const auto& part : parts_) {
      if (all_ && part->actions() != nullptr) return part->actions();
    }
    return nullptr;
  }
  FactSet needs() const override {
    FactSet needs = parts_.front()->needs();
    for (const auto& part : parts_) needs = all_ ? needs | part->needs() : needs & part->needs();
    return needs;
  }

 private:
  bool all_;
  std::vector<std::shared_ptr<const Condition>> parts_;
};

class Not : public Condition {
 public:
  explicit Not(std::shared_ptr<const Condition> part) : part_(std::move(part)) {}
  bool holds(const FactView& facts) const override { return !part_->holds(facts); }

 private:
  std::shared_ptr<const Condition> part_;
};

enum class Operator { one_of, none_of, less, less_equal, greater, greater_equal, matches, empty };

// One fact against one operand.
class Test : public Condition {
 public:
  Test(const KnownFact& fact, Operator op, List operands) : fact_(fact), op_(op), operands_(std::move(operands)) {
    if (op_ == Operator::matches)
      pattern_ = std::regex(operands_.front(), std::regex::ECMAScript | std::regex::optimize);
    const auto among = [&](const char* text) { return core::contains(operands_, text); };
    flag_operands_ = {among("false"), among("true")};
  }

  const List* actions() const override {
    return fact_.name == "action" && op_ == Operator::one_of ? &operands_ : nullptr;
  }
  FactSet needs() const override {
    const Facts nothing;  // false, 0, "", []
    FactSet needs;
    if (!holds(nothing)) needs.set(FactName(fact_).place());
    return needs;
  }
  bool holds(const FactView& facts) const override {
    const auto& value = fact_or_empty(facts, fact_);
    switch (op_) {
      case Operator::one_of:
        return equals_any(value);
      case Operator::none_of:
        return !equals_any(value);
      case Operator::matches:
        return any_text(value, [&](const auto& text) { return std::regex_search(text, pattern_); });
      case Operator::empty:
        return is_empty(value) == (operands_.front() == "true");
      default:
        return compare(std::get<int64_t>(value));
    }
  }

 private:
  template <class Predicate>
  static bool any_text(const FactValue& value, Predicate predicate) {
    if (const auto* list = std::get_if<List>(&value)) return std::any_of(list->begin(), list->end(), predicate);
    if (const auto* text = std::get_if<std::string>(&value)) return predicate(*text);
    return predicate(to_text(value));
  }
  static bool is_empty(const FactValue& value) {
    if (const auto* list = std::get_if<List>(&value)) return list->empty();
    return to_text(value).empty();
  }
  bool equals_any(const FactValue& value) const {
    if (const auto* flag = std::get_if<bool>(&value)) return flag_operands_[*flag ? 1 : 0];
    return any_text(value, [&](const auto& text) {
      return std::any_of(operands_.begin(), operands_.end(),
                         [&](const auto& operand) { return core::same_text(operand, text); });
    });
  }
  bool compare(int64_t value) const {
    const auto operand = std::stoll(operands_.front());
    switch (op_) {
      case Operator::less:
        return value < operand;
      case Operator::less_equal:
        return value <= operand;
      case Operator::greater:
        return value > operand;
      default:
        return value >= operand;
    }
  }

  const KnownFact& fact_;
  Operator op_;
  List operands_;
  std::array<bool, 2> flag_operands_{};  // false and true are among the operands
  std::regex pattern_;
};

core::Error error_at(const std::string& file, const YAML::Node& node, const std::string& message) {
  return rule_error(file, node.Mark(), message);
}

Result<List> texts(const YAML::Node& node, const std::string& file) {
  List out;
  if (node.IsScalar()) {
    out.push_back(node.as<std::string>());
  } else if (node.IsSequence()) {
    for (const auto& item : node) {
      if (!item.IsScalar()) return fail(error_at(file, item, "a list of values may hold scalars only"));
      out.push_back(item.as<std::string>());
    }
  } else {
    return fail(error_at(file, node, "expected a value or a list of values"));
  }
  return out;
}

Result<std::shared_ptr<const Condition>> make_test(const KnownFact& fact, Operator op, List operands,
                                                   const YAML::Node& at, const std::string& file) {
  const bool numeric =
      op == Operator::less || op == Operator::less_equal || op == Operator::greater || op == Operator::greater_equal;
  if (numeric) {
    if (fact.type != FactType::number) return fail(error_at(file, at, fmt::format("fact {} is no number", fact.name)));
    const auto& text = operands.front();
    const bool digits = !text.empty() && text.size() < 10 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return fail(error_at(file, at, fmt::format("'{}' is no number", text)));
  }
  if (fact.type == FactType::flag && (op == Operator::one_of || op == Operator::none_of)) {
    for (const auto& text : operands) {
      if (text != "true" && text != "false")
        return fail(error_at(file, at, fmt::format("fact {} is true or false, not '{}'", fact.name, text)));
    }
  }
  const bool counts = fact.type == FactType::flag || fact.type == FactType::number;
  if (counts && (op == Operator::matches || op == Operator::empty))
    return fail(error_at(file, at, fmt::format("fact {} is no text and no list", fact.name)));
  if (op == Operator::empty && (operands.size() != 1 || (operands.front() != "true" && operands.front() != "false")))
    return fail(error_at(file, at, "'empty' is true or false"));
  if ((numeric || op == Operator::matches) && operands.size() != 1)
    return fail(error_at(file, at, "the comparison takes one value"));
  if (op == Operator::matches) {
    try {
      const std::regex check(operands.front(), std::regex::ECMAScript);
    } catch (const std::regex_error& problem) {
      return fail(error_at(file, at, fmt::format("bad pattern '{}': {}", operands.front(), problem.what())));
    }
  }
  return std::shared_ptr<const Condition>(std::make_shared<Test>(fact, op, std::move(operands)));
}

const std::vector<std::string> kOperators = {"eq", "in", "contains", "ne",      "not_in", "gt",
                                             "ge", "lt", "le",       "matches", "empty"};

std::optional<Operator> operator_named(const std::string& name) {
  if (name == "eq" || name == "in" || name == "contains") return Operator::one_of;
  if (name == "ne" || name == "not_in") return Operator::none_of;
  if (name == "gt") return Operator::greater;
  if (name == "ge") return Operator::greater_equal;
  if (name == "lt") return Operator::less;
  if (name == "le") return Operator::less_equal;
  if (name == "matches") return Operator::matches;
  if (name == "empty") return Operator::empty;
  return std::nullopt;
}

Result<std::shared_ptr<const Condition>> parse_fact(const std::string& name, const YAML::Node& key,
                                                    const YAML::Node& value, const std::string& file) {
  const auto* fact = known_fact(name);
  if (fact == nullptr)
    return fail(error_at(file, key, fmt::format("unknown fact '{}'{}", name, did_you_mean(name, fact_names()))));
  if (value.IsSequence() && value.size() == 0) return fail(error_at(file, value, "the list of values is empty"));
  if (value.IsMap() && value.size() == 0) return fail(error_at(file, value, "the comparison is empty"));
  if (!value.IsMap()) return make_test(*fact, Operator::one_of, BGDB_TRY(texts(value, file)), value, file);
  std::vector<std::shared_ptr<const Condition>> parts;
  for (const auto& entry : value) {
    const auto op = operator_named(entry.first.as<std::string>());
    if (!op) {
      const auto given = entry.first.as<std::string>();
      return fail(error_at(file, entry.first,
                           fmt::format("unknown comparison '{}'{}", given, did_you_mean(given, kOperators))));
    }
    auto operands = BGDB_TRY(texts(entry.second, file));
    if (operands.empty()) return fail(error_at(file, entry.second, "the comparison has no value"));
    parts.push_back(BGDB_TRY(make_test(*fact, *op, std::move(operands), entry.second, file)));
  }
  return std::shared_ptr<const Condition>(std::make_shared<Group>(true, std::move(parts)));
}

// An alias that contains itself never ends, and aliases of aliases grow without measure: both are refused.
struct Limits {
  int depth = 0;
  int parts = 0;
};
constexpr int kDepthMax = 20, kPartsMax = 2000;

using Parsed = Result<std::shared_ptr<const Condition>>;

Parsed parse(const YAML::Node& node, const std::string& file, Limits& limits) {
  if (!node.IsMap()) return fail(error_at(file, node, "a condition is a map of facts, all, any or not"));
  if (node.size() == 0) return fail(error_at(file, node, "the condition is empty, so it would hold for everything"));
  if (++limits.parts > kPartsMax || limits.depth >= kDepthMax)
    return fail(error_at(file, node, "the condition is too large or too deep (does an alias contain itself?)"));
  ++limits.depth;
  std::vector<std::shared_ptr<const Condition>> parts;
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto& value = entry.second;
    if (!seen.insert(key).second) return fail(error_at(file, entry.first, fmt::format("'{}' is written twice", key)));
    if (key == "not") {
      parts.push_back(std::make_shared<Not>(BGDB_TRY(parse(value, file, limits))));
    } else if (key == "all" || key == "any") {
      if (!value.IsSequence() || value.size() == 0)
        return fail(error_at(file, value, fmt::format("'{}' needs a list of conditions", key)));
      std::vector<std::shared_ptr<const Condition>> inner;
      for (const auto& item : value) inner.push_back(BGDB_TRY(parse(item, file, limits)));
      parts.push_back(std::make_shared<Group>(key == "all", std::move(inner)));
    } else {
      parts.push_back(BGDB_TRY(parse_fact(key, entry.first, value, file)));
    }
  }
  --limits.depth;
  return std::shared_ptr<const Condition>(std::make_shared<Group>(true, std::move(parts)));
}

}  // namespace

core::Error rule_error(const std::string& file, const YAML::Mark& mark, const std::string& message) {
  return make_error(ErrorCode::config, fmt::format("{}:{}:{}: {}", file, mark.line + 1, mark.column + 1, message));
}

std::string did_you_mean(const std::string& given, const std::vector<std::string>& known) {
  const auto meant = core::nearest(given, known);
  return meant.empty() ? std::string{} : fmt::format(" (did you mean '{}'?)", meant);
}

std::vector<std::string> fact_names() {
  std::vector<std::string> out;
  for (const auto& fact : kKnownFacts) out.emplace_back(fact.name);
  return out;
}

Parsed parse_condition(const YAML::Node& node, const std::string& file) {
  Limits limits;
  return parse(node, file, limits);
}

}  // namespace bgdb::lint
