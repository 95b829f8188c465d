#include "core/nearest.h"

#include <algorithm>
#include <numeric>

#include "core/text.h"

namespace bgdb::core {
namespace {

// Levenshtein distance, letters compared without case.
size_t distance(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= left.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t replaced = diagonal + (lower(left[i - 1]) == lower(right[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[right.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : known) {
    const size_t here = distance(name, candidate);
    if (here < best_distance && here < candidate.size()) {
      best_distance = here;
      best = candidate;
    }
  }
  return best;
}

}  // namespace bgdb::core
