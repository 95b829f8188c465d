// Syntax of PostgreSQL 16 to 18 that the parser's own version does not know, said in words that it knows and that mean
// the same for readers, writers and locks:
//   c int GENERATED ALWAYS AS (e) VIRTUAL   (18; also without the word)  ->  c int            nothing is stored
//   ADD [CONSTRAINT n] NOT NULL c [NOT VALID]   (18)                     ->  ADD [CONSTRAINT n] CHECK (c IS NOT NULL)
//   .. ADD COLUMN c text STORAGE external   (16)                            ->  ADD COLUMN c text
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bgdb::parse {

// nullopt: nothing of that kind is in the statement. Only asked when the statement does not parse.
std::optional<std::string> in_older_words(std::string_view statement);

}  // namespace bgdb::parse
