#include "parse/dialect.h"

#include <algorithm>

#include "parse/scan.h"

namespace bgdb::parse {
namespace {

struct Sign {
  std::string_view dialect;
  std::string_view first;   // words that follow each other, in lower case
  std::string_view second;  // empty: one word is enough
};

// No sign is a word that PostgreSQL's own statements need; a column may be called so, but then the statement parses.
constexpr Sign kSigns[] = {
    {"MySQL", "auto_increment", ""},
    {"MySQL", "engine", "innodb"},
    {"MySQL", "unsigned", ""},
    {"MySQL", "mediumtext", ""},
    {"MySQL", "longtext", ""},
    {"MySQL", "tinyint", ""},
    {"MySQL", "modify", "column"},
    {"MySQL", "character", "set"},
    {"MySQL", "longblob", ""},
    {"SQLite", "autoincrement", ""},
    {"SQLite", "pragma", ""},
    {"SQLite", "without", "rowid"},
    {"SQLite", "strftime", ""},
    {"SQL Server", "nvarchar", ""},
    {"SQL Server", "datetime2", ""},
    {"SQL Server", "nonclustered", ""},
    {"SQL Server", "uniqueidentifier", ""},
    {"SQL Server", "dbo", ""},
    {"Oracle", "varchar2", ""},
    {"Oracle", "nvarchar2", ""},
    {"ClickHouse", "mergetree", ""},
    {"ClickHouse", "replacingmergetree", ""},
    {"ClickHouse", "lowcardinality", ""},
    {"ClickHouse", "datetime64", ""},
    {"ClickHouse", "engine", "replicatedmergetree"},
};

}  // namespace

std::string other_dialect(std::string_view statement) {
  constexpr size_t kEnough = 20000;  // bytes; a dialect shows itself early
  Token before;
  bool backticks = false;  // MySQL's, and those of tools that write SQLite and ClickHouse
  for (Token token = next_solid(statement, 0); token.kind != TokenKind::end && token.begin < kEnough;
       token = next_solid(statement, token.end)) {
    if (token.kind == TokenKind::symbol) {
      backticks = backticks || statement[token.begin] == '`';
      if (statement[token.begin] == '=') continue;  // ENGINE=InnoDB
    }
    if (token.kind != TokenKind::word) continue;
    for (const auto& sign : kSigns) {
      const bool found = sign.second.empty()
                             ? is_word(statement, token, sign.first)
                             : is_word(statement, before, sign.first) && is_word(statement, token, sign.second);
      if (found) return std::string(sign.dialect);
    }
    before = token;
  }
  return backticks ? "MySQL or SQLite" : "";
}

}  // namespace bgdb::parse
