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

struct Work {
  std::string side;
  clone::ExchangeNames names;
  bool put_aside = false;  // and journaled
};

std::string to_json(const Work& work) {
  return nlohmann::json{
      {"side", work.side}, {"fresh", work.names.fresh}, {"kept_as", work.names.kept_as}, {"put_aside", work.put_aside}}
      .dump();
}

Result<std::optional<Work>> read_work(pg::Session& serving) {
  const auto fact = BGDB_TRY(read_release_fact(serving, kFact));
  if (!fact) return std::optional<Work>();
  const auto value = nlohmann::json::parse(*fact);
  return std::optional<Work>({value.value("side", ""),
                              {value.value("fresh", ""), value.value("kept_as", "")},
                              value.value("put_aside", false)});
}

}  // namespace

Result<bool> recycling(const Config& config) {
  auto serving = BGDB_TRY(find_serving(config));
  return serving && BGDB_TRY(read_work(serving->session)).has_value();
}

Result<Recycled> recycle(const Config& config, core::Progress& progress) {
  auto serving = BGDB_TRY(find_serving(config));
  if (!serving) return fail(ErrorCode::refused, "no side serves: there is nothing to copy", "See \"bgdb status\".");
  const auto next = exchanged(config, *serving);
  auto work = BGDB_TRY(read_work(serving->session));
  const bool retired = BGDB_TRY(is_retired(next));
  if (!work && !retired) {
    return fail(ErrorCode::refused, serving->other + " is not retired: it is not put aside",
                "Run \"bgdb finalize\" first; a copy that is complete already needs no second one.");
  }
  if (!work) {
    work = Work{serving->other, BGDB_TRY(clone::exchange_names(next.green_dsn))};
    BGDB_CHECK(write_release_fact(serving->session, kFact, to_json(*work)));
  }
  if (retired) {
    progress.stage("put aside");
    BGDB_CHECK(clone::put_aside(next.green_dsn, work->names));
  }
  if (!work->put_aside) {
    work->put_aside = true;
    auto transaction = BGDB_TRY(pg::Transaction::begin(serving->session));
    BGDB_CHECK(write_release_fact(serving->session, kFact, to_json(*work)));
    BGDB_TRY(journal::append(serving->session, {.command = "finalize", .step = "put aside", .detail = to_json(*work)}));
    BGDB_CHECK(transaction.commit());
  }
  Recycled outcome{.serving = serving->name, .side = serving->other, .kept_as = work->names.kept_as, .clone = {}};
  outcome.clone = BGDB_TRY(clone::run_clone(clone_options(next), progress));
  auto transaction = BGDB_TRY(pg::Transaction::begin(serving->session));
  BGDB_CHECK(serving->session.execute("delete from bgdb.fact where key = $1", {kFact}));
  BGDB_TRY(journal::append(serving->session, {.command = "finalize", .step = "recycled", .detail = to_json(*work)}));
  BGDB_CHECK(transaction.commit());
  return outcome;
}

}  // namespace bgdb::app
