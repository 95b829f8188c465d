-- Columns of relations and attributes of composite types.
-- Parameters: $1 text[] schemas to leave out. Result: one row per column, in the relation's order.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select c.oid::text as oid,
       n.nspname as schema,
       c.relname as relation,
       c.relkind::text as kind,
       a.attname as name,
       format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as not_null,
       pg_get_expr(d.adbin, d.adrelid) as expression,
       a.attidentity::text as identity,
       a.attgenerated::text as generated,
       case when a.attcollation <> t.typcollation then coalesce(co.collname, '') else '' end as collation
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_collation co on co.oid = a.attcollation
where a.attnum > 0 and not a.attisdropped
  and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by a.attrelid, a.attnum
