// What a run keeps of one table in bgdb.fact, as JSON.
#pragma once

#include <optional>
#include <string>

#include "verify/sides.h"
#include "verify/verify.h"

namespace bgdb::verify {

struct Note {
  std::string statement;  // another mapping gives another one: its place means nothing
  Key place;
  int64_t number = 0;
  bool complete = false;
  TableReport report;
};

std::string write_note_text(const Note& note);
std::optional<Note> read_note(const std::string& json);  // nullopt: broken

}  // namespace bgdb::verify
