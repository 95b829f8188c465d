#include "cli/report_out.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <streambuf>

#include "core/atomic_file.h"
#include "core/interrupt.h"

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
    const auto size = static_cast<size_t>(pptr() - pbase());
    if (failure_ == 0 && (std::fwrite(pbase(), 1, size, stdout) != size || std::fflush(stdout) != 0)) {
      failure_ = errno;
      core::request_interrupt();
    }
    setp(data_, data_ + sizeof data_);
    return 0;
  }

 public:
  int failure() const { return failure_; }

 private:
  int failure_ = 0;
  char data_[1 << 16];
};

StdoutBuffer& stdout_buffer() {
  static StdoutBuffer buffer;
  return buffer;
}

}  // namespace

std::ostream& out() {
  static std::ostream stream(&stdout_buffer());
  return stream;
}

Result<bool> finish_out() {
  out().flush();
  const int failure = stdout_buffer().failure();
  if (failure == 0) return true;
  core::clear_interrupt();  // it was ours, and all have stopped
  if (failure == EPIPE) return false;
  return fail(ErrorCode::io, fmt::format("cannot write the output: {}", std::strerror(failure)));
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
  return {};
}

}  // namespace bgdb::cli
