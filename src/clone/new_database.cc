#include "clone/new_database.h"

#include <fmt/format.h>

#include "clone/sessions.h"
#include "core/ident.h"
#include "pg/conninfo.h"

namespace bgdb::clone {
namespace {

constexpr size_t kNamePart = 40;  // of the 63 bytes of a name; the rest says what became of it

Result<pg::Session> open_admin(const std::string& dsn, const char* what) {
  return open_side(BGDB_TRY(pg::with_database(dsn, "postgres")), what);
}

}  // namespace

Result<NewDatabase> NewDatabase::create(const std::string& dsn, const std::string& name, const std::string& like) {
  auto admin = BGDB_TRY(open_admin(dsn, "creating a database"));
  std::string options = " template template0";
  if (!like.empty()) {
    const auto rows =
        BGDB_TRY(admin.query("select pg_encoding_to_char(encoding) as encoding, datcollate, datctype, "
                             "pg_get_userbyid(datdba) as owner from pg_database where datname = $1",
                             {like}));
    if (!rows.empty()) {
      options += fmt::format(" encoding {} lc_collate {} lc_ctype {} owner {}", quote_literal(rows.text(0, "encoding")),
                             quote_literal(rows.text(0, "datcollate")), quote_literal(rows.text(0, "datctype")),
                             quote_ident(rows.text(0, "owner")));
    }
  }
  BGDB_CHECK(admin.execute("create database " + quote_ident(name) + options));
  return NewDatabase(std::move(admin), BGDB_TRY(pg::with_database(dsn, name)), name);
}

NewDatabase::~NewDatabase() {
  if (!name_.empty()) (void)admin_.execute("drop database if exists " + quote_ident(name_) + " with (force)");
}

Result<void> exchange_databases(pg::Session& admin, const std::string& database, const std::string& kept_as,
                                NewDatabase& fresh) {
  const std::string name = quote_ident(database);
  // Nobody comes in between. Both names change in one transaction, and the kept one is open again with it: a crash
  // leaves at most the old database closed under its own name.
  BGDB_CHECK(admin.execute(fmt::format("alter database {} with allow_connections false", name)));
  auto exchanged = [&]() -> Result<void> {
    BGDB_TRY(
        admin.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname in ($1, $2) and pid <> "
                    "pg_backend_pid()",
                    {database, fresh.name()}));
    auto transaction = BGDB_TRY(pg::Transaction::begin(admin));
    BGDB_CHECK(admin.execute(fmt::format("alter database {} rename to {}", name, quote_ident(kept_as))));
    BGDB_CHECK(admin.execute(fmt::format("alter database {} rename to {}", quote_ident(fresh.name()), name)));
    BGDB_CHECK(admin.execute(fmt::format("alter database {} with allow_connections true", quote_ident(kept_as))));
    return transaction.commit();
  }();
  if (exchanged) {
    fresh.keep();
  } else {
    (void)admin.execute(fmt::format("alter database {} with allow_connections true", name));
  }
  return exchanged;
}

Result<ExchangeNames> exchange_names(const std::string& dsn) {
  const auto start = BGDB_TRY(pg::endpoint_of(dsn)).database.substr(0, kNamePart);
  auto admin = BGDB_TRY(open_admin(dsn, "naming the databases"));
  const auto stamp = BGDB_TRY(admin.scalar("select to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDDHH24MISS')"));
  return ExchangeNames{start + "_new_" + stamp, start + "_before_" + stamp};
}

Result<std::vector<std::string>> unfinished_databases(const std::string& dsn) {
  const auto start = BGDB_TRY(pg::endpoint_of(dsn)).database.substr(0, kNamePart) + "_new_";
  auto admin = BGDB_TRY(open_admin(dsn, "looking for what is left over"));
  const auto rows = BGDB_TRY(admin.query(
      "select datname from pg_database where starts_with(datname, $1) and substr(datname, length($1) + 1) ~ "
      "'^[0-9]{14}$' order by 1",
      {start}));
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.size(); ++i) names.push_back(rows.text(i, 0));
  return names;
}

Result<void> reopen_database(const std::string& dsn) {
  const auto database = BGDB_TRY(pg::endpoint_of(dsn)).database;
  auto admin = BGDB_TRY(open_admin(dsn, "opening a database"));
  return admin.execute(fmt::format("alter database {} with allow_connections true", quote_ident(database)));
}

Result<void> put_aside(const std::string& dsn, const ExchangeNames& names) {
  const auto database = BGDB_TRY(pg::endpoint_of(dsn)).database;
  auto admin = BGDB_TRY(open_admin(dsn, "exchanging the databases"));
  BGDB_CHECK(admin.execute("drop database if exists " + quote_ident(names.fresh) + " with (force)"));
  auto fresh = BGDB_TRY(NewDatabase::create(dsn, names.fresh, database));
  return exchange_databases(admin, database, names.kept_as, fresh);
}

}  // namespace bgdb::clone
