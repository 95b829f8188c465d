// Real servers for tests. A test program starts each server once; every test takes databases of its own.
#pragma once

#include <memory>
#include <string>

#include "pg/session.h"
#include "scratch/server.h"

namespace bgdb::test {

// The servers of this test program, started at first use, stopped at its end. Failing to start fails the test.
scratch::Workspace& workspace();
scratch::Postgres& server(const std::string& name = "one");

// A newer PostgreSQL than Debian's, which `./run setup` gets where npm is there; made readable for the server's user.
// Empty: there is none.
std::string newer_postgres_bin_dir();

// A new empty database on a server; its dsn. The name is unique in the program.
std::string fresh_database(const std::string& server_name = "one");
pg::Session connect(const std::string& dsn);

}  // namespace bgdb::test
