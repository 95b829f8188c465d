#include "gate/probe.h"

#include <algorithm>

#include "core/interrupt.h"

namespace bgdb::gate {

using Steady = std::chrono::steady_clock;

double ProbeFigures::at(double part) const {
  if (ms.empty()) return 0;
  auto sorted = ms;
  const auto place = sorted.begin() + static_cast<ptrdiff_t>(std::min(
                                          ms.size() - 1, static_cast<size_t>(part * static_cast<double>(ms.size()))));
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

double ProbeFigures::error_rate() const {
  const auto all = static_cast<double>(errors) + static_cast<double>(ms.size());
  return all == 0 ? 1 : static_cast<double>(errors) / all;
}

Result<pg::Session> open_probe(const Place& place, std::chrono::milliseconds limit) {
  return pg::Session::open({.dsn = place.dsn,
                            .application_name = "bgdb gate",
                            .settings = {{"statement_timeout", std::to_string(limit.count() + 1'000)},
                                         {"default_transaction_read_only", "on"}}});
}

void ask_timed(pg::Session& session, const std::string& query, ProbeFigures& figures) {
  const auto began = Steady::now();
  auto transaction = session.begin("read only");
  auto rows = transaction ? session.query(query) : Result<pg::Rows>(transaction.error());
  (void)session.rollback();
  if (rows) {
    figures.ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - began).count());
  } else if (figures.errors++ == 0) {
    figures.error = rows.error().message;
  }
}

ProbeFigures probe(const Place& place, const std::vector<std::string>& queries, std::chrono::milliseconds duration) {
  ProbeFigures figures;
  auto session = open_probe(place, duration);
  if (!session) {
    figures.errors = 1;
    figures.error = session.error().message;
    return figures;
  }
  const auto until = Steady::now() + duration;
  for (size_t i = 0; (i < queries.size() || Steady::now() < until) && !core::interrupted(); ++i) {
    ask_timed(*session, queries[i % queries.size()], figures);
    if (session->alive()) continue;
    ++figures.errors;
    break;
  }
  return figures;
}

}  // namespace bgdb::gate
