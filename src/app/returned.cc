#include "app/returned.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

struct BothSides {
  pg::Session blue;
  pg::Session green;
};

Result<pg::Session> open_side(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn,
                            .application_name = "bgdb sides",
                            .connect_timeout = milliseconds(3'000),
                            .settings = {{"statement_timeout", "10s"}, {"synchronous_commit", "on"}}});
}

std::optional<BothSides> open_both(const Config& config) {
  auto blue = open_side(config.blue_dsn);
  if (!blue) return std::nullopt;
  auto green = open_side(config.green_dsn);
  if (!green) return std::nullopt;
  return BothSides{*std::move(blue), *std::move(green)};
}

Result<std::optional<Returned>> judge(BothSides& sides) {
  const auto blue = BGDB_TRY(journal::read_side(sides.blue));
  const auto green = BGDB_TRY(journal::read_side(sides.green));
  const bool both = blue && green && blue->role == journal::Role::active && green->role == journal::Role::active;
  if (!both) return std::optional<Returned>();
  if (blue->epoch == green->epoch) {
    return fail(ErrorCode::refused,
                fmt::format("both sides say active with epoch {}: no switch ever wrote that", blue->epoch),
                "Stop the clients and find out who changed bgdb.side; \"bgdb journal\" on both sides tells more.");
  }
  if (green->epoch < blue->epoch) return std::optional<Returned>({"green", green->epoch, "blue", blue->epoch});
  return std::optional<Returned>({"blue", blue->epoch, "green", green->epoch});
}

}  // namespace

std::string Returned::text() const {
  return fmt::format("{} came back and still believes that it serves (epoch {}, {} serves with epoch {})", side, epoch,
                     serving, serving_epoch);
}

Result<std::optional<Returned>> find_returned(const Config& config) {
  auto sides = open_both(config);
  if (!sides) return std::optional<Returned>();
  return judge(*sides);
}

Result<std::optional<Returned>> retire_returned(const Config& config) {
  auto sides = open_both(config);
  if (!sides) return std::optional<Returned>();
  auto found = BGDB_TRY(judge(*sides));
  if (!found) return found;
  auto& session = found->side == "green" ? sides->green : sides->blue;
  auto& serving = found->side == "green" ? sides->blue : sides->green;
  const auto changed = BGDB_TRY(session.query(
      "update bgdb.side set role = 'retired', epoch = $1, since = clock_timestamp(), by = 'bgdb: came back'"
      " where role = 'active' and epoch = $2",
      {std::to_string(found->serving_epoch), std::to_string(found->epoch)}));
  if (changed.affected != 1) return std::optional<Returned>();  // somebody was faster
  const nlohmann::json detail = {{"side", found->side}, {"epoch", found->epoch}, {"serving", found->serving}};
  (void)journal::append(serving, {.command = "sync", .step = "a lost side came back: retired", .detail = detail.dump()})
      .has_value();
  return found;
}

}  // namespace bgdb::app
