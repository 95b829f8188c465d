// A new database beside a live one, which takes its name in one transaction: for `bgdb restore` and for recycling a
// retired side. The live one is kept under another name.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

// A database that is dropped again unless it is kept.
class NewDatabase {
 public:
  // On the server of `dsn`; encoding, locale and owner as database `like` has them, when it is named.
  static Result<NewDatabase> create(const std::string& dsn, const std::string& name, const std::string& like);
  NewDatabase(NewDatabase&& other) noexcept
      : admin_(std::move(other.admin_)), dsn_(std::move(other.dsn_)), name_(std::exchange(other.name_, {})) {}
  NewDatabase& operator=(NewDatabase&&) = delete;
  ~NewDatabase();
  const std::string& dsn() const { return dsn_; }
  const std::string& name() const { return name_; }
  pg::Session& admin() { return admin_; }
  void keep() { name_.clear(); }

 private:
  NewDatabase(pg::Session admin, std::string dsn, std::string name)
      : admin_(std::move(admin)), dsn_(std::move(dsn)), name_(std::move(name)) {}
  pg::Session admin_;
  std::string dsn_;
  std::string name_;
};

// `fresh` takes the name of `database`, which becomes `kept_as`. Ends the connections of both. Failure: both have the
// names they had.
Result<void> exchange_databases(pg::Session& admin, const std::string& database, const std::string& kept_as,
                                NewDatabase& fresh);

// The database that `dsn` names takes connections again: an exchange that died may have closed it.
Result<void> reopen_database(const std::string& dsn);

// Of the two databases while they are exchanged: "orders_new_20261121021500" and "orders_before_20261121021500" (UTC).
struct ExchangeNames {
  std::string fresh;
  std::string kept_as;
};
Result<ExchangeNames> exchange_names(const std::string& dsn);

// "orders_new_...": what attempts that died have left on the server of `dsn`, this database's only.
Result<std::vector<std::string>> unfinished_databases(const std::string& dsn);

// An empty database takes the place of the one that `dsn` names. May be repeated with the same names after a crash:
// what an earlier attempt left half done is dropped.
Result<void> put_aside(const std::string& dsn, const ExchangeNames& names);

}  // namespace bgdb::clone
