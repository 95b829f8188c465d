// Two databases with a link between them, for the link's tests.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "journal/state.h"
#include "link/link.h"
#include "link/setup.h"
#include "replication/objects.h"
#include "support/check.h"
#include "support/servers.h"

namespace bgdb::test {

using namespace std::chrono_literals;

inline translate::ColumnRule rule(std::string target, std::string expression, std::vector<std::string> reads) {
  translate::ColumnRule rule;
  rule.target = std::move(target);
  rule.expression = std::move(expression);
  rule.reads = std::move(reads);
  return rule;
}

inline translate::TableMapping identity_mapping(const std::string& table, const std::vector<std::string>& columns,
                                                const std::vector<std::string>& key, const std::string& types) {
  translate::TableMapping mapping;
  mapping.source = mapping.target = {"public", table};
  std::string_view rest = types;
  for (const std::string& name : columns) {
    const std::string type(rest.substr(0, rest.find(' ')));
    rest = rest.find(' ') == std::string_view::npos ? "" : rest.substr(rest.find(' ') + 1);
    mapping.source_columns.push_back({name, type, type, false});
    mapping.columns.push_back(rule(name, quote_ident(name), {name}));
  }
  mapping.source_key = mapping.target_key = key;
  return mapping;
}

inline const std::string kAccounts =
    "create table accounts(id int primary key, balance bigint not null, note text, big text)";

inline translate::Mapping accounts_mapping() {
  return {{identity_mapping("accounts", {"id", "balance", "note", "big"}, {"id"}, "int4 int8 text text")}, {}};
}

struct World {
  std::string blue_dsn = fresh_database("blue");
  std::string green_dsn = fresh_database("green");
  pg::Session blue = connect(blue_dsn);
  pg::Session green = connect(green_dsn);
  std::string name;

  World(const std::string& blue_ddl, const std::string& green_ddl) {
    static int number = 0;
    name = fmt::format("w{}", ++number);
    CHECK_OK(blue.script(blue_ddl));
    CHECK_OK(green.script(green_ddl));
    CHECK_OK(journal::install_state(blue));
    CHECK_OK(journal::install_state(green));
  }
  ~World() {  // a slot left behind would keep later tests from dropping anything
    if (blue.alive()) (void)replication::drop_slot(blue, slot("forward"));
    if (green.alive()) (void)replication::drop_slot(green, slot("reverse"));
  }
  std::string slot(const std::string& link) const { return "bgdb_" + name + "_" + link; }
  link::LinkOptions options(const std::string& link) const {
    link::LinkOptions options;
    options.name = link;
    options.slot = slot(link);
    options.source_dsn = link == "forward" ? blue_dsn : green_dsn;
    options.target_dsn = link == "forward" ? green_dsn : blue_dsn;
    options.drop_origins = {slot(link == "forward" ? "reverse" : "forward")};
    return options;
  }
  void set_up(const std::string& link, const std::vector<QualifiedName>& tables) {
    auto& source = link == "forward" ? blue : green;
    auto& target = link == "forward" ? green : blue;
    const auto created = REQUIRE_OK(
        link::set_up_link({.dsn = options(link).source_dsn}, source, target, {link, slot(link)}, tables, false));
    CHECK(created.start_lsn.valid());
  }
  // Everything committed on the source so far is on the target now.
  Result<void> drained(const std::string& link) {
    static int number = 0;
    const std::string id = fmt::format("m{}-{}", ::getpid(), ++number);
    BGDB_TRY(link::emit_marker(link == "forward" ? blue : green, id));
    return link::wait_marker(link == "forward" ? green : blue, link, id, 60s);
  }
  std::string on_blue(const std::string& sql) { return REQUIRE_OK(blue.scalar(sql)); }
  std::string on_green(const std::string& sql) { return REQUIRE_OK(green.scalar(sql)); }
};

inline void wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 60s) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("the condition did not come true in time");
    std::this_thread::sleep_for(10ms);
  }
}

inline const std::string kDigest = "select coalesce(md5(string_agg(a::text, '|' order by id)), '') from accounts a";

}  // namespace bgdb::test
