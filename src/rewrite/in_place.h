// Fixes that keep a migration one file: an index built or dropped CONCURRENTLY, a constraint added NOT VALID and
// validated by a statement of its own. Only where each statement runs on its own; inside a transaction they would fail,
// or win nothing. Pure.
#pragma once

#include "rewrite/rewrite.h"

namespace bgdb::rewrite {

struct InPlace {
  std::string text;               // the file with its comments; unchanged when `changes` is empty
  std::vector<Change> changes;    // by line of the original
  std::vector<std::string> left;  // what could be better in another way, for people
};
// Run over its own result it changes nothing. Failure: as rewrite_text.
Result<InPlace> fix_in_place(const migration::File& file, const std::string& text, const schema::Catalog& before);

}  // namespace bgdb::rewrite
