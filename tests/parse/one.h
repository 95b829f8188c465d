// Shorthand of the parser's tests.
#pragma once

#include <string>
#include <string_view>

#include "parse/parser.h"
#include "support/check.h"

namespace bgdb::parse {

inline Statement one(std::string_view sql) {
  ParsedText text = parse_sql(sql);
  INFO(sql);
  REQUIRE(text.statements.size() == 1);
  INFO(text.statements[0].error);
  REQUIRE(text.statements[0].parsed);
  return std::move(text.statements[0]);
}

template <class T>
T one_as(std::string_view sql) {
  Statement statement = one(sql);
  INFO(sql);
  INFO(kind_name(statement.node));
  REQUIRE(std::holds_alternative<T>(statement.node));
  return std::get<T>(std::move(statement.node));
}

// The only command of an ALTER TABLE.
inline AlterCommand command(std::string_view sql) {
  AlterTable alter = one_as<AlterTable>(sql);
  REQUIRE(alter.commands.size() == 1);
  return std::move(alter.commands[0]);
}

inline Expr expression(std::string_view sql) {
  INFO(sql);
  return REQUIRE_OK(parse_expression(sql));
}

inline std::vector<std::string> displays(const std::vector<QualifiedName>& names) {
  std::vector<std::string> out;
  for (const QualifiedName& name : names) out.push_back(name.display());
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace bgdb::parse
