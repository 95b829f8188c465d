// Text -> statements. One bad token loses one statement, never the file: the whole text is parsed first; when that
// fails it is split by the scanner and each piece is parsed alone. psql meta-commands, COPY ... FROM stdin data and
// placeholders
// ({{ }}, ${}, :name, $%..%$) are neutralised byte for byte, so positions stay true.
// Pure and thread-safe; no state between calls.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "parse/ast.h"

namespace bgdb::parse {

// 1-based lines and columns (columns count bytes); offset and length in bytes of the original text. end_* is the
// position just behind the last character.
struct Span {
  size_t offset = 0;
  size_t length = 0;
  int line = 1, column = 1, end_line = 1, end_column = 1;
};

struct Statement {
  Span span;         // from the first token to the last, without the semicolon
  std::string text;  // the original text of the span
  Node node;         // Other{} when not parsed
  bool parsed = true;
  std::string error;             // when not parsed: PostgreSQL's message
  Span error_span;               // where it points to
  bool has_placeholder = false;  // something inside was neutralised: names in it may be wrong
};

struct CommentText {
  Span span;
  std::string text;  // without -- or /* */, trimmed
  bool line = true;
  bool own_line = true;  // nothing but blanks before it on its line
};

struct ParsedText {
  std::vector<Statement> statements;
  std::vector<CommentText> comments;
  struct Skipped {  // meta-commands and COPY data that were passed over
    Span span;
    std::string what;  // "psql command", "COPY data"
  };
  std::vector<Skipped> skipped;
};

struct ParseOptions {
  size_t first_line = 1;  // line number of the text's first line (for sections of a file)
  size_t first_offset = 0;
  std::string_view delimiter{};  // ends a statement beside the semicolon: "/", "GO", "//"
  // Takes the statements in order, one by one, and ParsedText holds none: for texts whose statements need too much
  // memory.
  std::function<void(Statement)> each{};
  bool skim = false;  // nobody looks into SELECT, INSERT, UPDATE and DELETE: they are empty queries
};

ParsedText parse_sql(std::string_view text, const ParseOptions& options = {});

// PL/pgSQL: the SQL statements inside a body (DO block or function), and EXECUTE of literals, each parsed, with spans
// relative to `body`. `dynamic` lists EXECUTEs whose text cannot be known.
struct ParsedBody {
  std::vector<Statement> statements;
  struct Guard {
    size_t condition = 0;  // into `conditions`
    bool outcome = true;   // false: the ELSE side
  };
  struct Circumstance {           // when a statement runs
    std::vector<Guard> guards{};  // IFs around it
    int block = -1;               // innermost BEGIN ... END, into `blocks`
    bool handler = false;         // behind EXCEPTION WHEN
  };
  struct Block {
    int outer = -1;
    bool catches_duplicates = false;  // EXCEPTION WHEN duplicate_object, OTHERS ...
  };
  std::vector<Circumstance> circumstances;  // one for each statement
  std::vector<Block> blocks;
  std::vector<std::string> conditions;  // of IF and ELSIF, as SQL
  std::vector<Span> dynamic;
  bool raises = false;  // RAISE EXCEPTION somewhere
  bool parsed = true;
  std::string error;
};
// Variables (arguments, "$1") whose text is known, with every value that they may have.
using Constants = std::map<std::string, std::vector<std::string>>;
ParsedBody parse_plpgsql(std::string_view body, const Constants& constants = {});
// By language: plpgsql, or sql (BEGIN ATOMIC, too). Others are not parsed.
ParsedBody parse_routine_body(std::string_view language, std::string_view body, const Constants& constants = {});

// Pieces for other subsystems (mapping.yml, rules).
Result<Expr> parse_expression(std::string_view sql);
Result<TypeName> parse_type(std::string_view sql);

}  // namespace bgdb::parse
