#include "migration/naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>

namespace bgdb::migration {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), digit);
}

// Numbers as text that compares like the numbers: leading zeros off, then the length in front.
std::string numeric(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return fmt::format("{:04}{}", digits.size(), digits);
}

std::string_view without(std::string_view text, std::string_view end) {
  if (text.size() >= end.size() && text.substr(text.size() - end.size()) == end) text.remove_suffix(end.size());
  return text;
}
bool ends_with(std::string_view text, std::string_view end) {
  return without(text, end).size() != text.size() || end.empty();
}

// "12_add_users" -> "12", "add_users"; also with - # or . behind the digits. Empty version when there are no digits.
std::pair<std::string, std::string> split_numbered(std::string_view stem) {
  const auto end = std::find_if_not(stem.begin(), stem.end(), digit);
  std::string version(stem.begin(), end);
  std::string_view rest = stem.substr(version.size());
  if (version.empty()) return {"", std::string(stem)};
  while (!rest.empty() && (rest.front() == '_' || rest.front() == '-' || rest.front() == '#')) rest.remove_prefix(1);
  return {version, std::string(rest)};
}

// Flyway: parts separated by . or _; missing parts count as zero.
std::vector<std::string> flyway_key(std::string_view version) {
  std::vector<std::string> parts(1);
  for (const char c : version) {
    if (c == '.' || c == '_') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (auto& part : parts) part = numeric(part);
  while (parts.size() > 1 && parts.back() == numeric("0")) parts.pop_back();
  return parts;
}

// Plain folders: a name starts with short numbers (compared as numbers: 10 behind 9, 1.10 behind 1.9), with a long one
// (a time stamp: compared as text, because mistyped stamps of another length exist), or with neither.
std::string plain_key(std::string_view name) {
  std::string key;
  size_t at = 0;
  if (name.size() > 1 && (name[0] == 'v' || name[0] == 'V') && digit(name[1])) at = 1;
  if (at >= name.size() || !digit(name[at])) return "x" + std::string(name);
  for (bool more = true; more;) {
    const auto end = static_cast<size_t>(
        std::find_if_not(name.begin() + static_cast<std::ptrdiff_t>(at), name.end(), digit) - name.begin());
    const auto digits = name.substr(at, end - at);
    key += digits.size() < 8 ? "n" + numeric(digits) : "t" + std::string(digits);
    at = end;
    more = at + 1 < name.size() && (name[at] == '.' || name[at] == '_' || name[at] == '-') && digit(name[at + 1]);
    if (more) ++at;
  }
  return key + std::string(name.substr(at));
}

bool read_flyway(File& file, std::string_view name) {
  std::string_view rest = without(name, ".sql");
  if (rest.rfind("R__", 0) == 0) {
    file.direction = Direction::repeatable;
    file.description = rest.substr(3);
    file.order_key = {"1", file.description};
    return true;
  }
  char prefix = 'V';
  if (!rest.empty() && (rest[0] == 'V' || rest[0] == 'U' || rest[0] == 'B')) {
    prefix = rest[0];
    rest.remove_prefix(1);
  }
  const auto separator = rest.find("__");
  if (separator == std::string_view::npos || separator == 0) return false;
  const auto version = rest.substr(0, separator);
  const bool valid =
      std::all_of(version.begin(), version.end(), [](char c) { return digit(c) || c == '.' || c == '_'; });
  if (!valid || !digit(version.front()) || !digit(version.back())) return false;
  file.version = version;
  std::replace(file.version.begin(), file.version.end(), '_', '.');
  file.description = rest.substr(separator + 2);
  file.direction = prefix == 'U' ? Direction::undo : prefix == 'B' ? Direction::baseline : Direction::up;
  file.order_key = {"0"};
  for (auto& part : flyway_key(file.version)) file.order_key.push_back(std::move(part));
  return true;
}

bool read_numbered(File& file, std::string_view name) {
  std::string_view stem = without(name, ".sql");
  if (ends_with(stem, ".down")) {
    file.direction = Direction::down;
    stem = without(stem, ".down");
  } else {
    stem = without(stem, ".up");
  }
  auto [version, description] = split_numbered(stem);
  file.version = std::move(version);
  file.description = std::move(description);
  file.order_key = version_key(file.framework, file.version);
  file.order_key.push_back(file.description);
  return !file.version.empty();
}

// 20240131120000 + seconds, with carry, when it is a time; else the number itself counts on.
std::string later(const std::string& version, int by) {
  std::tm time{};
  if (version.size() == 14 && all_digits(version)) {
    const auto part = [&](size_t at, size_t size) { return std::stoi(version.substr(at, size)); };
    time.tm_year = part(0, 4) - 1900;
    time.tm_mon = part(4, 2) - 1;
    time.tm_mday = part(6, 2);
    time.tm_hour = part(8, 2);
    time.tm_min = part(10, 2);
    time.tm_sec = part(12, 2);
    std::tm check = time;
    const time_t seconds = timegm(&check);
    if (check.tm_mon == time.tm_mon && check.tm_mday == time.tm_mday && check.tm_sec == time.tm_sec &&
        check.tm_year == time.tm_year) {
      const time_t moved = seconds + by;
      gmtime_r(&moved, &time);
      return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", time.tm_year + 1900, time.tm_mon + 1, time.tm_mday,
                         time.tm_hour, time.tm_min, time.tm_sec);
    }
  }
  std::string digits = version;
  for (int i = 0; i < by; ++i) {
    auto at = digits.rbegin();
    while (at != digits.rend() && *at == '9') *at++ = '0';
    if (at == digits.rend()) {
      digits.insert(digits.begin(), '1');
    } else {
      ++*at;
    }
  }
  return digits;
}

}  // namespace

std::vector<std::string> path_components(std::string_view path) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at && path.substr(at, end - at) != ".") pieces.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  if (pieces.empty()) pieces.emplace_back();
  return pieces;
}

std::string named_piece(Framework framework, std::string_view path) {
  auto pieces = path_components(path);
  const bool folder = framework == Framework::diesel || framework == Framework::prisma;
  if (folder && pieces.size() > 1) pieces.pop_back();
  return pieces.back();
}

std::string File::stem() const {
  std::string_view name = path;
  const std::string piece = named_piece(framework, path);
  name = without(piece, ".sql");
  return std::string(without(without(name, ".up"), ".down"));
}

std::vector<std::string> version_key(Framework framework, std::string_view version) {
  switch (framework) {
    case Framework::flyway:
      return flyway_key(version);
    case Framework::golang_migrate:
    case Framework::goose:
    case Framework::sqlx:
    case Framework::sql_migrate:
      return {all_digits(version) ? numeric(version) : "9999" + std::string(version)};
    case Framework::diesel: {
      std::string digits(version);
      digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
      return {digits};
    }
    case Framework::dbmate:
    case Framework::prisma:
      return {std::string(version)};
    case Framework::plain:
      return {plain_key(version)};
  }
  return {};
}

bool read_name(File& file) {
  const std::string name = named_piece(file.framework, file.path);
  const std::string last = path_components(file.path).back();
  switch (file.framework) {
    case Framework::flyway:
      return read_flyway(file, name);
    case Framework::golang_migrate:
      return read_numbered(file, name) && (ends_with(last, ".up.sql") || ends_with(last, ".down.sql"));
    case Framework::goose:
    case Framework::dbmate:
    case Framework::sqlx:
    case Framework::sql_migrate:
      return read_numbered(file, name);
    case Framework::diesel: {
      const auto underscore = name.find('_');
      file.version = name.substr(0, underscore);
      file.version.erase(std::remove(file.version.begin(), file.version.end(), '-'), file.version.end());
      file.description = underscore == std::string::npos ? "" : name.substr(underscore + 1);
      file.direction = last == "down.sql" ? Direction::down : Direction::up;
      file.order_key = {file.version, name};
      return last == "up.sql" || last == "down.sql";
    }
    case Framework::prisma: {
      auto [version, description] = split_numbered(name);
      file.version = std::move(version);
      file.description = std::move(description);
      file.order_key = {name};
      return last == "migration.sql";
    }
    case Framework::plain: {
      auto [version, description] = split_numbered(file.stem());
      file.version = std::move(version);
      file.description = std::move(description);
      if (ends_with(last, ".down.sql")) file.direction = Direction::down;
      for (const auto& piece : path_components(file.path)) file.order_key.push_back(plain_key(without(piece, ".sql")));
      return true;
    }
  }
  return false;
}

NewFile name_for_phase(const File& base, std::string_view phase, int ordinal) {
  const auto slash = base.path.rfind('/');
  std::string folder = slash == std::string::npos ? "" : base.path.substr(0, slash + 1);
  const std::string last = slash == std::string::npos ? base.path : base.path.substr(slash + 1);
  const std::string tail = base.description.empty() ? std::string(phase) : base.description + "_" + std::string(phase);
  switch (base.framework) {
    case Framework::flyway: {
      if (base.version.empty()) return {fmt::format("{}R__{}_{}_{}.sql", folder, base.description, ordinal, phase), ""};
      const bool bare = digit(last.front());
      const auto end = last.find("__");
      const std::string version = last.substr(bare ? 0 : 1, end - (bare ? 0 : 1));
      const char separator =
          version.find('_') != std::string::npos && version.find('.') == std::string::npos ? '_' : '.';
      const auto name = fmt::format("{}{}{}__{}.sql", version, separator, ordinal, tail);
      return {folder + (bare ? "" : "V") + name, folder + "U" + name};
    }
    case Framework::golang_migrate: {
      const auto name = fmt::format("{}{}_{}", folder, later(base.version, ordinal), tail);
      return {name + ".up.sql", name + ".down.sql"};
    }
    case Framework::sqlx: {
      const auto name = fmt::format("{}{}_{}", folder, later(base.version, ordinal), tail);
      const bool reversible = ends_with(last, ".up.sql");
      return {name + (reversible ? ".up.sql" : ".sql"), reversible ? name + ".down.sql" : ""};
    }
    case Framework::goose:
    case Framework::dbmate:
    case Framework::sql_migrate:
      return {fmt::format("{}{}_{}.sql", folder, later(base.version, ordinal), tail), ""};
    case Framework::diesel:
    case Framework::prisma: {
      const auto pieces = path_components(base.path);
      const auto& own = pieces.size() > 1 ? pieces[pieces.size() - 2] : pieces.back();
      folder.erase(folder.size() - std::min(folder.size(), own.size() + 1));
      std::string version = later(base.version, ordinal);
      if (own.size() > 13 && own[4] == '-' && own[7] == '-' && own[10] == '-' &&
          version.size() == 14) {  // 2024-01-31-120000
        version = fmt::format("{}-{}-{}-{}", version.substr(0, 4), version.substr(4, 2), version.substr(6, 2),
                              version.substr(8));
      }
      const auto path = fmt::format("{}{}_{}/", folder, version, tail);
      if (base.framework == Framework::prisma) return {path + "migration.sql", ""};
      return {path + "up.sql", path + "down.sql"};
    }
    case Framework::plain:
      break;
  }
  const auto name = fmt::format("{}{}_{}_{}", folder, base.stem(), ordinal, phase);
  return {name + ".sql", name + ".down.sql"};
}

}  // namespace bgdb::migration
