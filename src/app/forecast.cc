#include "app/forecast.h"

#include <fmt/format.h>

#include <algorithm>

#include "introspect/introspect.h"
#include "lint/linter.h"
#include "schema/apply.h"

namespace bgdb::app {

std::string lock_words(lint::LockMode mode) {
  std::string words;
  for (const char c : lint::to_string(mode)) {
    if (c >= 'A' && c <= 'Z' && !words.empty()) words += ' ';
    words += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return words.ends_with(" LOCK") ? words.substr(0, words.size() - 5) : words;
}

Result<std::vector<ForecastFile>> forecast(pg::Session& session, const migrate::MigrateReport& report) {
  const auto rules = BGDB_TRY(lint::RuleBook::built_in());
  schema::Replay replay(BGDB_TRY(introspect::read_catalog(session, {.code_and_rights = true})));
  lint::Options options;
  options.server_version = session.server_version() / 10000;
  std::vector<ForecastFile> files;
  for (const auto& file : report.files) {
    if (file.state != migrate::FileState::pending && file.state != migrate::FileState::ran) continue;
    options.framework = file.framework;
    lint::Linter linter(rules, options, [](const lint::FileReport&) {});
    files.push_back({file.file, linter.lint_text(file.path, file.text, replay.catalog())});
    std::vector<migration::Text> texts = {{file.path, file.text}};
    const auto set = migration::order(texts, file.framework);
    if (set.files.empty()) continue;
    for (const auto& statement : migration::load_text(set.files[0], file.text).up.statements) replay.apply(statement);
    replay.end_of_file();
  }
  return files;
}

std::string effects_text(const lint::EffectSet& effects) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const auto& lock : effects.locks) {
    if (lock.released && lock.mode >= lint::LockMode::share_update_exclusive)
      add(fmt::format("{} on {}", lock_words(lock.mode), lock.relation.display()));
  }
  const auto list = [&](const char* what, const std::vector<lint::RelationEffect>& relations) {
    for (const auto& relation : relations) {
      if (relation.released) add(what + relation.relation.display());
    }
  };
  list("rewrites ", effects.rewrites);
  list("reads all of ", effects.scans);
  list("builds an index of ", effects.index_builds);
  return text;
}

}  // namespace bgdb::app
