// A draft -> ordered steps. Internal to rewrite/.
#pragma once

#include "rewrite/draft.h"

namespace bgdb::rewrite {

Plan assemble(Draft& draft);
// SQL that takes back a statement that passed through; "" when it changed no schema, a comment when nobody knows.
std::string undo_of_passed(const std::string& sql, const schema::Catalog& before);

}  // namespace bgdb::rewrite
