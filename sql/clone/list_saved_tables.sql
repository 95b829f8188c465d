-- Tables whose rows a dump of the whole database holds (leaves and plain ones).
-- Parameters: none. Result: schema, name. Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select n.nspname::text as schema, c.relname::text as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and c.relpersistence in ('p', 'u')
   and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by pg_table_size(c.oid) desc, 1, 2
