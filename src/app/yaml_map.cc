#include "app/yaml_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "core/contains.h"
#include "core/nearest.h"
#include "core/text.h"
#include "core/units.h"

namespace bgdb::app {

void YamlProblems::add(int line, const std::string& text) {
  lines.push_back(line < 0 ? fmt::format("{}: {}", path, text) : fmt::format("{}:{}: {}", path, line + 1, text));
}

Result<void> YamlProblems::result() const {
  if (lines.empty()) return {};
  std::string message;
  for (const auto& line : lines) message += (message.empty() ? "" : "\n") + line;
  auto error = make_error(ErrorCode::config, std::move(message));
  error.object = path;
  return fail(std::move(error));
}

YamlMap::YamlMap(const YAML::Node& node, std::string where, YamlProblems& problems)
    : node_(node), where_(std::move(where)), problems_(problems) {
  const std::string self = where_.empty() ? "the file" : where_.substr(0, where_.size() - 1);
  if (!node_.IsMap()) {
    if (!(node_.IsNull() && where_.empty())) problems_.add(node_.Mark().line, self + " must be a mapping (key: value)");
    node_ = YAML::Node(YAML::NodeType::Map);
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (entry.first.IsScalar() && !seen.insert(entry.first.Scalar()).second) {
      problems_.add(entry.first.Mark().line, fmt::format("{} is set twice", where_ + entry.first.Scalar()));
    }
  }
}

YamlMap::~YamlMap() {
  finish();
}

bool YamlMap::has(const std::string& key) {
  if (!core::contains(known_, key)) known_.push_back(key);
  const auto found = node_[key];
  return found.IsDefined();
}

int YamlMap::line(const std::string& key) const {
  for (const auto& entry : node_) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.first.Mark().line;
  }
  return node_.Mark().line;
}

YAML::Node YamlMap::node(const std::string& key) {
  return node_[key];
}

void YamlMap::problem(const std::string& key, const std::string& text) {
  problems_.add(line(key), fmt::format("{}: {}", name(key), text));
}

const YAML::Node* YamlMap::scalar(const std::string& key, const char* expected) {
  if (!has(key)) return nullptr;
  found_.reset(node_[key]);
  if (found_.IsScalar() && !found_.Scalar().empty()) return &found_;
  problem(key, fmt::format("{} is missing", expected));
  return nullptr;
}

void YamlMap::text(const std::string& key, std::string& target) {
  if (const auto* value = scalar(key, "a text")) target = value->Scalar();
}

void YamlMap::required_text(const std::string& key, std::string& target) {
  if (!has(key)) problems_.add(node_.Mark().line, fmt::format("{} is missing", name(key)));
  text(key, target);
}

void YamlMap::choice(const std::string& key, std::string& target, const std::vector<std::string>& allowed) {
  const auto* value = scalar(key, "a value");
  if (value == nullptr) return;
  const auto& given = value->Scalar();
  if (core::contains(allowed, given)) {
    target = given;
    return;
  }
  const std::string list = core::join(allowed);
  const auto meant = core::nearest(given, allowed);
  problem(key, fmt::format("'{}' is not one of: {}{}", given, list,
                           meant.empty() ? "" : fmt::format(" (did you mean '{}'?)", meant)));
}

void YamlMap::duration(const std::string& key, std::chrono::milliseconds& target) {
  const auto* value = scalar(key, "a duration");
  if (value == nullptr) return;
  const auto parsed = core::parse_duration(value->Scalar());
  if (parsed) {
    target = *parsed;
  } else {
    problem(key, fmt::format("{}; {}", parsed.error().message, parsed.error().hint));
  }
}

void YamlMap::duration_ms(const std::string& key, std::chrono::milliseconds& target) {
  const auto* value = scalar(key, "a number of milliseconds");
  if (value == nullptr) return;
  const auto& given = value->Scalar();
  if (std::all_of(given.begin(), given.end(), [](char c) { return c >= '0' && c <= '9'; }) && given.size() <= 12) {
    target = std::chrono::milliseconds(std::stoll(given));
  } else {
    duration(key, target);
  }
}

void YamlMap::size(const std::string& key, int64_t& target) {
  const auto* value = scalar(key, "a size");
  if (value == nullptr) return;
  const auto parsed = core::parse_size(value->Scalar());
  if (parsed) {
    target = *parsed;
  } else {
    problem(key, fmt::format("{}; {}", parsed.error().message, parsed.error().hint));
  }
}

void YamlMap::integer(const std::string& key, int& target, int lowest, int highest) {
  const auto* value = scalar(key, "a number");
  if (value == nullptr) return;
  const auto& given = value->Scalar();
  int number = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (error != std::errc() || end != given.data() + given.size() || number < lowest || number > highest) {
    problem(key, fmt::format("'{}' is not a whole number between {} and {}", given, lowest, highest));
    return;
  }
  target = number;
}

void YamlMap::pairs(const std::string& key, std::map<std::string, std::string>& target) {
  if (!has(key)) return;
  const auto map = node_[key];
  if (!map.IsMap()) {
    problem(key, "must be names with values, for example { schema: shop }");
    return;
  }
  target.clear();
  for (const auto& entry : map) {
    if (entry.first.IsScalar() && entry.second.IsScalar()) {
      target[entry.first.Scalar()] = entry.second.Scalar();
    } else {
      problems_.add(entry.first.Mark().line, fmt::format("{}: every value must be a text", name(key)));
    }
  }
}

void YamlMap::flag(const std::string& key, bool& target) {
  std::string value = target ? "true" : "false";
  choice(key, value, {"true", "false"});
  target = value == "true";
}

void YamlMap::number(const std::string& key, std::optional<double>& target) {
  if (!has(key)) return;
  std::string read;
  text(key, read);
  char* end = nullptr;
  const double value = std::strtod(read.c_str(), &end);
  if (read.empty() || *end != '\0' || !std::isfinite(value)) {
    problem(key, "must be a number");
  } else {
    target = value;
  }
}

void YamlMap::texts(const std::string& key, std::vector<std::string>& target) {
  if (!has(key)) return;
  const auto list = node_[key];
  if (!list.IsSequence()) {
    problem(key, "must be a list, for example [\"a\", \"b\"]");
    return;
  }
  target.clear();
  for (const auto& element : list) {
    if (element.IsScalar() && !element.Scalar().empty()) {
      target.push_back(element.Scalar());
    } else {
      problems_.add(element.Mark().line, fmt::format("{}: every entry must be a text", name(key)));
    }
  }
}

void YamlMap::text_or_texts(const std::string& key, std::vector<std::string>& target) {
  if (has(key) && node_[key].IsScalar()) {
    std::string one;
    text(key, one);
    target.assign(one.empty() ? 0 : 1, one);
    return;
  }
  texts(key, target);
}

std::vector<YAML::Node> YamlMap::entries(const std::string& key, const std::string& example) {
  std::vector<YAML::Node> all;
  if (!has(key)) return all;
  const auto list = node_[key];
  if (!list.IsSequence()) problem(key, "must be a list: - " + example);
  for (const auto& entry : list) {
    if (list.IsSequence()) all.push_back(entry);
  }
  return all;
}

void YamlMap::not_available(const std::string& key, const std::string& cure) {
  if (has(key)) problem(key, fmt::format("not available in this version; {}", cure));
}

void YamlMap::finish() {
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      problems_.add(entry.first.Mark().line, fmt::format("{}a key must be a plain text", where_));
      continue;
    }
    const auto& key = entry.first.Scalar();
    if (core::contains(known_, key)) continue;
    const auto meant = core::nearest(key, known_);
    const auto help = meant.empty() ? fmt::format("known here: {}", fmt::join(known_, ", "))
                                    : fmt::format("did you mean '{}'?", where_ + meant);
    problems_.add(entry.first.Mark().line, fmt::format("unknown key '{}' ({})", where_ + key, help));
  }
}

}  // namespace bgdb::app
