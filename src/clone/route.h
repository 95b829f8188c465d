// The statements that a table's rows go through on their way from blue to green.
#pragma once

#include <string>

#include "clone/jobs.h"
#include "clone/plan.h"
#include "translate/mapping.h"

namespace bgdb::clone {

struct Route {
  std::string from;    // COPY ... TO STDOUT on blue
  std::string into;    // COPY ... FROM STDIN on green
  std::string stage;   // creates the temporary table that `into` fills, where rows are computed; else empty
  std::string insert;  // from the stage into the target
  std::string empty;   // empties the stage
};

// A table, or the job's part of it, into the table of the same name.
Route route_of(const TablePlan& table, const CopyJob& job);

// Into the table that the mapping names. Rows whose columns arrive as they are go straight there; others are computed
// by green, by the very expressions that the link's INSERT has.
Route translated_route(const TablePlan& table, const translate::TableMapping& mapping);

}  // namespace bgdb::clone
