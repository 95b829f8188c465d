// The statements of a body in their order, each judged with the schema that the ones before it left. Internal to lint/.
#pragma once

#include <optional>
#include <string>

#include "lint/effects.h"
#include "lint/release.h"
#include "schema/apply.h"
#include "schema/code.h"

namespace bgdb::lint {

// `each(statement, effects)`. `operation`: of a trigger, what TG_OP says.
template <class Each>
void effects_inside(const schema::Catalog& before, Context context, const parse::ParsedBody& body,
                    const std::string& operation, Each each) {
  auto catalog = before;
  ++context.call_depth;
  std::optional<Release> release;  // what the body has made so far is born, too
  if (context.release != nullptr) context.release = &release.emplace(*context.release);
  if (release && !body.dynamic.empty()) release->note_unseen();
  std::optional<TransactionFacts> facts;  // so are its locks and labels
  if (context.transaction != nullptr) context.transaction = &facts.emplace(*context.transaction);
  schema::BodyWalk walk(body, operation);
  for (size_t i = 0; i < body.statements.size(); ++i) {
    const auto& statement = body.statements[i];
    if (!walk.runs(i, catalog)) continue;
    auto effects = effects_of(statement, catalog, context);
    if (release && effects.dynamic_sql) release->note_unseen();
    if (facts) facts->note(effects, statement, catalog);
    each(statement, std::move(effects));
    if (release && statement.parsed) release->note(statement, catalog);
    if (!schema::apply_in_code(catalog, statement).collided) continue;
    if (const auto* entered = walk.caught(i)) catalog = *entered;
  }
}

}  // namespace bgdb::lint
