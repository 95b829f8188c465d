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

const ResTarget* only_target(const PgTree& tree) {
  if (!tree.ok() || tree.statements().size() != 1) return nullptr;
  const auto* raw = BGDB_AS(RawStmt, tree.statements()[0]);
  const auto* select = BGDB_AS(SelectStmt, raw->stmt);
  if (select == nullptr || Nodes(select->targetList).size() != 1) return nullptr;
  const bool more = select->fromClause != nullptr || select->whereClause != nullptr || select->groupClause != nullptr ||
                    select->havingClause != nullptr || select->windowClause != nullptr ||
                    select->sortClause != nullptr || select->limitCount != nullptr || select->limitOffset != nullptr ||
                    select->lockingClause != nullptr || select->intoClause != nullptr ||
                    select->distinctClause != nullptr || select->op != SETOP_NONE;
  const auto* target = BGDB_AS(ResTarget, Nodes(select->targetList)[0]);
  return more || target == nullptr || target->name != nullptr ? nullptr : target;
}

}  // namespace bgdb::parse
