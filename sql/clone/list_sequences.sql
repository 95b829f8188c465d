-- Sequences outside the system's and bgdb's schemas, quoted names.
-- Parameters: none. Result: name. Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'S' and c.relpersistence in ('p', 'u')
   and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
 order by 1
