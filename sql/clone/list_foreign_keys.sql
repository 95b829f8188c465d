-- Foreign keys: who refers to whom. Partition leaves repeat their root's and are left out.
-- Parameters: none. Result: name, schema, table_name, referenced_schema, referenced_name.
-- Privilege: none beyond CONNECT. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select k.conname::text as name, n.nspname::text as schema, c.relname::text as table_name,
       fn.nspname::text as referenced_schema, f.relname::text as referenced_name
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class f on f.oid = k.confrelid
  join pg_namespace fn on fn.oid = f.relnamespace
 where k.contype = 'f' and k.conparentid = 0 and n.nspname <> 'bgdb'
 order by 2, 3, 1
