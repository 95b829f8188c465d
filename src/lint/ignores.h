// Comments that silence findings:
//   -- bgdb: ignore rule-id[, rule-id] reason      the next statement, or the one on the same line; a reason is
//   required
//   -- bgdb: ignore-file rule-id[, ...] reason     the whole file
// and what other tools wrote: squawk-ignore, squawk-ignore-file, atlas:nolint, pgls-ignore, pgsafe:ignore, eugene:
// ignore, pgfence-ignore, migrationpilot-disable; their rule names are the aliases of ours. Only our own are reported
// when unused.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.h"
#include "parse/parser.h"

namespace bgdb::lint {

class Ignores {
 public:
  // `statements` in order of their position.
  Ignores(const std::vector<parse::CommentText>& comments, const std::vector<parse::Statement>& statements,
          const RuleBook& rules);

  // True when the finding is silenced; remembers that the comment was needed.
  bool silences(const Finding& finding);
  // Findings about the comments themselves: unused, without a reason, naming no rule.
  std::vector<Finding> complaints() const;

 private:
  struct Ignore {
    std::vector<std::string> rules;  // our ids; empty = every rule
    std::vector<std::string> unknown;
    bool own = true;  // written for bgdb
    bool whole_file = false;
    int statement = -1;  // index; -1 with whole_file false: nothing follows
    bool has_reason = true;
    parse::Span span;
    bool used = false;
  };
  void add(const parse::CommentText& comment, const std::vector<parse::Statement>& statements, const RuleBook& rules);

  std::vector<Ignore> ignores_;
};

}  // namespace bgdb::lint
