#include "parse/pg_parse.h"

#include <cstdlib>

namespace bgdb::parse {

PgTree::PgTree(const std::string& text)
    : text_(text), memory_(pg_query_enter_memory_context()), result_(pg_query_raw_parse(text.c_str())) {}

PgTree::~PgTree() {
  if (result_.error != nullptr) pg_query_free_error(result_.error);
  std::free(result_.stderr_buffer);
  pg_query_exit_memory_context(memory_);
}

size_t PgTree::error_offset() const {
  if (ok() || result_.error->cursorpos <= 0) return text_.size();
  // PostgreSQL counts characters from 1.
  int characters = result_.error->cursorpos - 1;
  size_t offset = 0;
  while (characters > 0 && offset < text_.size()) {
    const auto lead = static_cast<unsigned char>(text_[offset]);
    offset += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    --characters;
  }
  return offset < text_.size() ? offset : text_.size();
}

}  // namespace bgdb::parse
