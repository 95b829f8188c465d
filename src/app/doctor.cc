#include "app/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/clone_wiring.h"
#include "app/engine.h"
#include "app/returned.h"
#include "doctor/doctor.h"
#include "pg/session.h"

namespace bgdb::app {
namespace {

// A pool in session mode keeps its servers until clients disconnect: a pause waits for them.
void check_pooler(const std::string& dsn, const std::string& database, clone::Findings& findings) {
  auto console = pg::Session::open({.dsn = dsn, .application_name = "bgdb doctor", .plain = true});
  auto databases = console ? console->script("SHOW DATABASES") : Result<pg::Rows>(console.error());
  auto settings = databases ? console->script("SHOW CONFIG") : Result<pg::Rows>(databases.error());
  if (!settings) {
    findings.fail(fmt::format("the admin console of a PgBouncer does not answer: {}", settings.error().message),
                  "correct traffic.admin_dsn; its user must be in admin_users");
    return;
  }
  std::string mode;
  for (size_t i = 0; i < settings->size(); ++i) {
    if (settings->text(i, "key") == "pool_mode") mode = settings->at(i, "value").value_or("");
  }
  bool found = false;
  for (size_t i = 0; i < databases->size(); ++i) {
    if (databases->text(i, "name") != database) continue;
    found = true;
    if (const auto& own = databases->at(i, "pool_mode"); own && !own->empty()) mode = *own;
  }
  if (!found) {
    findings.fail(fmt::format("{} has no pool named {}", console->host_display(), database),
                  "correct traffic.database, or add it to PgBouncer's databases");
  } else if (mode == "session") {
    findings.warn(fmt::format("pool {} is in session mode: a switch waits until its clients disconnect", database),
                  "pool_mode = transaction, or make clients connect anew");
  }
}

void check_one_writer(const Config& config, std::vector<clone::Finding>& all) {
  clone::Findings findings;
  findings.begin("one writer", "blue, green");
  const auto returned = find_returned(config);
  if (!returned) findings.fail(returned.error().message, returned.error().hint);
  if (returned && *returned) findings.fail((*returned)->text(), kReturnedHint);
  for (auto& finding : findings.take()) all.push_back(std::move(finding));
}

}  // namespace

Result<std::vector<clone::Finding>> examine(const Config& config) {
  auto all = BGDB_TRY(doctor::examine(clone_options(config)));
  check_one_writer(config, all);
  clone::Findings engine;
  engine.begin("engine", "links");
  engine.add(clone::FindingState::ok, {}, BGDB_TRY(engine_choice(config)), {});
  for (auto& finding : engine.take()) all.push_back(std::move(finding));
  if (config.traffic.driver == "pgbouncer") {
    clone::Findings findings;
    findings.begin("poolers", "traffic");
    for (const auto& dsn : config.traffic.admin_dsns) check_pooler(dsn, config.traffic.database, findings);
    for (auto& finding : findings.take()) all.push_back(std::move(finding));
  }
  return all;
}

bool any_failed(const std::vector<clone::Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const auto& finding) { return finding.state == clone::FindingState::fail; });
}

std::vector<FixOutcome> apply_fixes(const Config& config, const std::vector<clone::Finding>& findings) {
  std::vector<FixOutcome> outcomes;
  for (const auto& finding : findings) {
    if (!finding.fix) continue;
    const auto done = doctor::cure(clone_options(config), finding);
    outcomes.push_back({*finding.fix, done ? "" : done.error().message});
  }
  return outcomes;
}

Result<doctor::Grants> print_grants(const Config& config, const std::string& role) {
  return doctor::grants_for(clone_options(config), role);
}

}  // namespace bgdb::app
