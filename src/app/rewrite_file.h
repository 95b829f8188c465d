// `bgdb rewrite FILE`: replay what comes before the file, rewrite it, write the result.
#pragma once

#include <string>
#include <vector>

#include "rewrite/rewrite.h"

namespace bgdb::app {

struct RewriteOptions {
  std::string file;
  std::string schema_from;                          // folder or file to replay; empty: the file's own folder
  std::optional<migration::Framework> framework{};  // empty: detected
  std::string output_folder;                        // empty: "<stem>.rewrite" beside the file
};

struct Rewritten {
  migration::File base;
  rewrite::Plan plan;
  std::vector<rewrite::OutputFile>
      files;            // paths as they are to be written; empty when nothing is rewritten or refused
  size_t replayed = 0;  // files read for the schema
};

// Failure: unreadable input (io, input), a framework that cannot be told.
Result<Rewritten> rewrite_file(const RewriteOptions& options);
// Writes all files or none; a file that exists with another content is an error (refused).
Result<void> write_rewritten(const Rewritten& result);

}  // namespace bgdb::app
