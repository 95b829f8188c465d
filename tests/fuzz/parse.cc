// Any bytes are a migration file: parsing them may find errors, never crash, and keeps every position inside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parse/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& statement : bgdb::parse::parse_sql(text).statements) {
    if (statement.span.offset + statement.span.length > size) std::abort();
  }
  (void)bgdb::parse::parse_plpgsql(text);
  return 0;
}
