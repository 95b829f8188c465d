// Texts that code will have at run time without running it: what variables of a PL/pgSQL body may hold, and what the
// argument of EXECUTE can become. Private to parse/.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bgdb::parse {

class KnownText {
 public:
  // The texts that each variable may have.
  using Values = std::map<std::string, std::vector<std::string>>;
  explicit KnownText(Values values) : values_(std::move(values)) {}

  // `name` gets the value of an expression; `perhaps`: on some path only, so that old values stay possible.
  void assign(const std::string& name, std::string_view sql, bool perhaps);
  void forget(const std::string& name);
  // `name` takes each element of an array, or each row of a query, in turn.
  void loop_over_array(const std::string& name, std::string_view sql);
  void loop_over_query(const std::string& name, std::string_view sql);

  // Every text that the expression can have; empty when that is not known.
  std::vector<std::string> texts(std::string_view sql) const;
  // The statement that the expression becomes with '1' for every unknown part when all of them are literals (%L,
  // quote_literal); else with `unknown` where it is not known, when nothing that can stand there
  // makes it worse: a comment, a right that is given, statistics, all of a relation whose name is known. Else empty.
  std::string harmless_text(std::string_view sql) const;

 private:
  std::string with_literals(std::string_view sql) const;
  std::string filled(std::string_view sql, const std::string& unknown) const;
  std::vector<std::string> elements(std::string_view sql) const;

  Values values_;
  Values arrays_;
};

}  // namespace bgdb::parse
