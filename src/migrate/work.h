// What a backfill is: rows of one table that fulfil a condition get new values, until none is left. Read from the line
// that `bgdb rewrite` writes into its files (docs/design/rewrite.md), or from the command line. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bgdb::migrate {

struct Work {
  std::string table;    // SQL
  std::string set;      // "email_address = email"
  std::string where;    // rows that are not done yet; false for a row that was updated
  std::string trigger;  // must stand on the table, else rows written meanwhile stay unfilled; empty: none is needed
  bool all = true;      // no row may be left in the end; false: one pass

  std::string digest() const;  // of all of it: a later run goes on only with the same work
};

// The work of a DO block whose first line says so; nullopt for any other statement. Failure (input): a line that is
// there but cannot be read.
Result<std::optional<Work>> work_in(std::string_view block);

}  // namespace bgdb::migrate
