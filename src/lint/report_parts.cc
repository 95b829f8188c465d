#include "lint/report_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <numeric>

#include "core/units.h"

namespace bgdb::lint {

namespace {

// FNV-1a: a stable identity of text, nothing secret. Blanks count once, so that indentation does not matter.
class Hash {
 public:
  void add(std::string_view text) {
    bool blank = false;
    for (const char c : text) {
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        blank = true;
        continue;
      }
      if (blank) byte(' ');
      blank = false;
      byte(c);
    }
    byte('\n');
  }
  uint64_t value() const { return value_; }
  std::string hex() const {
    std::string digits(16, '0');
    for (size_t i = 0; i < digits.size(); ++i) digits[i] = "0123456789abcdef"[value_ >> (60 - 4 * i) & 15U];
    return digits;
  }

 private:
  void byte(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
  uint64_t value_ = 1469598103934665603ULL;
};

}  // namespace

size_t count_of(const Summary& summary, Severity severity) {
  const auto found = summary.findings.find(severity);
  return found == summary.findings.end() ? 0 : found->second;
}

std::vector<std::string> fingerprints(const FileReport& report) {
  std::vector<std::string> out;
  if (report.findings.empty()) return out;
  std::map<uint64_t, int> seen;
  Hash of_file;
  of_file.add(plain_path(report.path));
  for (const auto& finding : report.findings) {
    const std::string_view text = report.text;
    Hash hash = of_file;
    hash.add(finding.rule);
    hash.add(text.substr(std::min(finding.span.offset, text.size()), finding.span.length));
    const int twins = seen[hash.value()]++;
    if (twins > 0) hash.add(std::to_string(twins));
    out.push_back(hash.hex());
  }
  return out;
}

std::string plain_path(const std::string& path) {
  const bool plain = path.find("//") == std::string::npos && path.find("/.") == std::string::npos && path[0] != '.';
  if (plain) return path;
  return std::filesystem::path(path).lexically_normal().generic_string();
}

std::string_view first_line(const FileReport& report, const parse::Span& span) {
  const std::string_view text = report.text;
  if (span.offset >= text.size()) return {};
  const auto start = span.offset == 0 ? std::string_view::npos : text.rfind('\n', span.offset - 1);
  const auto first = start == std::string_view::npos ? 0 : start + 1;
  auto line = text.substr(first, std::min(text.find('\n', span.offset), text.size()) - first);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::vector<size_t> worst_findings(const FileReport& report, size_t most) {
  std::vector<size_t> out(report.findings.size());
  std::iota(out.begin(), out.end(), size_t{0});
  if (most == 0 || out.size() <= most) return out;
  std::stable_sort(out.begin(), out.end(),
                   [&](size_t a, size_t b) { return report.findings[a].severity > report.findings[b].severity; });
  out.resize(most);
  std::sort(out.begin(), out.end());
  return out;
}

std::string describe(const Estimate& estimate) {
  const auto rows = estimate.rows < 0 ? "" : fmt::format("{} rows, ", core::format_count(estimate.rows));
  const std::string_view work = estimate.work == Work::rewrite       ? "rewriting it"
                                : estimate.work == Work::index_build ? "building the index"
                                                                     : "scanning it";
  const auto duration = std::chrono::milliseconds(estimate.duration_ms);
  return fmt::format("{} has {}{}: {} takes about {} (estimate)", estimate.relation.display(), rows,
                     core::format_bytes(estimate.bytes), work, core::format_duration(duration));
}

}  // namespace bgdb::lint
