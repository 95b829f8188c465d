#include "app/demo/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/ident.h"
#include "core/sql_file.h"
#include "core/units.h"

namespace bgdb::app::demo {
namespace {

const char* const kTables[] = {"customers", "products", "orders", "order_items", "accounts", "transfers"};

using core::format_count;

// Calls `each` with every line of COPY (query) TO STDOUT.
Result<void> for_each_line(pg::Session& session, const std::string& query,
                           const std::function<void(std::string_view)>& each) {
  std::string rest;
  BGDB_TRY(session.copy_out("copy (" + query + ") to stdout", [&](std::string_view chunk) -> Result<void> {
    rest += chunk;
    size_t start = 0;
    for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', start)) {
      each(std::string_view(rest).substr(start, end - start));
      start = end + 1;
    }
    rest.erase(0, start);
    return {};
  }));
  return {};
}

// One line per row, "key<TAB>digest", for every table as the new schema sees it.
std::string digest_query(const std::string& side, const std::string& table) {
  if (table == "customers") return std::string(core::sql_text("demo/read_customers_" + side + ".sql"));
  if (table == "orders") {
    return "select id, md5(row(id, customer_id, total_cents::bigint, status, ref, created_at)::text) from orders order "
           "by id";
  }
  return fmt::format("select id, md5(t::text) from {} t order by id", table);
}

struct WriteCounts {
  int64_t found = 0;
  int64_t lost = 0;
  int64_t duplicated = 0;
  int64_t strangers = 0;
  int64_t unknown_found = 0;
};

Result<WriteCounts> count_writes(pg::Session& active, const Ledger& ledger, const std::string& table) {
  static const std::set<std::string> kNone;
  const auto set_of = [&](const auto& refs) -> const std::set<std::string>& {
    const auto found = refs.find(table);
    return found == refs.end() ? kNone : found->second;
  };
  const auto& acknowledged = set_of(ledger.acknowledged);
  const auto& unknown = set_of(ledger.unknown);
  std::unordered_map<std::string, int> rows;
  BGDB_CHECK(for_each_line(active, fmt::format("select ref from {} where ref is not null", table),
                           [&](std::string_view ref) { ++rows[std::string(ref)]; }));
  WriteCounts counts;
  for (const auto& ref : acknowledged) ++(rows.contains(ref) ? counts.found : counts.lost);
  for (const auto& [ref, times] : rows) {
    counts.duplicated += times - 1;
    counts.unknown_found += unknown.contains(ref) ? 1 : 0;
    counts.strangers += acknowledged.contains(ref) || unknown.contains(ref) ? 0 : 1;
  }
  return counts;
}

Result<Check> check_emails(pg::Session& active, const Ledger& ledger) {
  const auto rows = BGDB_TRY(active.query(
      "select exists (select from pg_attribute where attrelid = 'customers'::regclass and attname = 'email')"));
  const std::string column = rows.text(0, 0) == "t" ? "email" : "email_address";
  int64_t right = 0;
  int64_t wrong = 0;
  BGDB_CHECK(for_each_line(active, fmt::format("select id, {} from customers", column), [&](std::string_view line) {
    const auto tab = line.find('\t');
    const auto changed = ledger.emails.find(std::stoll(std::string(line.substr(0, tab))));
    if (changed == ledger.emails.end()) return;
    const auto now = line.substr(tab + 1);
    const auto& allowed = changed->second;
    const bool fits = std::any_of(allowed.begin(), allowed.end(),
                                  [&](const std::string& email) { return email.empty() || email == now; });
    ++(fits ? right : wrong);
  }));
  const auto missing = static_cast<int64_t>(ledger.emails.size()) - right - wrong;
  return Check{.name = "last acknowledged change of each customer stands",
               .pass = wrong == 0 && missing == 0,
               .detail = fmt::format("{} customers changed, {} hold another value, {} missing",
                                     format_count(static_cast<int64_t>(ledger.emails.size())), wrong, missing)};
}

}  // namespace

Result<std::vector<Check>> check_writes(pg::Session& active, const Ledger& ledger) {
  WriteCounts all;
  for (const char* table : {"transfers", "orders", "customers"}) {
    const auto counts = BGDB_TRY(count_writes(active, ledger, table));
    all.found += counts.found;
    all.lost += counts.lost;
    all.duplicated += counts.duplicated;
    all.strangers += counts.strangers;
    all.unknown_found += counts.unknown_found;
  }
  std::vector<Check> checks;
  checks.push_back({.name = "no_loss: acknowledged writes found on the active side",
                    .pass = all.lost == 0 && all.found > 0,
                    .detail = fmt::format("{} acknowledged, {} lost", format_count(all.found + all.lost), all.lost)});
  checks.push_back(
      {.name = "no_duplicate: each of them exactly once",
       .pass = all.duplicated == 0 && all.strangers == 0,
       .detail = fmt::format("{} duplicated, {} that no client was told of; unknown outcomes {} ({} found)",
                             all.duplicated, all.strangers, ledger.unknown_count(), all.unknown_found)});
  checks.push_back(BGDB_TRY(check_emails(active, ledger)));
  return checks;
}

Result<std::vector<Check>> check_equal(pg::Session& blue, pg::Session& green) {
  for (auto* session : {&blue, &green}) BGDB_CHECK(session->execute("set timezone = 'UTC'"));
  std::vector<Check> checks;
  for (const std::string table : kTables) {
    std::vector<std::string> left;
    BGDB_CHECK(
        for_each_line(blue, digest_query("blue", table), [&](std::string_view line) { left.emplace_back(line); }));
    std::unordered_map<std::string, std::string> right;
    BGDB_CHECK(for_each_line(green, digest_query("green", table), [&](std::string_view line) {
      const auto tab = line.find('\t');
      right.emplace(line.substr(0, tab), line.substr(tab + 1));
    }));
    int64_t different = 0;
    int64_t missing = 0;
    const auto green_rows = static_cast<int64_t>(right.size());
    std::string example;
    for (const auto& line : left) {
      const auto tab = line.find('\t');
      const auto found = right.find(line.substr(0, tab));
      const bool same = found != right.end() && found->second == line.substr(tab + 1);
      if (!same) {
        ++(found == right.end() ? missing : different);
        if (example.empty()) example = fmt::format(", first: id {}", line.substr(0, tab));
      }
      if (found != right.end()) right.erase(found);
    }
    const auto extra = static_cast<int64_t>(right.size());
    if (extra > 0 && example.empty()) example = fmt::format(", first: id {} on green only", right.begin()->first);
    const bool equal = different == 0 && missing == 0 && extra == 0;
    checks.push_back({.name = fmt::format("converged: {} equal through the translation", table),
                      .pass = equal,
                      .detail = equal ? fmt::format("{} rows", format_count(green_rows))
                                      : fmt::format("{} differ, {} only on blue, {} only on green{}", different,
                                                    missing, extra, example)});
  }
  return checks;
}

Result<Check> check_balance(pg::Session& session, const std::string& side, int64_t expected_cents) {
  const auto sum = BGDB_TRY(session.scalar("select coalesce(sum(balance_cents), 0)::bigint from accounts"));
  return Check{
      .name = fmt::format("balance: sum of accounts on {}", side),
      .pass = sum == std::to_string(expected_cents),
      .detail = fmt::format("{} cents, {} expected", format_count(std::stoll(sum)), format_count(expected_cents))};
}

Result<Check> check_whole_orders(pg::Session& session, const std::string& side) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("demo/count_torn_orders.sql")));
  const auto torn = rows.integer(0, "torn_orders");
  const auto orphans = rows.integer(0, "orphan_items");
  return Check{.name = fmt::format("whole transactions: orders and their items on {}", side),
               .pass = torn == 0 && orphans == 0,
               .detail = fmt::format("{} orders, {} torn, {} items without an order",
                                     format_count(rows.integer(0, "orders")), torn, orphans)};
}

Result<Check> check_single_writer(pg::Session& blue, pg::Session& green, const std::vector<GuardedTime>& times) {
  int64_t found = 0;
  std::string where;
  for (const auto& time : times) {
    auto& session = time.side == "blue" ? blue : green;
    for (const std::string table : kTables) {
      const auto sql = core::sql_text("demo/count_client_rows.sql", {{"table", quote_ident(table)}});
      const auto count = BGDB_TRY(session.scalar(sql, {time.from, time.to.empty() ? "infinity" : time.to}));
      if (count == "0") continue;
      found += std::stoll(count);
      where += fmt::format(", {} in {} of {}", count, table, time.side);
    }
  }
  return Check{.name = "single_writer: rows that clients committed on a guarded side",
               .pass = found == 0 && !times.empty(),
               .detail = fmt::format("{} in {} guarded periods{}", found, times.size(), where)};
}

}  // namespace bgdb::app::demo
