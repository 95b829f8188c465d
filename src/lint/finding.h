// What the linter hands to reporters: plain values, one file at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lint/effects.h"
#include "lint/estimate.h"
#include "lint/rules.h"
#include "lint/verdict.h"
#include "parse/parser.h"

namespace bgdb::lint {

struct Finding {
  std::string rule;
  Severity severity = Severity::warning;
  parse::Span span;
  int statement = -1;  // index in the file, -1 = the file itself
  std::string message;
  std::string why;
  std::string instead;
  std::string rewrite;
};

struct StatementReport {
  int index = 0;
  parse::Span span;
  std::string kind;  // "AlterTable"
  bool in_transaction = true;
  int transaction = -1;  // statements with the same number run in one transaction; -1: on its own
  Effects effects;
  Verdict verdict;
  std::vector<Estimate> estimates;  // only where table sizes are known
};

struct FileReport {
  std::string path;
  std::string framework;
  std::string text;
  Verdict verdict;
  std::vector<StatementReport> statements;
  std::vector<Finding> findings;  // by position
};

struct Summary {
  size_t files = 0;
  size_t statements = 0;
  std::map<Severity, size_t> findings;
  std::map<Safety, size_t> verdicts;  // files
  std::vector<std::string> skipped;   // given, but they run only on the way back
  std::vector<std::string> notes;     // what was found and left out, and what of a history cannot be read
  Verdict verdict;
};

}  // namespace bgdb::lint
