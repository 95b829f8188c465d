// Values for rows that nobody wrote: what an INSERT of the old version may look like, and a few rows per table, so that
// scans, rewrites and refused constraints show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/session.h"
#include "schema/catalog.h"

namespace bgdb::prove {

// A literal with its type, e.g. '17'::int4; `number` makes it differ from others. `large`: as large as the type allows.
// nullopt: a type for which nothing is known.
std::optional<std::string> sample_value(const schema::Catalog& catalog, const schema::TypeName& type, int number,
                                        bool large = false);

struct InsertOptions {
  int number = 1;
  bool every_column = false;  // else only those that have to be given
  bool large = false;
  std::string null_column;  // given as NULL
};
// INSERT INTO t (...) VALUES (...); values of foreign keys are taken from the table they point to. Values outside of
// keys are the same for every number. nullopt: a column that must be given has a type for which nothing is known.
std::optional<std::string> sample_insert(const schema::Catalog& catalog, const schema::Relation& table,
                                         const InsertOptions& options);

// A few rows into every empty table. Returns the tables that stayed empty, each with the reason.
Result<std::vector<std::string>> fill_tables(pg::Session& session, const schema::Catalog& catalog);

}  // namespace bgdb::prove
