-- Tables, views, materialized views, foreign tables, with partitioning, inheritance, replica identity, statistics and sizes.
-- Parameters: $1 text[] schemas to leave out, $2 boolean read sizes. Result: one row per relation, parents before children.
-- Privilege: none. Lock: ACCESS SHARE on each table for a moment when sizes are read, and on views. Versions: 14-18.
select c.oid::text as oid,
       n.nspname as schema,
       c.relname as name,
       c.relkind::text as kind,
       c.relpersistence::text as persistence,
       c.relrowsecurity as row_security,
       c.relreplident::text as replica_identity,
       coalesce((select ic.relname from pg_index i join pg_class ic on ic.oid = i.indexrelid
                 where i.indrelid = c.oid and i.indisreplident and c.relreplident = 'i'), '') as replica_identity_index,
       c.relispartition as is_partition,
       coalesce((select pp.partdefid = c.oid from pg_inherits h join pg_partitioned_table pp on pp.partrelid = h.inhparent
                 where h.inhrelid = c.oid limit 1), false) as is_default_partition,
       array(select pn.nspname from pg_inherits h join pg_class p on p.oid = h.inhparent join pg_namespace pn on pn.oid = p.relnamespace
             where h.inhrelid = c.oid order by h.inhseqno)::text[] as parent_schemas,
       array(select p.relname from pg_inherits h join pg_class p on p.oid = h.inhparent
             where h.inhrelid = c.oid order by h.inhseqno)::text[] as parent_names,
       coalesce((select array(select a.attname
                              from unnest(pp.partattrs::int2[]) with ordinality k(attnum, position)
                              join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
                              order by k.position)::text[]
                 from pg_partitioned_table pp where pp.partrelid = c.oid), '{}') as partition_columns,
       case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) else '' end as view_sql,
       case when c.reltuples < 0 then -1 else c.reltuples::bigint end as rows_estimate,
       case when $2 and c.relkind in ('r', 'm') then coalesce(pg_table_size(c.oid), -1) else -1 end as bytes,
       coalesce(obj_description(c.oid, 'pg_class'), '') as comment
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.oid
