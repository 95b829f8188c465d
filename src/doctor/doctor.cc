#include "doctor/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "clone/dump.h"
#include "clone/facts.h"
#include "clone/preflight.h"
#include "core/sql_file.h"
#include "doctor/side_checks.h"
#include "journal/state.h"

namespace bgdb::doctor {
namespace {

using clone::FindingState;

Result<pg::Session> open(const std::string& dsn, std::string_view side) {
  auto session = pg::Session::open({.dsn = dsn, .application_name = "bgdb doctor"});
  if (!session) return fail(session.error().with_context(side));
  return session;
}

bool only_before_a_clone(const clone::Finding& finding) {
  return finding.check == clone::kTargetEmpty || finding.check == clone::kFreeDisk || finding.check == clone::kSides ||
         finding.check == clone::kFreeSlots;
}

// The same name may mean other functions in another version.
Result<void> check_extensions(pg::Session& blue, pg::Session& green, clone::Findings& findings) {
  findings.begin("extension versions", "green");
  const auto of_blue = BGDB_TRY(blue.query(core::sql_text("doctor/list_extensions.sql")));
  const auto of_green = BGDB_TRY(green.query(core::sql_text("doctor/list_extensions.sql")));
  const bool superuser = BGDB_TRY(green.scalar("select rolsuper from pg_roles where rolname = current_user")) == "t";
  std::map<std::string, size_t> offered;
  for (size_t i = 0; i < of_green.size(); ++i) offered[of_green.text(i, "name")] = i;
  for (size_t i = 0; i < of_blue.size(); ++i) {
    const std::string &name = of_blue.text(i, "name"), &version = of_blue.text(i, "installed");
    const auto found = offered.find(name);
    if (version.empty() || found == offered.end()) continue;  // not offered at all: the clone's own check
    const std::string& installed = of_green.text(found->second, "installed");
    const std::string& would_be = installed.empty() ? of_green.text(found->second, "offered") : installed;
    if (installed.empty() && !superuser && !of_green.boolean(found->second, "trusted")) {
      findings.add(FindingState::fail, name, fmt::format("only a superuser may create extension {} on green", name),
                   fmt::format("on green, as a superuser: create extension {}", quote_ident(name)));
    }
    if (would_be == version) continue;
    findings.add(FindingState::warn, name,
                 fmt::format("extension {} is {} on blue, {} on green: its functions may answer otherwise", name,
                             version, would_be),
                 installed.empty() ? "" : fmt::format("on green: alter extension {} update", quote_ident(name)));
  }
  return {};
}

void check_pg_dump(const clone::Preflight& preflight, const clone::CloneOptions& options, clone::Findings& findings) {
  findings.begin("pg_dump", "here");
  if (!options.pg_dump.empty()) return;
  if (const auto found = clone::find_pg_dump(preflight.blue.version); !found) {
    findings.fail(found.error().message, found.error().hint);
  }
}

}  // namespace

Result<std::vector<clone::Finding>> examine(const clone::CloneOptions& options) {
  auto blue = BGDB_TRY(open(options.blue_dsn, "blue"));
  auto green = BGDB_TRY(open(options.green_dsn, "green"));
  auto preflight = BGDB_TRY(clone::inspect(blue, green, options));
  std::vector<clone::Finding> all = std::move(preflight.findings);
  const bool cloned =
      BGDB_TRY(journal::state_installed(green)) && BGDB_TRY(clone::read_facts(green)).stage != clone::Stage::none;
  if (cloned) std::erase_if(all, only_before_a_clone);
  clone::Findings findings;
  for (const SideToCheck& side :
       {SideToCheck{"blue", options.blue_dsn, &blue, options.takes_part, options.accepted_triggers},
        SideToCheck{"green", options.green_dsn, &green, options.takes_part, options.accepted_triggers}}) {
    BGDB_CHECK(check_stream(side, findings));
    BGDB_CHECK(check_rights(side, findings));
    BGDB_CHECK(check_tables(side, findings));
    BGDB_CHECK(check_settings(side, findings));
    BGDB_CHECK(check_server_state(side, findings));
    BGDB_CHECK(check_collations(side, findings));
  }
  BGDB_CHECK(check_extensions(blue, green, findings));
  if (!cloned) check_pg_dump(preflight, options, findings);
  for (auto& finding : findings.take()) all.push_back(std::move(finding));
  return all;
}

Result<void> cure(const clone::CloneOptions& options, const clone::Finding& finding) {
  const bool blue = finding.fix->side == "blue";
  auto session = BGDB_TRY(open(blue ? options.blue_dsn : options.green_dsn, finding.fix->side));
  BGDB_CHECK(session.execute("set lock_timeout = '2s'"));
  return session.execute(finding.fix->sql);
}

}  // namespace bgdb::doctor
