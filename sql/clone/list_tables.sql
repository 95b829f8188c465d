-- Every permanent or unlogged table outside the system's and bgdb's schemas, with what a clone must know of it.
-- Parameters: none. Result: schema, name, kind (r, p), persistence, root_schema, root_name (of the partition tree; itself
-- for plain tables), has_key, possible_key (a unique index that could be the replica identity, or empty), columns (quoted
-- list without generated ones), binary, rows_estimate (-1 unknown), bytes (heap and TOAST), pages (of the heap).
-- binary: COPY's binary form of every column is a pure value, the same on every server. Not so: oids inside (reg* types,
-- arrays and composites of user types) and types of extensions, whose versions may differ.
-- Privilege: none beyond CONNECT. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
with pure as (
  select t.oid, t.typarray
    from pg_type t
   where t.typnamespace = 'pg_catalog'::regnamespace
     and t.typname in ('bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'text', 'varchar', 'bpchar', 'char',
                       'name', 'bytea', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'uuid', 'json', 'jsonb',
                       'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit', 'point', 'line', 'lseg', 'box', 'path', 'polygon',
                       'circle', 'oid', 'tsvector', 'tsquery', 'int4range', 'int8range', 'numrange', 'daterange', 'tsrange',
                       'tstzrange')
), binary_types as (
  select oid from pure union all select typarray from pure
  union all select oid from pg_type where typtype = 'e'
  union all select d.oid from pg_type d join pure p on p.oid = d.typbasetype where d.typtype = 'd'
)
select n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind, c.relpersistence::text as persistence,
       rn.nspname::text as root_schema, r.relname::text as root_name,
       case c.relreplident
         when 'n' then false
         when 'i' then exists (select from pg_index i where i.indrelid = c.oid and i.indisreplident and i.indisvalid)
         else exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indisvalid and i.indimmediate)
       end as has_key,
       coalesce((select ic.relname::text
                   from pg_index i join pg_class ic on ic.oid = i.indexrelid
                  where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null
                    and i.indexprs is null
                    and not exists (select from pg_attribute a
                                     where a.attrelid = c.oid and a.attnum = any (i.indkey) and not a.attnotnull)
                  order by i.indnkeyatts, ic.relname limit 1), '') as possible_key,
       (select coalesce(string_agg(quote_ident(a.attname), ', ' order by a.attnum), '') from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       not exists (select from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                      and a.atttypid not in (select oid from binary_types)) as binary,
       c.reltuples::bigint as rows_estimate,
       case when c.relkind = 'r' then heap.bytes + case when c.reltoastrelid <> 0 then pg_relation_size(c.reltoastrelid) else 0 end
            else 0 end as bytes,
       case when c.relkind = 'r' then heap.bytes / current_setting('block_size')::bigint else 0 end as pages
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_class r on r.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
  join pg_namespace rn on rn.oid = r.relnamespace
 cross join lateral (select pg_relation_size(c.oid) as bytes) heap
 where c.relkind in ('r', 'p') and c.relpersistence in ('p', 'u')
   and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by 1, 2
