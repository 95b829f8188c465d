-- Tables (partitions too) that clients may write because they carry no guard.
-- Parameters: none. Result: oid, schema, name. Privilege: none. Lock: none on user tables. Versions: 14-18.
select c.oid::text as oid, n.nspname as schema, c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname not in ('bgdb', 'information_schema') and n.nspname !~ '^pg_'
  and not exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'bgdb_guard')
order by c.oid
