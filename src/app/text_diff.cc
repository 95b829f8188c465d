#include "app/text_diff.h"

#include <algorithm>
#include <vector>

namespace bgdb::app {
namespace {

constexpr size_t kContextLines = 3;
constexpr size_t kCellsMax = 25'000'000;  // beyond that everything between the equal ends counts as changed

std::vector<std::string> lines_with_ends(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

struct Line {
  char mark = ' ';
  const std::string* text = nullptr;
};

// Longest common subsequence of the part between equal ends.
void middle(const std::vector<std::string>& a, const std::vector<std::string>& b, size_t from, size_t a_end,
            size_t b_end, std::vector<Line>& out) {
  const size_t n = a_end - from;
  const size_t m = b_end - from;
  std::vector<std::vector<unsigned>> common;
  if (n * m <= kCellsMax) {
    common.assign(n + 1, std::vector<unsigned>(m + 1, 0));
    for (size_t i = n; i-- > 0;) {
      for (size_t j = m; j-- > 0;) {
        common[i][j] =
            a[from + i] == b[from + j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
      }
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < n || j < m) {
    if (!common.empty() && i < n && j < m && a[from + i] == b[from + j]) {
      out.push_back({' ', &a[from + i]});
      ++i;
      ++j;
    } else if (i < n && (common.empty() || j == m || common[i + 1][j] >= common[i][j + 1])) {
      out.push_back({'-', &a[from + i++]});
    } else {
      out.push_back({'+', &b[from + j++]});
    }
  }
}

std::string range(size_t first, size_t count) {
  return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

std::string hunks(const std::vector<Line>& script) {
  std::string out;
  size_t old_line = 0;
  size_t new_line = 0;
  for (size_t i = 0; i < script.size();) {
    if (script[i].mark == ' ') {
      ++i, ++old_line, ++new_line;
      continue;
    }
    const size_t begin = i - std::min(i, kContextLines);
    size_t end = i;
    for (size_t equal = 0; end < script.size() && equal <= 2 * kContextLines; ++end)
      equal = script[end].mark == ' ' ? equal + 1 : 0;
    size_t last = end;
    while (last > i && script[last - 1].mark == ' ') --last;
    end = std::min(last + kContextLines, script.size());
    std::string body;
    size_t olds = 0;
    size_t news = 0;
    for (size_t k = begin; k < end; ++k) {
      olds += script[k].mark != '+';
      news += script[k].mark != '-';
      body += script[k].mark + *script[k].text;
      if (script[k].text->back() != '\n') body += "\n\\ No newline at end of file\n";
    }
    const size_t before = i - begin;
    out += "@@ -" + range(old_line - before, olds) + " +" + range(new_line - before, news) + " @@\n" + body;
    old_line += olds - before;
    new_line += news - before;
    i = end;
  }
  return out;
}

}  // namespace

std::string unified_diff(const std::string& old_path, const std::string& old_text, const std::string& new_path,
                         const std::string& new_text) {
  if (old_text == new_text && !old_path.empty() && !new_path.empty()) return {};
  const auto a = lines_with_ends(old_text);
  const auto b = lines_with_ends(new_text);
  size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  size_t tail = 0;
  while (tail < a.size() - same && tail < b.size() - same && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::vector<Line> script;
  for (size_t i = 0; i < same; ++i) script.push_back({' ', &a[i]});
  middle(a, b, same, a.size() - tail, b.size() - tail, script);
  for (size_t i = a.size() - tail; i < a.size(); ++i) script.push_back({' ', &a[i]});
  const auto name = [](const std::string& path) { return path.empty() ? std::string("/dev/null") : path; };
  return "--- " + name(old_path) + "\n+++ " + name(new_path) + "\n" + hunks(script);
}

}  // namespace bgdb::app
