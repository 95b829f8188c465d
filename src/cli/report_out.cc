#include "cli/report_out.h"

#include <streambuf>
#include <string_view>

#include "cli/output.h"
#include "core/atomic_file.h"

namespace bgdb::cli {
namespace {

class StdoutBuffer : public std::streambuf {
 public:
  StdoutBuffer() { setp(data_, data_ + sizeof data_); }
  ~StdoutBuffer() override { sync(); }

 protected:
  int overflow(int c) override {
    sync();
    if (c != traits_type::eof()) sputc(static_cast<char>(c));
    return traits_type::not_eof(c);
  }
  int sync() override {
    if (pptr() != pbase()) print(std::string_view(pbase(), static_cast<size_t>(pptr() - pbase())));
    setp(data_, data_ + sizeof data_);
    return 0;
  }

 private:
  char data_[1 << 16];
};

}  // namespace

std::ostream& out() {
  static StdoutBuffer buffer;
  static std::ostream stream(&buffer);
  return stream;
}

struct Reports::Part {
  std::unique_ptr<core::AtomicFile> file;  // null: stdout
  std::unique_ptr<lint::Reporter> reporter;
};

Reports::Reports() = default;
Reports::Reports(Reports&&) noexcept = default;
Reports::~Reports() = default;

Result<Reports> Reports::open(const std::vector<WantedReport>& wanted, const lint::RuleBook& rules,
                              const lint::ReportOptions& options) {
  Reports reports;
  for (const auto& one : wanted) {
    Part part;
    auto for_this = options;
    if (!one.file.empty()) {
      part.file = std::make_unique<core::AtomicFile>(BGDB_TRY(core::AtomicFile::create(one.file)));
      for_this.colour = false;
    }
    part.reporter = lint::make_reporter(one.format, part.file ? part.file->stream() : out(), rules, for_this);
    reports.parts_.push_back(std::move(part));
  }
  return reports;
}

void Reports::file(const lint::FileReport& report) {
  for (auto& part : parts_) part.reporter->file(report);
}

Result<void> Reports::finish(const lint::Summary& summary) {
  for (auto& part : parts_) {
    part.reporter->finish(summary);
    if (part.file) BGDB_CHECK(part.file->commit());
  }
  out().flush();
  return {};
}

}  // namespace bgdb::cli
