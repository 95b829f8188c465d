#include "app/front_door.h"

#include <fmt/format.h>

#include "pg/deadline.h"
#include "pg/session.h"

namespace bgdb::app {

Result<DoorAnswer> ask_front_door(const std::string& dsn) {
  auto session = pg::Session::open({.dsn = dsn, .application_name = "bgdb front door", .plain = true});
  if (!session) return session.error().with_context("front door");
  auto rows =
      pg::script_within(*session, "select role, epoch::text as epoch from bgdb.side", std::chrono::milliseconds(3'000));
  if (!rows) return rows.error().with_context("front door");
  if (rows->empty()) return DoorAnswer{};
  return DoorAnswer{rows->text(0, "role"), std::strtoll(rows->text(0, "epoch").c_str(), nullptr, 10)};
}

Result<void> expect_front_door(const std::string& dsn, int64_t epoch) {
  const auto answer = BGDB_TRY(ask_front_door(dsn));
  if (answer.role == "active" && answer.epoch == epoch) return {};
  return fail(ErrorCode::timeout,
              fmt::format("the front door leads to a side that is {}, epoch {}; expected active, epoch {}",
                          answer.role.empty() ? "unknown" : answer.role, answer.epoch, epoch),
              "Does traffic.front_door_dsn go through the driver that was switched?");
}

}  // namespace bgdb::app
