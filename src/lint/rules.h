// Rules as data: rules/<id>.yaml says when an action is worth a finding and what to tell. Loading is strict: an unknown
// key, an unknown fact, a placeholder without a fact or a duplicate id is an error with file and line.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lint/advice.h"
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
  virtual bool holds(const FactView& facts) const = 0;
  // The only values of the fact "action" for which it can hold; null: any.
  virtual const std::vector<std::string>* actions() const { return nullptr; }
  // Facts without which it cannot hold.
  virtual FactSet needs() const { return {}; }
};

struct RuleExample {
  std::string name;
  std::string before;  // schema in force before the release
  std::string sql;
  bool fires = true;   // expect: finding | silent | clean
  bool clean = false;  // no rule that is on has a finding at warning or above
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
  FactSet needs;  // of `when`
  std::string message;
  struct Piece {  // of the message: a text, and the fact behind it; null: none
    std::string text;
    const KnownFact* fact = nullptr;
  };
  std::vector<Piece> pieces;
  std::string why;
  Advice instead;
  int since = 0;  // first and last server version it applies to; 0 = no bound
  int until = 0;
  std::string rewrite;
  std::vector<std::string> aliases;
  std::vector<RuleExample> examples;
  std::string file;

  bool applies(const FactView& facts, int server_version) const;
  std::string render(const FactView& facts) const;
};

// The id's of findings that are not written as rules: they come from the linter itself.
inline constexpr std::string_view kNotAnalysed = "not-analysed";
inline constexpr std::string_view kUnusedIgnore = "unused-ignore";
inline constexpr std::string_view kIgnoreWithoutReason = "ignore-without-reason";
inline constexpr std::string_view kUnreadableFile = "unreadable-file";
inline constexpr std::string_view kDuplicateVersion = "duplicate-version";

struct OwnRule {
  std::string_view id;
  std::string_view title;
  Severity severity;
};

class RuleBook {
 public:
  // The rules that are built in. Half of their text is examples, which judging does without.
  enum class Examples { read, leave_out };
  static Result<RuleBook> built_in(Examples examples = Examples::read);
  // Adds or overrides (by id) the rules of a folder.
  Result<void> add_folder(const std::string& folder);
  Result<void> add(const std::string& file, std::string_view yaml, bool may_override);

  const std::vector<Rule>& rules() const { return rules_; }
  // The rules of scope `action` that are on and that an action of this kind may fire: places in rules(), in order.
  struct Candidate {
    FactSet needs;  // of the rule, side by side with the others
    size_t place = 0;
  };
  const std::vector<Candidate>& about(std::string_view action) const;
  const std::vector<OwnRule>& own_rules() const { return own_rules_; }
  const Rule* find(std::string_view id_or_alias) const;
  Severity own_severity(std::string_view id) const;  // REQUIRES: one of own_rules()
  // Both errors name the nearest rule; ids of own_rules() count.
  Result<void> check_id(std::string_view id) const;
  Result<void> set_severity(std::string_view id, Severity severity);

 private:
  Result<void> put(const std::string& file, std::string_view yaml, bool may_override);
  void sort_by_action();

  std::vector<Rule> rules_;                                               // by id
  std::map<std::string, std::vector<Candidate>, std::less<>> by_action_;  // those that ask for any action as well
  std::vector<Candidate> any_action_;                                     // only those
  std::vector<OwnRule> own_rules_ = {
      {kNotAnalysed, "A statement that could not be read, or that runs SQL only the server will know",
       Severity::warning},
      {kUnreadableFile, "A file that cannot be read, is no text, or is written for another database", Severity::error},
      {kDuplicateVersion, "A version that an earlier file has already", Severity::warning},
      {kUnusedIgnore, "An ignore comment that silences nothing", Severity::warning},
      {kIgnoreWithoutReason, "An ignore comment without a reason; it has no effect", Severity::warning}};
};

// For conditions of rule files; in its own file.
}  // namespace bgdb::lint
