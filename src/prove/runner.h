// Runs the statements of a linted file on a server, in the file's own transactions, and compares each with what lint
// said it would do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lint/finding.h"
#include "prove/compare.h"
#include "prove/observer.h"

namespace bgdb::prove {

struct StatementProof {
  int index = 0;
  parse::Span span;
  std::string text;
  std::string kind;
  int transaction = -1;  // as in lint::StatementReport
  Observation observed;
  std::vector<Difference> differences;
  std::string not_run;       // why it was not run; empty: it was
  std::string not_compared;  // why its effects could not be predicted
};

struct RunOptions {
  bool commit = true;  // false: every transaction is rolled back, for trying one file after the other
  // Called behind each statement that succeeded, in its transaction when it has one.
  std::function<Result<void>(pg::Session&, const StatementProof&)> after_statement{};
};

// Stops behind a statement that fails, as the framework would. Failure: the server or the session is lost, or Ctrl-C.
Result<std::vector<StatementProof>> run_file(Observer& observer, const lint::FileReport& report,
                                             const RunOptions& options);

}  // namespace bgdb::prove
