#!/bin/bash
# The pooler of docker-compose.yml. Its databases stand in a file of a shared volume, which bgdb rewrites at a switch.
set -euo pipefail
if [ ! -f /pooler/databases.ini ]; then
  printf '[databases]\nshop = host=blue port=5432 dbname=shop\n' >/pooler/databases.ini
fi
printf '"postgres" ""\n' >/pooler/users.txt
cat >/pooler/pgbouncer.ini <<'INI'
%include /pooler/databases.ini
[pgbouncer]
listen_addr = *
listen_port = 6432
unix_socket_dir =
auth_type = any
auth_file = /pooler/users.txt
admin_users = postgres
pool_mode = transaction
default_pool_size = 20
max_client_conn = 200
ignore_startup_parameters = extra_float_digits,options
INI
chown -R postgres /pooler
exec setpriv --reuid=postgres --regid=postgres --init-groups /usr/sbin/pgbouncer /pooler/pgbouncer.ini
