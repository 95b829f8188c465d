// The whole lint path on any bytes: order and sections of a framework, recovery, replay, effects, rules, every
// reporter. Shared by the fuzz target and by the test that replays its corpus. An input is one or more files: its first
// byte picks the names of their framework, the byte 0x1e separates files; all but the last are history.
#pragma once

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "lint/linter.h"
#include "lint/report.h"
#include "schema/apply.h"

namespace bgdb::fuzz {

inline constexpr char kFileSeparator = '\x1e';

inline std::string lint_file_name(unsigned char framework, size_t number) {
  static constexpr std::array<const char*, 12> kNames = {"V{}__a.sql",
                                                         "00000{}_a.up.sql",
                                                         "2024010100000{}_a.sql",
                                                         "2024010100000{}_a/migration.sql",
                                                         "2024-01-01-00000{}_a/up.sql",
                                                         "{}_a.sql",
                                                         "000{}-a.sql",
                                                         "R__a{}.sql",
                                                         "committed/00000{}.sql",
                                                         "deploy/a{}.sql",
                                                         "db/structure{}.sql",
                                                         "{}.autocommit.up.sql"};
  std::string name = kNames[framework % kNames.size()];
  return name.replace(name.find("{}"), 2, std::to_string(number));
}

inline const lint::RuleBook& lint_rules() {
  static const auto kRules = lint::RuleBook::built_in();
  if (!kRules) std::abort();
  return *kRules;
}

// One of the reporters; which one is the input's choice, so that a run stays short.
inline void report_somewhere(const lint::FileReport& report, size_t choice) {
  lint::ReportOptions options;
  options.colour = true;
  std::ostringstream out;
  const auto& names = lint::format_names();
  choice %= names.size() + 2;
  if (choice == names.size()) return lint::explain_text(report, out, options);
  if (choice > names.size()) return lint::explain_json(report, out);
  const auto format = lint::format_from_string(names[choice]);
  if (!format) std::abort();
  const auto reporter = lint::make_reporter(*format, out, lint_rules(), options);
  reporter->file(report);
  reporter->finish({});
}

// What is parsed one by one is what is parsed at once.
inline void replay_both_ways(const migration::File& file, const std::string& text, schema::Replay& replay) {
  const auto whole = migration::load_text(file, text).up.statements;
  auto streamed = migration::load_text(file, text, 0);
  size_t at = 0;
  migration::each_statement(streamed, [&](const parse::Statement& statement) {
    if (at == whole.size() || statement.text != whole[at].text || statement.error != whole[at].error) std::abort();
    ++at;
    replay.apply(statement);
  });
  if (at != whole.size() || at != streamed.statement_count) std::abort();
  replay.end_of_file();
}

inline void lint_any_bytes(std::string_view data) {
  if (data.empty()) return;
  const auto framework = static_cast<unsigned char>(data.front());
  data.remove_prefix(1);
  std::vector<std::string> texts;
  for (size_t at = 0; texts.size() < 8;) {
    const auto end = texts.size() == 7 ? std::string_view::npos : data.find(kFileSeparator, at);
    texts.emplace_back(data.substr(at, end - at));
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  schema::Replay replay;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto name = lint_file_name(framework, i + 1);
    lint::Linter linter(lint_rules(), {}, {});
    const auto report = linter.lint_text(name, texts[i], replay.catalog());
    for (const auto& statement : report.statements) {
      if (statement.span.offset + statement.span.length > report.text.size()) std::abort();
    }
    report_somewhere(report, framework + texts[i].size());
    migration::File file;
    file.path = name;
    replay_both_ways(file, texts[i], replay);
  }
  lint::Linter alone(lint_rules(), {}, [&](const auto& report) { report_somewhere(report, texts.back().size()); });
  (void)alone.run_text(lint_file_name(framework, 1), texts.back());
}

}  // namespace bgdb::fuzz
