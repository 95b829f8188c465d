-- What views read: relations, and the columns of them.
-- Parameters: $1 text[] schemas to leave out. Result: one row per view, relation and column; column empty = the relation itself.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select distinct r.ev_class::text as oid,
       n.nspname as schema,
       c.relname as relation,
       coalesce(a.attname, '') as column_name
from pg_rewrite r
join pg_class v on v.oid = r.ev_class and v.relkind in ('v', 'm')
join pg_namespace vn on vn.oid = v.relnamespace
join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
                and d.refobjid <> r.ev_class
join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p', 'v', 'm', 'f')
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid and d.refobjsubid > 0
where r.rulename = '_RETURN'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and vn.nspname <> all ($1::text[]) and vn.nspname <> 'information_schema' and vn.nspname !~ '^pg_'
order by 1, 2, 3, 4
