-- Every permanent or unlogged table outside the system's and bgdb's schemas, with what a clone must know of it.
-- Parameters: none. Result: schema, name, kind (r, p), persistence, root_schema, root_name (of the partition tree; itself
-- for plain tables), has_key, columns (quoted list without generated ones), rows_estimate (-1 unknown), bytes.
-- Privilege: none beyond CONNECT. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind, c.relpersistence::text as persistence,
       rn.nspname::text as root_schema, r.relname::text as root_name,
       case c.relreplident
         when 'n' then false
         when 'i' then exists (select from pg_index i where i.indrelid = c.oid and i.indisreplident and i.indisvalid)
         else exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indisvalid and i.indimmediate)
       end as has_key,
       (select coalesce(string_agg(quote_ident(a.attname), ', ' order by a.attnum), '') from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       c.reltuples::bigint as rows_estimate,
       case when c.relkind = 'r' then pg_table_size(c.oid) else 0 end as bytes
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class r on r.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
  join pg_namespace rn on rn.oid = r.relnamespace
 where c.relkind in ('r', 'p') and c.relpersistence in ('p', 'u')
   and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by 1, 2
