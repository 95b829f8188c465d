-- The session of an earlier run of `bgdb migrate` that is still there.
-- Parameters: none. Result: pid, query. Privilege: pg_read_all_stats to see other users' queries. Lock: none. Versions: 14-18.
select l.pid::text as pid, coalesce(left(regexp_replace(a.query, '\s+', ' ', 'g'), 120), '') as query
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid()
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
  and l.classid::bigint = hashtext('bgdb')::bigint & 4294967295 and l.objid::bigint = hashtext('migrate')::bigint & 4294967295
order by l.pid
