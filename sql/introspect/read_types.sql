-- Enum types with their labels, domains, ranges and multiranges, base types (arrays and row types left out).
-- Parameters: $1 text[] schemas to leave out. Result: one row per type.
-- Privilege: none. Lock: none. Versions: 14-18.
select n.nspname as schema,
       t.typname as name,
       t.typtype::text as kind,
       array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)::text[] as labels,
       case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod)
                      when 'r' then (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)
                      when 'm' then (select format_type(r.rngtypid, null) from pg_range r where r.rngmultitypid = t.oid)
                      else '' end as base,
       t.typnotnull as not_null,
       t.typdefault as default_sql
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
where (t.typtype in ('e', 'd', 'r', 'm', 'p') or (t.typtype = 'b' and t.typcategory <> 'A'))
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not exists (select 1 from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
order by t.oid
