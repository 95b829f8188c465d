// What the two databases say about who serves, and what follows from it. Facts decide; the journal only tells the
// story. Pure: no database in here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/role.h"

namespace bgdb::cutover {

using core::Role;
using core::to_string;

// The row bgdb.side of one database.
struct SideFact {
  Role role = Role::standby;
  int64_t epoch = 0;
};

// nullopt = that database could not be asked.
struct Facts {
  std::optional<SideFact> source;
  std::optional<SideFact> target;
};

// Where a switch(source, target) stands.
enum class Standing {
  ready,     // the source serves: nothing has been switched
  fenced,    // past the point of no return: the source serves no more, the target not yet
  switched,  // the target serves
  opposite,  // half done in the other direction: the target was fenced for the source
  retired,   // one side is retired: there is no way between the two any more
  broken,    // both active: must never be
  unknown,   // a database that decides could not be asked
};
std::string_view to_string(Standing standing);

Standing judge(const Facts& facts);
// The epoch a switch that begins now will carry.
int64_t next_epoch(const Facts& facts);
// "blue: active, epoch 3; green: standby, epoch 3".
std::string describe(const Facts& facts, std::string_view source, std::string_view target);

}  // namespace bgdb::cutover
