// Where reports of lint go: stdout, and files that appear when they are whole.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/result.h"
#include "lint/report.h"

namespace bgdb::cli {

// A stream to stdout. When nothing can be written any more it asks everybody to stop (core::request_interrupt), so that
// temporary files go away on the normal path.
std::ostream& out();
// Flushes. False: the reader has gone (`| head`), which is no error. Failure: io, a full disk.
Result<bool> finish_out();

// What --format and -o ask for, all fed at once.
struct WantedReport {
  lint::Format format = lint::Format::tty;
  std::string file;  // empty: stdout
};
class Reports {
 public:
  static Result<Reports> open(const std::vector<WantedReport>& wanted, const lint::RuleBook& rules,
                              const lint::ReportOptions& options);
  Reports(Reports&&) noexcept;
  ~Reports();
  void file(const lint::FileReport& report);
  // Closes the documents and puts the files into place.
  Result<void> finish(const lint::Summary& summary);

 private:
  struct Part;
  Reports();
  std::vector<Part> parts_;
};

}  // namespace bgdb::cli
