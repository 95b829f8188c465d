#include "app/init.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bgdb::app {
namespace {

constexpr std::string_view kConfig =
    R"yml(# bgdb: one release, from the old database (blue) to the migrated one (green) and back.
# Sizes and durations carry units (64MiB, 300ms, 48h). Unknown keys are errors. Relative paths start at this file.

# Becomes part of the names of slots and publications: a-z, 0-9 and _.
name: shop

# Connection strings as libpq understands them. Passwords belong into a passfile or service file, not here.
# wal_level = logical is needed on both servers.
blue: { dsn: "host=blue.internal dbname=shop user=bgdb" }
green: { dsn: "host=green.internal dbname=shop user=bgdb" }

# parallel: two databases and a switch. shared: one database (blue), both versions on it: expand, backfill, contract.
strategy: parallel

# Tables that take part. Each needs a primary key or a REPLICA IDENTITY.
tables:
  include: ["*.*"] # the rows of all other tables stay on blue
  exclude: []

# The migrations that lead from blue's schema to green's; `baseline` is the last version that blue has.
migrations:
  dir: migrations
  framework: auto # plain, flyway, golang-migrate, goose, dbmate, diesel, prisma, sqlx, sql-migrate
  # baseline: V2.3.0
  # placeholders: { schema: shop }    # ${schema} and {{schema}} in migrations
  # old_version: "shop-2.3*"          # shared: application_name of the version that contract retires
  # quiet_for: 1h                     # shared: contract waits that long behind `bgdb migrate --retire`

# What cannot be derived from the migrations: split and merged columns, losses accepted in writing.
mapping: mapping.yml

link:
  engine: auto
  batch_rows_max: 5000
  queue_bytes_max: 64MiB
  # accepted_triggers: [public.orders.stamp]   # ENABLE ALWAYS, and only computes columns of its own row

# What must hold before traffic moves. A gate that cannot be evaluated holds the switch.
gates:
  lag_bytes_max: 1MiB
  lag_ms_max: 500
  drain_ms_max: 1000
  stable_for: 5s
  long_transaction_max: 5s
  soak_min: 0s # how long green must have been in step
  # verify_within: 24h # `bgdb verify` found both sides equal, not longer ago than that
  health:
    - { kind: sql, on: green, query: "select 1", timeout: 2s }
    # - { kind: command, run: ["./smoke.sh", "green"], timeout: 120s }
    # - { kind: http, url: "https://green.internal/health/ready", expect: 200 }
    # - { kind: prometheus, url: "http://prometheus:9090", query: "rate(errors_total[5m])", below: 0.01 }
    # - { kind: alertmanager, url: "http://alertmanager:9093", match: ['service="shop"'] }
  # performance: { queries: perf.sql, duration: 10s, p95_ms_max: 100, slower_max: 1.5, error_rate_max: 0.01 }
  # approval: required       # or two_person: somebody runs `bgdb approve`; counts for one switch

# How long writers may wait at most; a switch that needs longer did not happen.
switch: { pause_max: 2s, lock_timeout: 300ms, lock_attempts: 20 }

# How clients reach the active side.
traffic:
  driver: none # pgbouncer | haproxy | nginx | kubernetes | command | none (the guards alone keep writes off the wrong side)
  # driver: pgbouncer
  # admin_dsn: "host=/run/pgbouncer port=6432 dbname=pgbouncer user=pgbouncer"
  # database: shop                                  # the pool that clients connect to
  # databases_file: /etc/pgbouncer/databases.ini    # named by %include in pgbouncer.ini
  # front_door_dsn: "host=pooler.internal port=6432 dbname=shop user=bgdb"
  # driver: haproxy
  # haproxy: { sockets: [/run/haproxy/admin.sock], backend: shop, config_file: /etc/haproxy/haproxy.cfg }
  # driver: nginx
  # nginx: { upstream: shop, config_file: /etc/nginx/stream.d/shop.conf, command: [nginx] }
  # driver: kubernetes        # service | ingress | ingressroute | ingressroutetcp | virtualservice
  # kubernetes: { kind: service, namespace: prod, name: shop-db, label: side }
  # driver: command
  # commands: { pause: ["./pause.sh"], switch: ["./to.sh"], resume: ["./resume.sh"], current: ["./where.sh"] }
  # command_timeout: 10s
  # steps: [{ percent: 10, for: 5m }, { percent: 50, for: 10m }]   # shared: `bgdb traffic shift`, by weights

# A pool that only reads may be led to green by and by (parallel): keys as in traffic.
# canary:
#   read_only: true
#   driver: haproxy
#   haproxy: { sockets: [/run/haproxy/admin.sock], backend: shop-read, config_file: /etc/haproxy/haproxy.cfg }
#   steps: [{ percent: 10, for: 10m }, { percent: 50 }]

# How long the way back stays open after the switch, and what is looked at meanwhile by `bgdb release run`.
watch:
  window: 48h
  # every: 10s
  # alerts:   # action: rollback | hold (finalize waits for a person) | notify
  #   - { metric: health_failures, above: 0, for: 1m, action: rollback }
  #   - { metric: p95_ms, above: 500, for: 5m, action: notify }          # also error_rate, p50_ms: gates.performance
  #   - { metric: rollback_held, above: 0, for: 5m, action: notify }     # also lag_ms, lag_bytes, quarantined, slot_bytes
  #   - { metric: prometheus, url: "http://prometheus:9090", query: "rate(errors_total[5m])", above: 0.01, for: 2m }

# `bgdb release run`: commands around its stages, e.g. to deploy the application or to warm caches.
# release:
#   hooks:
#     after_clone: ["./warm.sh", "green"]
#     before_cutover: [{ run: ["./deploy.sh"], timeout: 10m }, { run: ["./load-test.sh"] }]

# Who is told. The address of a webhook is a secret: it is read from that environment variable.
# notify:
#   - { kind: webhook, url_env: RELEASE_WEBHOOK }
#   - { kind: command, run: ["./tell.sh"] }    # JSON on standard input

# `bgdb lint` and `bgdb explain`; the command line overrides. `bgdb explain --rules` lists the rules.
lint:
  fail_on: error # error | warning | info | never, and rollback-breaking | not-analysed, comma separated
  # pg_version: 15        # 14 to 18; default: of the server or the dump, else 15
  # since: origin/main    # what changed since there is one release; or baseline: V2.3.0
  # schema: schema.sql    # pg_dump --schema-only: the schema in force, instead of replaying earlier files
  # exclude: ["migrations/2019*"] # history only: replayed, not judged
  # rules: { prefer-text: warning, missing-lock-timeout: off }
  # rules_dir: lint-rules # rules of your own, see docs/rules
  # ignore:
  #   - { path: "migrations/legacy/**", rules: [drop-table], reason: "before the old version existed" }
)yml";

constexpr std::string_view kMapping =
    R"yml(# Only what cannot be derived: renames, new and dropped columns and changed types are read from the migrations.
# Expressions are PostgreSQL SQL; the receiving server evaluates them. `bgdb mapping derive` shows the result.
#
# tables:
#   public.customers:
#     # to: public.clients                              # a renamed table
#     forward:                                          # green column: SQL over blue's columns
#       first_name: "split_part(name, ' ', 1)"
#       last_name: "substr(name, strpos(name, ' ') + 1)"
#     reverse:                                          # blue column: SQL over green's columns
#       name: "first_name || ' ' || last_name"
#     lossy:                                            # a loss that is accepted, in writing
#       name: "rows without a space come back with a trailing one"
tables: {}
)yml";

Error file_error(const std::string& path, const char* what) {
  auto error = make_error(ErrorCode::io, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)),
                          "check that the folder exists and can be written");
  error.object = path;
  return error;
}

// Written aside and linked into place: link() refuses to replace a file that appeared meanwhile.
Result<InitFile> write_new(const std::string& path, std::string_view text) {
  if (::access(path.c_str(), F_OK) == 0) return InitFile{.path = path, .written = false};
  const auto aside = fmt::format("{}.{}.tmp", path, ::getpid());
  const int file = ::open(aside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (file < 0) return fail(file_error(path, "write"));
  bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  written = ::close(file) == 0 && written;
  const int linked = written ? ::link(aside.c_str(), path.c_str()) : -1;
  const int cause = errno;
  ::unlink(aside.c_str());
  errno = cause;
  if (linked == 0) return InitFile{.path = path, .written = true};
  if (written && cause == EEXIST) return InitFile{.path = path, .written = false};
  return fail(file_error(path, "write"));
}

}  // namespace

std::string_view initial_config() {
  return kConfig;
}
std::string_view initial_mapping() {
  return kMapping;
}

Result<std::vector<InitFile>> write_initial_files(const std::string& folder) {
  std::vector<InitFile> files;
  files.push_back(BGDB_TRY(write_new(folder + "/bgdb.yml", kConfig)));
  files.push_back(BGDB_TRY(write_new(folder + "/mapping.yml", kMapping)));
  return files;
}

}  // namespace bgdb::app
