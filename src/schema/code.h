// Code that a statement runs: DO blocks and the functions and procedures that it calls, as the statements in them.
// Replay and lint both walk a body with BodyWalk, which knows what of it runs as far as the catalog tells.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parse/parser.h"
#include "schema/catalog.h"

namespace bgdb::schema {

// Functions that call functions ...: followed this deep.
inline constexpr int kCallDepthMax = 8;

struct CalledBody {
  QualifiedName name;                             // empty: a DO block
  std::shared_ptr<const parse::ParsedBody> body;  // never null
};

// The bodies that a DO, CALL, SELECT or data statement runs, where the catalog holds them. Of functions that only
// compute the body is empty.
std::vector<CalledBody> bodies_run_by(const Catalog& catalog, const parse::Node& node);

// The body of a trigger's function; null: not known. Kept from one question to the next: thousands of INSERTs fire the
// same trigger.
std::shared_ptr<const parse::ParsedBody> body_of_trigger(const Catalog& catalog, const Trigger& trigger);

class BodyWalk {
 public:
  // `operation`: of a trigger, what TG_OP says ("DELETE").
  explicit BodyWalk(const parse::ParsedBody& body, std::string operation = "")
      : body_(body), operation_(std::move(operation)), outcomes_(body.conditions.size()) {}

  // Whether statement `i` runs; ask in order, with the catalog as it is just before it. What cannot be told runs.
  bool runs(size_t i, const Catalog& now);
  // Statement `i` met something that exists already: when a handler around it catches that, what the block did before
  // is undone. The catalog to go back to, or null.
  const Catalog* caught(size_t i);

 private:
  bool left(int block) const;  // an exception ended it, or a block around it
  void enter(int block, const Catalog& now);
  std::optional<bool> outcome(const std::string& condition, const Catalog& now) const;

  const parse::ParsedBody& body_;
  std::string operation_;
  std::vector<std::optional<std::optional<bool>>> outcomes_;  // of conditions, once asked
  std::map<int, Catalog> entered_;                            // the catalog at the start of blocks that catch
  std::map<int, bool> left_;
};

}  // namespace bgdb::schema
