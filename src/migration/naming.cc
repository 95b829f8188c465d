#include "migration/naming.h"

#include <fmt/format.h>

#include "core/text.h"

namespace bgdb::migration {
namespace {

// "12_add_users" -> "12", "add_users"; also with - # or . behind the digits. Empty version when there are no digits.
std::pair<std::string, std::string> split_numbered(std::string_view stem) {
  const auto end = std::find_if_not(stem.begin(), stem.end(), core::is_digit);
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

// Digits at the front that read as one version: "1.10", "03.00.00_01", "v1.9".
size_t version_end(std::string_view name, size_t at) {
  for (;;) {
    while (at < name.size() && core::is_digit(name[at])) ++at;
    const bool more =
        at + 1 < name.size() && (name[at] == '.' || name[at] == '_' || name[at] == '-') && core::is_digit(name[at + 1]);
    if (!more) return at;
    ++at;
  }
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
      std::all_of(version.begin(), version.end(), [](char c) { return core::is_digit(c) || c == '.' || c == '_'; });
  if (!valid || !core::is_digit(version.front()) || !core::is_digit(version.back())) return false;
  file.version = version;
  std::replace(file.version.begin(), file.version.end(), '_', '.');
  file.description = rest.substr(separator + 2);
  file.direction = prefix == 'U' ? Direction::undo : prefix == 'B' ? Direction::baseline : Direction::up;
  file.order_key = {"0"};
  for (auto& part : flyway_key(file.version)) file.order_key.push_back(std::move(part));
  return true;
}

// The name without what says direction, transaction and dialect: "1_a.postgres.autocommit.up.sql" -> "1_a".
std::string_view bare_stem(File& file, std::string_view name) {
  const size_t digits = name.find_first_not_of("0123456789");  // Postgrator: 012.do.x.sql, 012.undo.x.sql
  if (digits > 0 && digits != std::string_view::npos && name.substr(digits).rfind(".undo.", 0) == 0)
    file.direction = Direction::down;
  name = without(without(without(name, ".postgres"), ".sql"), ".pgsql");
  for (const std::string_view down : {".down", ".undo", ".rollback", ".revert"}) {
    if (!ends_with(name, down)) continue;
    file.direction = Direction::down;
    name = without(name, down);
  }
  name = without(name, ".up");
  if (ends_with(name, ".autocommit")) file.no_transaction = true;
  name = without(name, ".autocommit");
  for (const std::string_view dialect : {".postgres", ".postgresql", ".pg"}) name = without(name, dialect);
  return name;
}

bool read_numbered(File& file, std::string_view name) {
  auto [version, description] = split_numbered(bare_stem(file, name));
  file.version = std::move(version);
  file.description = std::move(description);
  if (convention(file.framework).order == Order::integer) {
    file.order_key = {numeric(file.version), file.description};
  } else {
    file.order_key = {std::string(name)};
  }
  return !file.version.empty();
}

// Runners that take every file: the path below the folder orders them.
bool read_any(File& file, std::string_view below) {
  const bool graphile = file.framework == Framework::graphile;  // runs these and no others, except what .gmrc names
  const bool runs = !graphile || below.rfind("committed/", 0) == 0 || below.rfind("current", 0) == 0;
  const auto stem = bare_stem(file, base_name(below));
  const size_t start = stem.size() > 1 && core::lower(stem[0]) == 'v' && core::is_digit(stem[1]) ? 1 : 0;
  const size_t end = version_end(stem, start);
  // 0001_2_x: only parts with a dot are one version.
  const auto digits = static_cast<size_t>(std::find_if(stem.begin() + static_cast<std::ptrdiff_t>(start),
                                                       stem.begin() + static_cast<std::ptrdiff_t>(end),
                                                       [](char c) { return c == '_' || c == '-'; }) -
                                          stem.begin());
  file.version = end == start ? "" : stem.substr(start, digits - start);
  file.description = stem.substr(file.version.empty() ? 0 : digits);
  while (!file.version.empty() && !file.description.empty() &&
         std::string_view("_-#.").find(file.description[0]) != std::string_view::npos)
    file.description.erase(0, 1);
  const auto pieces = path_components(below);
  // v1.10/a.sql: the folder is the version.
  if (pieces.size() > 1 && is_versioned(pieces[0]) && convention(file.framework).order != Order::integer) {
    const size_t from = core::is_digit(pieces[0][0]) ? 0 : 1;
    file.version = pieces[0].substr(from, version_end(pieces[0], from) - from);
    file.description = stem;
  }
  if (convention(file.framework).order == Order::integer) {
    file.order_key = {file.version.empty() ? "x" : "n" + numeric(split_numbered(stem).first), std::string(below)};
    return true;
  }
  file.order_key.clear();
  for (const auto& piece : pieces) file.order_key.push_back(natural_key(without(piece, ".sql")));
  return runs;
}

bool read_folder(File& file, std::string_view below) {
  const std::string name = named_piece(file.framework, below);
  const auto last = base_name(below);
  if (file.framework == Framework::prisma) {
    auto [version, description] = split_numbered(name);
    file.version = std::move(version);
    file.description = std::move(description);
    file.order_key = {name};
    return last == "migration.sql";
  }
  const auto underscore = name.find('_');
  file.version = name.substr(0, underscore);
  file.version.erase(std::remove(file.version.begin(), file.version.end(), '-'), file.version.end());
  file.description = underscore == std::string::npos ? "" : name.substr(underscore + 1);
  file.direction = last == "down.sql" ? Direction::down : Direction::up;
  // Diesel's own names have an underscore behind the version and compare as text; "2-x" and "10-x" are another
  // runner's.
  if (underscore != std::string::npos && all_digits(file.version)) {
    file.order_key = {file.version, name};
  } else {
    file.version = split_numbered(name).first;
    file.order_key = {natural_key(name)};
  }
  return last == "up.sql" || last == "down.sql";
}

}  // namespace

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), core::is_digit);
}

std::string_view without(std::string_view text, std::string_view end) {
  if (ends_with(text, end)) text.remove_suffix(end.size());
  return text;
}

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

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string named_piece(Framework framework, std::string_view path) {
  const auto folder = parent_of(path);
  return std::string(folder_is_name(framework) && !folder.empty() ? base_name(folder) : base_name(path));
}

bool is_versioned(std::string_view name) {
  return !name.empty() &&
         (core::is_digit(name[0]) || (name.size() > 1 && core::lower(name[0]) == 'v' && core::is_digit(name[1])));
}

// Leading zeros off, then the length in front.
std::string numeric(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return fmt::format("{:04}{}", digits.size(), digits);
}

// "n" and "t" sort behind the separators, so that 1 comes before 1.1, and numbers before stamps.
std::string natural_key(std::string_view name) {
  std::string key;
  const size_t start = is_versioned(name) && !core::is_digit(name[0]) ? 1 : 0;
  const size_t version = is_versioned(name) ? version_end(name, start) : 0;
  if (version == 0) key = "x";
  for (size_t at = start; at < name.size();) {
    if (!core::is_digit(name[at])) {
      if (at >= version) key += name[at];
      ++at;
      continue;
    }
    size_t end = at;
    while (end < name.size() && core::is_digit(name[end])) ++end;
    const auto digits = name.substr(at, end - at);
    const bool number = digits.size() < 8;
    if (at < version) key += number ? 'n' : 't';
    key += number ? numeric(digits) : std::string(digits);
    at = end;
  }
  return key;
}

std::string File::stem() const {
  const std::string piece = named_piece(framework, path);
  File scratch;
  return std::string(bare_stem(scratch, piece));
}

std::vector<std::string> version_key(Framework framework, std::string_view version) {
  switch (convention(framework).order) {
    case Order::flyway:
      return flyway_key(version);
    case Order::integer:
      return {all_digits(version) ? numeric(version) : "9999" + std::string(version)};
    case Order::undashed: {
      std::string digits(version);
      digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
      return {digits};
    }
    case Order::text:
    case Order::listed:
      return {std::string(version)};
    case Order::natural:
      return {natural_key(version)};
  }
  return {};
}

bool read_name(File& file, std::string_view below) {
  const auto name = base_name(below);
  switch (convention(file.framework).naming) {
    case Naming::flyway:
      return read_flyway(file, name);
    case Naming::numbered:
      return read_numbered(file, name);
    case Naming::suffixed:
      return read_numbered(file, name) && (ends_with(name, ".up.sql") || ends_with(name, ".down.sql"));
    case Naming::folder:
      return read_folder(file, below);
    case Naming::any:
    case Naming::listed:
      return read_any(file, below);
  }
  return false;
}

}  // namespace bgdb::migration
