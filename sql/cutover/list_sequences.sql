-- The sequences that the application may draw from.
-- Parameters: none. Result: schema, name. Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select n.nspname as schema, c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname not like 'pg\_%'
order by 1, 2
