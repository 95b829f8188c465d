// `bgdb rewrite FILE`: replay what comes before the file, rewrite it, write the result.
#pragma once

#include <string>
#include <vector>

#include "rewrite/in_place.h"
#include "rewrite/rewrite.h"

namespace bgdb::app {

struct RewriteOptions {
  std::string file;
  std::string schema_from;                          // folder or file to replay; empty: the file's own folder
  std::optional<migration::Framework> framework{};  // empty: detected
  std::string output_folder;                        // empty: "<stem>.rewrite" beside the file
  bool in_place = false;                            // only the fixes that keep it one file
};

struct Rewritten {
  migration::File base;
  rewrite::Plan plan;
  std::vector<rewrite::OutputFile>
      files;            // paths as they are to be written; empty when nothing is rewritten or refused
  size_t replayed = 0;  // files read for the schema
  std::string original;
  std::optional<rewrite::InPlace> in_place;  // when asked for; then there is no plan
};

// Failure: unreadable input (io, input), a framework that cannot be told.
Result<Rewritten> rewrite_file(const RewriteOptions& options);
// What writing it would change, as a patch.
std::string diff_of(const Rewritten& result);
// With in_place the file itself. Else writes all files or none; a file that exists with another content is an error
// (refused).
Result<void> write_rewritten(const Rewritten& result);

}  // namespace bgdb::app
