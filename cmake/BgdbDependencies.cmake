# Every foreign library, found once. Debian 12 package names stand in docs/decisions/ and in ./run setup.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)  # libpq only

# libpg_query: linked statically. The typed parse tree (pg_query_raw_parse) is read with PostgreSQL 15's own node headers.
find_library(PG_QUERY_LIBRARY NAMES libpg_query.a REQUIRED)
find_path(PG_SERVER_INCLUDE_DIR nodes/parsenodes.h PATHS /usr/include/postgresql/15/server REQUIRED NO_DEFAULT_PATH)
add_library(bgdb_pg_query INTERFACE)
target_link_libraries(bgdb_pg_query INTERFACE ${PG_QUERY_LIBRARY} Threads::Threads m)
target_include_directories(bgdb_pg_query SYSTEM INTERFACE ${PG_SERVER_INCLUDE_DIR})

add_library(bgdb_libpq INTERFACE)
target_include_directories(bgdb_libpq SYSTEM INTERFACE /usr/include/postgresql)
target_link_libraries(bgdb_libpq INTERFACE pq)

# cpp-httplib: Debian's is compiled with these, which are part of its class layout.
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY NAMES cpp-httplib REQUIRED)
add_library(bgdb_httplib INTERFACE)
target_compile_definitions(bgdb_httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
target_link_libraries(bgdb_httplib INTERFACE ${HTTPLIB_LIBRARY} OpenSSL::SSL OpenSSL::Crypto)

# The program's allocator where it is built for use (docs/decisions/013). Sanitizers bring their own.
if(CMAKE_BUILD_TYPE STREQUAL Release)
  find_library(JEMALLOC_LIBRARY NAMES libjemalloc_pic.a REQUIRED)
endif()
