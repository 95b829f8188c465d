// What several reporters need: identities of findings, paths for machines, where a span's line begins, which findings
// of a file are shown. Internal to lint/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.h"

namespace bgdb::lint {

size_t count_of(const Summary& summary, Severity severity);

// One for each finding of the file: stays the same when lines move, and differs between equal findings of equal
// statements. 16 hexadecimal digits.
std::vector<std::string> fingerprints(const FileReport& report);

// "./a/../b c.sql" -> "b c.sql": what code hosts expect a file to be called.
std::string plain_path(const std::string& path);

// The line on which the span begins, without its line end.
std::string_view first_line(const FileReport& report, const parse::Span& span);

// The indexes of the findings to show, by position, when only `most` fit (0 = all): the worst ones.
std::vector<size_t> worst_findings(const FileReport& report, size_t most);

// "public.orders: 40,000,000 rows, 3.1 GiB; rewrite takes about 2m10s".
std::string describe(const Estimate& estimate);

}  // namespace bgdb::lint
