#include "schema/code.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "parse/check_value.h"
#include "schema/guard.h"

namespace bgdb::schema {
namespace {

// A body without any of these words computes something and changes nothing.
bool may_change(const std::string& body) {
  static constexpr std::array<std::string_view, 17> kWords{
      "create", "alter", "drop",  "execute", "call",    "perform", "truncate", "insert", "update",
      "delete", "merge", "grant", "revoke",  "refresh", "reindex", "cluster",  "lock "};
  const auto folded = core::lower(body);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return folded.find(word) != std::string::npos; });
}

// The only overload that takes so many arguments.
const Function* called(const Catalog& catalog, const parse::FunctionCall& call) {
  const auto in = [&](const std::string& schema) -> const Function* {
    const auto overloads = catalog.functions.find({schema, call.name.name});
    if (overloads == catalog.functions.end()) return nullptr;
    const Function* found = nullptr;
    for (const auto& function : overloads->second) {
      const size_t most = function.arguments.size();
      const size_t least = most - std::min(most, static_cast<size_t>(function.defaults) + (function.variadic ? 1 : 0));
      if (call.arguments.size() < least || (call.arguments.size() > most && !function.variadic)) continue;
      if (found != nullptr) return nullptr;
      found = &function;
    }
    return found;
  };
  if (!call.name.schema.empty()) return in(call.name.schema);
  for (const auto& schema : catalog.search_path) {
    if (const auto* found = in(schema)) return found;
  }
  return nullptr;
}

parse::Constants constants_of(const Function& function, const parse::FunctionCall& call) {
  parse::Constants constants;
  for (size_t i = 0; i < call.arguments.size() && i < function.arguments.size(); ++i) {
    if (!call.arguments[i]) continue;
    constants["$" + std::to_string(i + 1)] = {*call.arguments[i]};
    if (i < function.argument_names.size() && !function.argument_names[i].empty())
      constants[function.argument_names[i]] = {*call.arguments[i]};
  }
  return constants;
}

const std::vector<parse::FunctionCall>* calls_of(const parse::Node& node) {
  if (const auto* query = std::get_if<parse::Query>(&node)) return &query->calls;
  if (const auto* call = std::get_if<parse::Call>(&node)) return &call->calls;
  return nullptr;
}

// A statement is asked several times in a row for what it runs: by the effects, the release and the replay.
std::shared_ptr<const parse::ParsedBody> body_of(const parse::DoBlock& block) {
  thread_local parse::DoBlock last;
  thread_local std::shared_ptr<const parse::ParsedBody> body;
  if (body == nullptr || last.language != block.language || last.body != block.body) {
    body = std::make_shared<const parse::ParsedBody>(parse::parse_routine_body(block.language, block.body));
    last = block;
  }
  return body;
}

}  // namespace

std::vector<CalledBody> bodies_run_by(const Catalog& catalog, const parse::Node& node) {
  std::vector<CalledBody> bodies;
  if (const auto* block = std::get_if<parse::DoBlock>(&node)) {
    bodies.push_back({{}, body_of(*block)});
    return bodies;
  }
  const auto* calls = calls_of(node);
  if (calls == nullptr || catalog.functions.empty()) return bodies;
  for (const auto& call : *calls) {
    const auto* function = called(catalog, call);
    if (function == nullptr || function->body == nullptr) continue;
    auto& made = bodies.emplace_back();
    made.name = function->name;
    auto body = may_change(*function->body)
                    ? parse::parse_routine_body(function->language, *function->body, constants_of(*function, call))
                    : parse::ParsedBody();
    made.body = std::make_shared<const parse::ParsedBody>(std::move(body));
  }
  return bodies;
}

std::shared_ptr<const parse::ParsedBody> body_of_trigger(const Catalog& catalog, const Trigger& trigger) {
  struct Kept {
    std::shared_ptr<const std::string> text;  // also keeps its address from being used again
    std::shared_ptr<const parse::ParsedBody> body;
  };
  thread_local std::map<const std::string*, Kept> kept;
  const auto found = catalog.functions.find(trigger.function);
  if (found == catalog.functions.end() || found->second.empty()) return nullptr;
  const auto& function = found->second.front();
  if (function.body == nullptr) return nullptr;
  if (kept.size() > 256) kept.clear();
  auto& one = kept[function.body.get()];
  if (one.body == nullptr) {
    auto body =
        may_change(*function.body) ? parse::parse_routine_body(function.language, *function.body) : parse::ParsedBody();
    one = {function.body, std::make_shared<const parse::ParsedBody>(std::move(body))};
  }
  return one.body;
}

bool BodyWalk::left(int block) const {
  for (; block >= 0; block = body_.blocks[static_cast<size_t>(block)].outer) {
    if (left_.count(block) != 0) return true;
  }
  return false;
}

void BodyWalk::enter(int block, const Catalog& now) {
  for (; block >= 0; block = body_.blocks[static_cast<size_t>(block)].outer) {
    if (body_.blocks[static_cast<size_t>(block)].catches_duplicates) entered_.emplace(block, now);
  }
}

std::optional<bool> BodyWalk::outcome(const std::string& condition, const Catalog& now) const {
  if (const auto told = decide(now, parse::parse_condition(condition)); told || operation_.empty()) return told;
  auto operation = parse::text_value_of(operation_);
  operation.symbol = true;  // the text is all there is to it
  const auto value = parse::check_value(condition, {{{"tg_op", operation}}, {}});
  if (!value || (value->may_be != parse::kTrue && (value->may_be & parse::kTrue) != 0)) return std::nullopt;
  return value->may_be == parse::kTrue;
}

bool BodyWalk::runs(size_t i, const Catalog& now) {
  const auto& at = body_.circumstances[i];
  enter(at.block, now);
  if (at.handler && at.block >= 0) {
    if (body_.blocks[static_cast<size_t>(at.block)].catches_duplicates && left_.count(at.block) == 0) return false;
  } else if (left(at.block)) {
    return false;
  }
  for (const auto& guard : at.guards) {
    auto& outcome = outcomes_[guard.condition];
    if (!outcome) outcome = this->outcome(body_.conditions[guard.condition], now);
    if (*outcome && **outcome != guard.outcome) return false;
  }
  return true;
}

const Catalog* BodyWalk::caught(size_t i) {
  const auto& at = body_.circumstances[i];
  if (at.handler) return nullptr;
  for (int block = at.block; block >= 0; block = body_.blocks[static_cast<size_t>(block)].outer) {
    if (!body_.blocks[static_cast<size_t>(block)].catches_duplicates) continue;
    left_[block] = true;
    const auto entered = entered_.find(block);
    return entered == entered_.end() ? nullptr : &entered->second;
  }
  return nullptr;
}

}  // namespace bgdb::schema
