// What `bgdb status` and `bgdb journal` show: facts read from both databases; one that cannot be reached is shown as
// such.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "gate/gate.h"
#include "journal/journal.h"

namespace bgdb::app {

inline constexpr const char* kNoState = "no bgdb state yet";  // SideStatus::error of a database bgdb never touched

struct SideStatus {
  std::string name;   // blue | green
  std::string error;  // not empty: nothing else is known
  std::string role;
  int64_t epoch = 0;
  std::string since;
  int64_t since_s = 0;
  int64_t guards_on = 0;
  int64_t guards_off = 0;
  int64_t quarantined = 0;
  std::string slot;  // the slot on this side; empty = none
  std::string slot_state;
  int64_t slot_retained_bytes = 0;
};

struct LinkLine {
  std::string name;
  std::string state;
  std::optional<double> lag_ms;
  std::optional<int64_t> lag_bytes;
  std::optional<double> drain_ms;
  int64_t rows_applied = 0;
  int64_t conflicts = 0;
  std::string message;
  std::optional<int64_t> age_ms;
};

struct Event {
  std::string side;
  journal::Record record;
};

struct Status {
  std::vector<SideStatus> sides;  // blue, green
  std::vector<LinkLine> links;
  bool two_active = false;               // both say so: `active` is the one with the higher epoch
  std::string active;                    // blue | green | nobody | unknown
  std::string next;                      // cutover | rollback | empty
  std::vector<gate::Decision> gates;     // of `next`
  std::optional<int64_t> window_left_s;  // while green serves
  std::vector<Event> events;
  std::string advice;  // what to do when something is half done
};
Status read_status(const Config& config);

struct Events {
  std::vector<Event> events;
  std::vector<Error> unread;  // a side that could not be read: the trail is not whole
};
// Both journals, merged by time, oldest first; `limit` newest, 0 = all.
Events read_events(const Config& config, int64_t limit);

struct JournalVerdict {
  std::string side;
  int64_t records = 0;
  bool intact = true;
  std::string problem;
};
// The chain of each side, and the local mirror against it.
std::vector<JournalVerdict> check_journals(const Config& config);

}  // namespace bgdb::app
