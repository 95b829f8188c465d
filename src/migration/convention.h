// What a framework's rules are, as data: one row per framework in convention.cc. Internal to migration/.
#pragma once

#include <string_view>

#include "migration/migration.h"

namespace bgdb::migration {

// Which files the runner takes, and what of the name is the version.
enum class Naming {
  any,       // every *.sql, ordered by its path below the history's folder
  flyway,    // V1__x, U1__x, B1__x, R__x, 1__x
  numbered,  // digits, then the name; .up/.down when there are two files
  suffixed,  // the same, and .up/.down is required
  folder,    // <version>_x/up.sql or migration.sql
  listed     // a file says which and in which order
};

enum class Order {
  natural,   // digit runs as numbers
  integer,   // the leading number
  text,      // bytes of the name
  undashed,  // bytes of the version, dashes removed
  flyway,    // parts of the version as numbers, repeatables last
  listed     // as the listing has it
};

enum class Wrap {
  always,  // each file (each section, each changeset) in a transaction of its own
  script,  // no wrapper, but several statements sent as one script are one transaction
  flyway,  // a transaction unless all statements refuse one
  guess,   // nobody knows: a transaction unless the file says or needs otherwise
  never
};

enum class Style { none, goose, sql_migrate, dbmate, node_pg, liquibase, tern, any };

struct Convention {
  Framework framework;
  std::string_view name;
  Naming naming;
  Order order;
  Wrap wrap;
  Style style;
  bool unique_versions;  // the runner refuses or passes over a second file of one version
};

const Convention& convention(Framework framework);

}  // namespace bgdb::migration
