// The body of a routine by its language.
#include <cctype>

#include "parse/parser.h"
#include "parse/scan.h"

namespace bgdb::parse {

ParsedBody parse_routine_body(std::string_view language, std::string_view body, const Constants& constants) {
  if (language == "plpgsql" || language.empty()) return parse_plpgsql(body, constants);
  ParsedBody out;
  if (language != "sql") {
    out.parsed = false;
    out.error = "the language " + std::string(language) + " is not read";
    return out;
  }
  // BEGIN ATOMIC ... END: only what stands between.
  std::string text(body);
  const Token begin = next_solid(text, 0);
  if (is_word(text, begin, "begin")) {
    const Token atomic = next_solid(text, begin.end);
    for (size_t i = begin.begin; i < atomic.end; ++i) text[i] = ' ';
    size_t end = text.size();
    while (end > 0 && std::isalpha(static_cast<unsigned char>(text[end - 1])) == 0) --end;
    if (end >= 3) text.replace(end - 3, 3, "   ");
  }
  out.statements = parse_sql(text).statements;
  out.circumstances.resize(out.statements.size());
  return out;
}

}  // namespace bgdb::parse
