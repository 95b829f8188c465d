// Rules as data: rules/<id>.yaml says when an action is worth a finding and what to tell. Loading is strict: an unknown
// key, an unknown fact, a placeholder without a fact or a duplicate id is an error with file and line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lint/facts.h"

namespace bgdb::lint {

enum class Severity { off, info, warning, error };
std::string_view to_string(Severity value);
std::optional<Severity> severity_from_string(std::string_view text);

// What a rule is asked about.
enum class RuleScope { action, file };

class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool holds(const Facts& facts) const = 0;
};

struct RuleExample {
  std::string name;
  std::string before;  // schema in force before the release
  std::string sql;
  bool fires = true;  // expect: finding | silent
};

struct Rule {
  std::string id;
  std::string title;
  std::string section;  // locks | compatibility | transaction | hygiene | style
  Severity severity = Severity::warning;
  RuleScope scope = RuleScope::action;
  // Declared contract files are meant to break the old version: the finding becomes an info there.
  bool about_old_version = false;
  std::shared_ptr<const Condition> when;
  std::string message;
  std::string why;
  std::string instead;
  int since = 0;  // first and last server version it applies to; 0 = no bound
  int until = 0;
  std::string rewrite;
  std::vector<std::string> aliases;
  std::vector<RuleExample> examples;
  std::string file;

  bool applies(const Facts& facts, int server_version) const;
  std::string render(const Facts& facts) const;
};

// The id's of findings that are not written as rules: they come from the linter itself.
inline constexpr std::string_view kNotAnalysed = "not-analysed";
inline constexpr std::string_view kUnusedIgnore = "unused-ignore";
inline constexpr std::string_view kIgnoreWithoutReason = "ignore-without-reason";
inline constexpr std::string_view kUnreadableFile = "unreadable-file";

class RuleBook {
 public:
  // The rules that are built in.
  static Result<RuleBook> built_in();
  // Adds or overrides (by id) the rules of a folder.
  Result<void> add_folder(const std::string& folder);
  Result<void> add(const std::string& file, std::string_view yaml, bool may_override);

  const std::vector<Rule>& rules() const { return rules_; }
  const Rule* find(std::string_view id_or_alias) const;
  // "rule=severity"; error names the nearest rule.
  Result<void> set_severity(std::string_view id, Severity severity);

 private:
  std::vector<Rule> rules_;  // by id
};

// For conditions of rule files; in its own file.
}  // namespace bgdb::lint
