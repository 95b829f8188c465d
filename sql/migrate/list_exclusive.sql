-- Tables that clients cannot even read until the current transaction ends.
-- Parameters: $1 oids of the tables that were there before it (array). Result: schema, name.
-- Privilege: none. Lock: none. Versions: 14-18.
select n.nspname as schema, c.relname as name
from pg_locks l
join pg_class c on c.oid = l.relation
join pg_namespace n on n.oid = c.relnamespace
where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
  and c.relkind in ('r', 'p', 'm', 'v') and c.oid = any ($1::oid[])
order by n.nspname, c.relname
