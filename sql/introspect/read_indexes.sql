-- Indexes, with the columns that their elements, expressions and predicates read.
-- Parameters: $1 text[] schemas to leave out. Result: one row per index.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select i.indrelid::text as oid,
       c.relname as name,
       array(select coalesce(a.attname, '')
             from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
             left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
             where k.position <= i.indnkeyatts order by k.position)::text[] as columns,
       array(select a.attname from pg_attribute a
             where a.attrelid = i.indrelid and a.attnum > 0
               and (a.attnum = any (i.indkey::int2[])
                    or exists (select 1 from pg_depend d
                               where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                                 and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))
             order by a.attnum)::text[] as columns_read,
       array(select a.attname from pg_attribute a where a.attrelid = i.indexrelid order by a.attnum)::text[] as attribute_names,
       i.indisunique as is_unique,
       i.indisprimary as is_primary,
       i.indisvalid as is_valid,
       i.indpred is not null as is_partial,
       exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x'))
         as is_constraint,
       am.amname as method,
       pg_get_indexdef(i.indexrelid) as definition
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_am am on am.oid = c.relam
where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by i.indrelid, i.indexrelid
