// Which framework a tree of files belongs to, from names first and markers second.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "migration/naming.h"

namespace bgdb::migration {
namespace {

constexpr std::array<std::pair<Framework, std::string_view>, 9> kNames = {
    {{Framework::plain, "plain"},
     {Framework::flyway, "flyway"},
     {Framework::golang_migrate, "golang-migrate"},
     {Framework::goose, "goose"},
     {Framework::dbmate, "dbmate"},
     {Framework::diesel, "diesel"},
     {Framework::prisma, "prisma"},
     {Framework::sqlx, "sqlx"},
     {Framework::sql_migrate, "sql-migrate"}}};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// One file's vote. Names decide before contents: a name is what the framework itself looks at.
Framework vote(const Text& text) {
  const auto pieces = path_components(text.path);
  const std::string& name = pieces.back();
  if (pieces.size() > 1 && name == "migration.sql") return Framework::prisma;
  if (pieces.size() > 1 && (name == "up.sql" || name == "down.sql")) return Framework::diesel;
  if (name.rfind("R__", 0) == 0) return Framework::flyway;
  if (File file; name.size() > 1 && name.find("__") != std::string::npos) {
    file.path = text.path;
    file.framework = Framework::flyway;
    if (read_name(file)) return Framework::flyway;
  }
  const bool suffixed = ends_with(name, ".up.sql") || ends_with(name, ".down.sql");
  Framework found = suffixed ? Framework::golang_migrate : Framework::plain;
  bool first = true;
  each_line(text.text, [&](size_t, std::string_view line) {
    if (line.rfind("--", 0) != 0) {
      first = first && line.empty();
      return;
    }
    if (first && !marker_words(line, "no-transaction").empty()) found = Framework::sqlx;
    first = false;
    if (found != Framework::plain) return;
    const auto goose = marker_words(line, "+goose");
    const auto migrate = marker_words(line, "+migrate");
    if (goose.size() > 1 && (goose[1] == "up" || goose[1] == "down")) found = Framework::goose;
    if (migrate.size() > 1 && (migrate[1] == "up" || migrate[1] == "down")) found = Framework::sql_migrate;
    if (!marker_words(line, "migrate:up").empty() || !marker_words(line, "migrate:down").empty())
      found = Framework::dbmate;
  });
  return found;
}

}  // namespace

std::string_view to_string(Framework framework) {
  for (const auto& [value, name] : kNames) {
    if (value == framework) return name;
  }
  return "plain";
}

Result<Framework> framework_from_string(std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  std::string known;
  for (const auto& [value, text] : kNames) {
    if (text == wanted) return value;
    known += known.empty() ? "" : ", ";
    known += text;
  }
  return fail(ErrorCode::usage, fmt::format("unknown migration framework \"{}\"", name), "known: " + known);
}

// sql texts without any vote do not speak against a framework; sqlx marks only the files that need it, so one mark
// decides.
Framework detect(const std::vector<Text>& texts) {
  std::array<size_t, kNames.size()> votes{};
  for (const auto& text : texts) ++votes[static_cast<size_t>(vote(text))];
  votes[static_cast<size_t>(Framework::plain)] = 0;
  if (votes[static_cast<size_t>(Framework::sqlx)] > 0) {
    votes[static_cast<size_t>(Framework::sqlx)] += votes[static_cast<size_t>(Framework::golang_migrate)];
  }
  constexpr Framework kOrder[] = {Framework::prisma, Framework::diesel,        Framework::flyway,
                                  Framework::sqlx,   Framework::goose,         Framework::sql_migrate,
                                  Framework::dbmate, Framework::golang_migrate};
  Framework best = Framework::plain;
  for (const auto candidate : kOrder) {
    if (votes[static_cast<size_t>(candidate)] > votes[static_cast<size_t>(best)]) best = candidate;
  }
  return best;
}

std::vector<std::string> marker_words(std::string_view line, std::string_view prefix) {
  if (line.rfind("--", 0) != 0) return {};
  std::vector<std::string> words(1);
  for (const char c : line.substr(2)) {
    if (c == ' ' || c == '\t') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (words.back().empty()) words.pop_back();
  if (words.empty() || words.front() != prefix) return {};
  return words;
}

// "-- bgdb: phase=contract"
std::optional<std::string> find_declared_phase(std::string_view text) {
  std::optional<std::string> phase;
  if (text.find("bgdb:") == std::string_view::npos) return phase;
  each_line(text, [&](size_t, std::string_view line) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    for (const auto& word : marker_words(line, "bgdb:")) {
      if (word == "phase=expand" || word == "phase=backfill" || word == "phase=contract") phase = word.substr(6);
    }
  });
  return phase;
}

}  // namespace bgdb::migration
