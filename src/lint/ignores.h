// Comments that silence findings:
//   -- bgdb: ignore rule-id[, rule-id] reason      the next statement, or the one it stands in or behind
//   -- bgdb: ignore-file rule-id[, ...] reason     the whole file
// and what other tools wrote (squawk, pgls, eugene, pgfence, pgsafe, migrationpilot, diesel-guard, atlas); their rule
// names are the aliases of ours. Only our own need a reason and are reported when nothing is left to ignore.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.h"
#include "parse/parser.h"

namespace bgdb::lint {

class Ignores {
 public:
  // The comments of `report`'s file. `rules` must outlive this.
  Ignores(const FileReport& report, const std::vector<parse::CommentText>& comments, const RuleBook& rules);

  // True when the finding is silenced; remembers that the comment was needed.
  bool silences(const Finding& finding);
  // Findings about the comments themselves: unused, without a reason, naming no rule.
  std::vector<Finding> complaints() const;

 private:
  struct Name {
    std::string written;
    std::vector<std::string> rules;  // our ids that it stands for; empty: there is none
    bool used = false;
  };
  struct Ignore {
    std::vector<Name> names;
    bool every_rule = false;  // other tools' comments may name none
    bool own = true;          // written for bgdb
    bool has_reason = true;
    bool whole_file = false;
    int first = 0;  // statements, inclusive; nothing when last < first
    int last = -1;
    size_t offset = 0;  // of the first statement: a finding about the file points there
    parse::Span span;   // of the comment
  };
  struct Marker;
  static const Marker* marker_of(const std::string& comment);
  void add(const FileReport& report, const parse::CommentText& comment);
  Name name(const std::string& written, bool own) const;
  void read_own(Ignore& ignore, std::string_view rest) const;
  void read_foreign(Ignore& ignore, std::string_view rest) const;

  const RuleBook& rules_;
  std::vector<Ignore> ignores_;
  int range_begin_ = -1;  // statement at which an open safety-assured range began
};

}  // namespace bgdb::lint
