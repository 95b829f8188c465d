-- Sizes of tables with their indexes and TOAST.
-- Parameters: none. Result: name, bytes; and the whole database under an empty name.
-- Privilege: none. Lock: AccessShareLock while a size is read. Versions: 14-18.
select n.nspname || '.' || c.relname as name, pg_total_relation_size(c.oid) as bytes
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_'
union all
select '', pg_database_size(current_database())
order by name
