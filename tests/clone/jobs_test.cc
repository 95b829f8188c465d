#include "clone/jobs.h"

#include "support/check.h"

using namespace bgdb;
using namespace bgdb::clone;

namespace {

TablePlan table(const std::string& name, int64_t bytes) {
  TablePlan plan;
  plan.name = {"public", name};
  plan.bytes = bytes;
  plan.pages = bytes / 8192;
  return plan;
}

}  // namespace

TEST_CASE("a large table is a job of its own and arrives frozen, small ones go together") {
  std::vector<TablePlan> tables = {table("large", 1 << 30), table("middle", 9 << 20)};
  for (int i = 0; i < 250; ++i) tables.push_back(table("small" + std::to_string(i), 8192));
  const auto jobs = deal(tables, 2, 0);
  REQUIRE(jobs.size() == 5);
  CHECK((jobs[0].freeze && jobs[0].tables.size() == 1));
  CHECK((jobs[1].freeze && jobs[1].tables[0]->name.name == "middle"));
  CHECK((!jobs[2].freeze && jobs[2].tables.size() == 100));
  CHECK(jobs[4].tables.size() == 50);
}

TEST_CASE("small tables that are not so small fill a job by their bytes") {
  std::vector<TablePlan> tables;
  for (int i = 0; i < 6; ++i) tables.push_back(table("t" + std::to_string(i), 7 << 20));
  CHECK(deal(tables, 2, 0).size() == 3);
}

TEST_CASE("parts of a table are all of its pages, the last one without an end") {
  const std::vector<TablePlan> tables = {table("huge", (int64_t{10} << 30) + 8192 * 3)};
  const auto jobs = deal(tables, 4, 1 << 30);
  REQUIRE(jobs.size() == 8);  // two for each worker, however large
  int64_t next = 0;
  for (const auto& job : jobs) {
    CHECK(job.parts == 8);
    CHECK_FALSE(job.freeze);
    CHECK(job.first_page == next);
    next = job.end_page;
  }
  CHECK(next == -1);
  CHECK(deal(tables, 1, 1 << 30).size() == 1);  // nobody to do them side by side
}
