// Versions as people write them, against the versions of a history.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

// "V2.3.0", "v2_3", "2.3.0__x", "000012_x.up.sql" -> the version alone, in the framework's own writing.
std::string bare_version(Framework framework, std::string_view text) {
  text = base_name(text);
  if (text.size() > 1 && (text[0] == 'V' || text[0] == 'v' || text[0] == 'B') && core::is_digit(text[1]))
    text.remove_prefix(1);
  size_t end = 0;
  const bool dashes = framework == Framework::diesel;
  const auto order = convention(framework).order;
  const bool parts = order == Order::flyway || order == Order::natural || order == Order::listed;
  while (end < text.size()) {
    const char c = text[end];
    const bool inside = core::is_digit(c) || (dashes && c == '-') ||
                        (parts && (c == '.' || c == '_') && end + 1 < text.size() && core::is_digit(text[end + 1]));
    if (!inside) break;
    ++end;
  }
  std::string version(text.substr(0, end));
  if (dashes) version.erase(std::remove(version.begin(), version.end(), '-'), version.end());
  if (parts) std::replace(version.begin(), version.end(), '_', '.');
  return version;
}

std::string_view without_slashes(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return text;
}

bool is_named(const File& file, std::string_view text) {
  const auto piece = named_piece(file.framework, file.path);
  if (text == file.path || text == piece || text == file.stem()) return true;
  if (!file.version.empty() && text == file.version) return true;
  const auto folder = parent_of(file.path);
  if (folder_is_name(file.framework) && text == folder) return true;
  if (file.framework != Framework::sqitch || text.empty()) return false;
  const auto tags = " " + file.description + " ";
  return text[0] == '@' && tags.find(" " + std::string(text) + " ") != std::string::npos;
}

}  // namespace

std::optional<size_t> behind_version(const Set& set, std::string_view version) {
  version = without_slashes(version);
  std::optional<size_t> found;
  for (size_t i = 0; i < set.files.size(); ++i) {
    if (is_named(set.files[i], version)) found = i + 1;
  }
  if (found) return found;
  const auto bare = bare_version(set.framework, version);
  if (bare.empty() || set.framework == Framework::sqitch) return std::nullopt;
  const auto key = version_key(set.framework, bare);
  // 12 for 000012, where the order itself is one of texts.
  const bool number = convention(set.framework).order != Order::flyway && all_digits(bare);
  for (size_t i = 0; i < set.files.size(); ++i) {
    const auto& own = set.files[i].version;
    if (own.empty()) continue;
    if (version_key(set.framework, own) == key || (number && all_digits(own) && numeric(own) == numeric(bare)))
      found = i + 1;
  }
  return found;
}

Result<size_t> count_up_to(const Set& set, std::string_view version) {
  if (const auto found = behind_version(set, version)) return *found;
  const auto bare = bare_version(set.framework, version);
  if (bare.empty() || convention(set.framework).order == Order::listed) {
    return fail(ErrorCode::not_found, fmt::format("no migration file has the version \"{}\"", version),
                set.files.empty() ? "there are no migration files"
                                  : fmt::format("the last one is \"{}\"", set.files.back().stem()));
  }
  const auto wanted = version_key(set.framework, bare);
  size_t count = 0;
  for (const auto& file : set.files) {
    if (file.version.empty() || version_key(set.framework, file.version) > wanted) break;
    ++count;
  }
  return count;
}

}  // namespace bgdb::migration
