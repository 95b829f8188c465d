-- Who holds one of bgdb's advisory locks in this database.
-- Parameters: $1 its name (operator, release). Result: pid, application_name, usename, since, host. Privilege: pg_read_all_stats for the details of
-- other roles' sessions. Lock: none. Versions: 14-18.
select a.pid, a.application_name, a.usename, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') as since,
       coalesce(host(a.client_addr), 'local') as host
from pg_locks l
join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 2
  and l.database = (select oid from pg_database where datname = current_database())
  and l.classid = (hashtext('bgdb')::bigint & 4294967295)::oid
  and l.objid = (hashtext($1)::bigint & 4294967295)::oid
