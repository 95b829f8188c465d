-- Replicated tables that would serve slowly or not at all: an index that is not valid, a column without statistics.
-- Parameters: $1 publication, NULL: all tables of users. Result: table_name (quoted, qualified), invalid_index (quoted, NULL: none), column_name (without
-- statistics, NULL: none). Privilege: SELECT on the tables (of others pg_stats says nothing, and neither does this).
-- Lock: none on user tables. Versions: 14-18.
with part as (
  select c.oid as relid from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where $1::text is null and c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_'
  union
  select tree.relid
  from pg_publication p
  join pg_publication_rel r on r.prpubid = p.oid
  cross join lateral (select r.prrelid as relid union select t.relid::oid from pg_partition_tree(r.prrelid::regclass) t) tree
  where p.pubname = $1
), named as (
  select c.oid, n.nspname, c.relname, c.relkind, c.reltuples
  from part join pg_class c on c.oid = part.relid join pg_namespace n on n.oid = c.relnamespace
), known as materialized (
  select schemaname, tablename, array_agg(attname) as columns from pg_stats group by 1, 2
), found as (
  select format('%I.%I', t.nspname, t.relname) as table_name,
         (select min(format('%I.%I', t.nspname, i.relname)) from pg_index x join pg_class i on i.oid = x.indexrelid
           where x.indrelid = t.oid and not x.indisvalid) as invalid_index,
         -- reltuples: 0 for a table that ANALYZE found empty, -1 when it was never looked at
         case when t.relkind = 'r' and t.reltuples <> 0 and pg_relation_size(t.oid) > 0
                   and has_table_privilege(t.oid, 'select') and not row_security_active(t.oid) then
           (select min(a.attname)::text from pg_attribute a
             where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and coalesce(a.attstattarget, -1) <> 0
               and a.attname <> all (coalesce(k.columns, '{}')))
         end as column_name
  from named t left join known k on k.schemaname = t.nspname and k.tablename = t.relname
)
select table_name, invalid_index, column_name from found
where invalid_index is not null or column_name is not null
order by 1
