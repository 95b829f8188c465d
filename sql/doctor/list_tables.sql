-- What about a table makes replication more difficult than its columns tell.
-- Parameters: none. Result: schema, name, root_schema, root_name, row_security (holds for the session's role).
-- Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select n.nspname::text as schema, c.relname::text as name, rn.nspname::text as root_schema, r.relname::text as root_name,
       c.relrowsecurity and row_security_active(c.oid) as row_security
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class r on r.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
  join pg_namespace rn on rn.oid = r.relnamespace
 where c.relkind in ('r', 'p') and c.relpersistence in ('p', 'u')
   and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
 order by 1, 2
