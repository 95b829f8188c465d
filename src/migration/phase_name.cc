// Names for the files of a rewrite: behind the original's place and before its successor's, in the framework's naming.
#include <fmt/format.h>

#include <ctime>

#include "core/text.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

// A rewrite has fewer files than this; so much room is asked for before the successor.
constexpr int kRoom = 20;

// The next number: 0099 -> 0100.
std::string next_number(std::string digits, int by) {
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
  return next_number(version, by);
}

// Room for a whole rewrite between the file and its successor, when versions count on.
bool has_room(const File& base) {
  return base.next_version.empty() ||
         version_key(base.framework, later(base.version, kRoom)) < version_key(base.framework, base.next_version);
}

// The version of the n-th file. Texts and dashless stamps can always be made longer. Between two integers there may be
// nothing: then the first file takes the original's place, and the others stand behind the last version.
std::string version_for(const File& base, int ordinal) {
  if (base.version.empty()) return fmt::format("{}", ordinal);
  if (has_room(base)) return later(base.version, ordinal);
  if (convention(base.framework).order != Order::integer) return fmt::format("{}{:02}", base.version, ordinal);
  return ordinal == 1 ? base.version : later(base.last_version, ordinal - 1);
}

// 2.4.0 -> 2.4.0.1; one more zero where the successor is 2.4.0.1 itself. Written with the separator of the original.
std::string flyway_version(const File& base, const std::string& written, int ordinal) {
  const char separator = written.find('_') != std::string::npos && written.find('.') == std::string::npos ? '_' : '.';
  std::string stem = written;
  for (int zeros = 0; zeros < 8; ++zeros) {
    const auto last = version_key(Framework::flyway, fmt::format("{}{}{}", stem, separator, kRoom));
    if (base.next_version.empty() || last < version_key(Framework::flyway, base.next_version)) break;
    stem += fmt::format("{}0", separator);
  }
  return fmt::format("{}{}{}", stem, separator, ordinal);
}

NewFile flyway_name(const File& base, const std::string& folder, const std::string& tail, std::string_view phase,
                    int ordinal) {
  if (base.version.empty()) return {fmt::format("{}R__{}_{}_{}.sql", folder, base.description, ordinal, phase), ""};
  const auto last = base_name(base.path);
  const size_t prefix = core::is_digit(last.front()) ? 0 : 1;
  const std::string written(last.substr(prefix, last.find("__") - prefix));
  const auto name = fmt::format("{}__{}.sql", flyway_version(base, written, ordinal), tail);
  return {folder + (prefix == 0 ? "" : "V") + name, folder + "U" + name};
}

// 2024-01-31-120000 where the original writes its version so.
NewFile folder_name(const File& base, const std::string& tail, int ordinal) {
  const auto own_path = parent_of(base.path);
  const auto own = base_name(own_path);
  const auto home = parent_of(own_path);
  std::string version = version_for(base, ordinal);
  const bool dashed = own.size() > 13 && own[4] == '-' && own[7] == '-' && own[10] == '-';
  if (dashed && version.size() >= 14) {
    version =
        fmt::format("{}-{}-{}-{}", version.substr(0, 4), version.substr(4, 2), version.substr(6, 2), version.substr(8));
  }
  const auto path = fmt::format("{}{}{}_{}/", home, home.empty() ? "" : "/", version, tail);
  if (base.framework == Framework::prisma) return {path + "migration.sql", ""};
  return {path + "up.sql", path + "down.sql"};
}

}  // namespace

NewFile name_for_phase(const File& base, std::string_view phase, int ordinal) {
  const auto above = parent_of(base.path);
  const std::string folder = base.path.find('/') == std::string::npos ? "" : std::string(above) + "/";
  const auto last = base_name(base.path);
  const std::string tail = base.description.empty() ? std::string(phase) : base.description + "_" + std::string(phase);
  switch (convention(base.framework).naming) {
    case Naming::flyway:
      return flyway_name(base, folder, tail, phase, ordinal);
    case Naming::folder:
      return folder_name(base, tail, ordinal);
    case Naming::numbered:
    case Naming::suffixed: {
      const char separator =
          last.find('_') == std::string_view::npos && last.find('-') != std::string_view::npos ? '-' : '_';
      const auto name = fmt::format("{}{}{}{}", folder, version_for(base, ordinal), separator, tail);
      const bool pair = ends_with(last, ".up.sql") || convention(base.framework).naming == Naming::suffixed;
      return {name + (pair ? ".up.sql" : ".sql"), pair ? name + ".down.sql" : ""};
    }
    case Naming::any:
    case Naming::listed:
      break;
  }
  // Numbers count on where they can: some runners refuse two files of one number.
  const bool counts = base.framework == Framework::plain && all_digits(base.version) && has_room(base);
  const auto name = counts ? fmt::format("{}_{}", version_for(base, ordinal), tail)
                           : fmt::format("{}_{}_{}", base.stem(), ordinal, phase);
  const auto style = convention(base.framework).style;
  if (base.framework == Framework::sqitch) {
    const auto deploy = base.path.rfind("deploy/");
    const auto root = deploy == std::string::npos ? folder : base.path.substr(0, deploy);
    return {root + "deploy/" + name + ".sql", root + "revert/" + name + ".sql"};
  }
  if (style == Style::sql_migrate) return {folder + name + ".sql", ""};
  return {folder + name + ".sql", folder + name + ".down.sql"};
}

}  // namespace bgdb::migration
