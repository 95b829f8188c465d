#include "app/recycle.h"

#include <nlohmann/json.hpp>

#include "app/clone_wiring.h"
#include "app/release/book.h"
#include "clone/facts.h"
#include "clone/new_database.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

// On the side that serves, from before anything is put aside until the clone is complete: which side is worked on.
constexpr const char* kFact = "finalize.recycle";

struct Serving {
  std::string name;
  std::string other;
  pg::Session session;
};

Result<std::optional<Serving>> find_serving(const Config& config) {
  for (const std::string name : {"green", "blue"}) {
    // The other one may have no database for a moment.
    auto session = open_side_session(config, name, "bgdb finalize");
    if (!session) continue;
    const auto side = BGDB_TRY(journal::read_side(*session));
    if (!side || side->role != journal::Role::active) continue;
    return std::optional<Serving>({name, name == "blue" ? "green" : "blue", *std::move(session)});
  }
  return std::optional<Serving>();
}

// As the next release will see it: blue is the side that serves.
Config exchanged(const Config& config, const Serving& serving) {
  Config next = config;
  if (serving.name == "green") std::swap(next.blue_dsn, next.green_dsn);
  return next;
}

Result<bool> is_retired(const Config& next) {
  auto session = open_side_session(next, "green", "bgdb finalize");
  if (!session) {
    BGDB_CHECK(clone::reopen_database(next.green_dsn));
    session = open_side_session(next, "green", "bgdb finalize");
  }
  if (!session) return session.error();
  const auto side = BGDB_TRY(journal::read_side(*session));
  return side && side->role == journal::Role::retired;
}

}  // namespace

Result<bool> recycling(const Config& config) {
  auto serving = BGDB_TRY(find_serving(config));
  return serving && BGDB_TRY(read_release_fact(serving->session, kFact)).has_value();
}

Result<Recycled> recycle(const Config& config, core::Progress& progress) {
  auto serving = BGDB_TRY(find_serving(config));
  if (!serving) return fail(ErrorCode::refused, "no side serves: there is nothing to copy", "See \"bgdb status\".");
  Recycled outcome{.serving = serving->name, .side = serving->other, .kept_as = {}, .clone = {}};
  const auto next = exchanged(config, *serving);
  const bool begun = BGDB_TRY(read_release_fact(serving->session, kFact)).has_value();
  const bool retired = BGDB_TRY(is_retired(next));
  if (!begun && !retired) {
    return fail(ErrorCode::refused, outcome.side + " is not retired: it is not put aside",
                "Run \"bgdb finalize\" first; a copy that is complete already needs no second one.");
  }
  const nlohmann::json detail = {{"side", outcome.side}};
  if (!begun) BGDB_CHECK(write_release_fact(serving->session, kFact, detail.dump()));
  if (retired) {
    progress.stage("put aside");
    outcome.kept_as = BGDB_TRY(clone::put_aside(next.green_dsn));
    BGDB_TRY(journal::append(serving->session,
                             {.command = "finalize",
                              .step = "put aside",
                              .detail = nlohmann::json{{"side", outcome.side}, {"kept_as", outcome.kept_as}}.dump()}));
  }
  outcome.clone = BGDB_TRY(clone::run_clone(clone_options(next), progress));
  auto transaction = BGDB_TRY(pg::Transaction::begin(serving->session));
  BGDB_CHECK(serving->session.execute("delete from bgdb.fact where key = $1", {kFact}));
  BGDB_TRY(journal::append(serving->session, {.command = "finalize", .step = "recycled", .detail = detail.dump()}));
  BGDB_CHECK(transaction.commit());
  return outcome;
}

}  // namespace bgdb::app
