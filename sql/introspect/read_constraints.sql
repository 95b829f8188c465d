-- Constraints of tables and domains. Left out: NOT NULL (they are on the column) and the copies that a foreign key to a
-- partitioned table keeps for each partition of the referenced side.
-- Parameters: $1 text[] schemas to leave out. Result: one row per constraint.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select k.conrelid::text as oid,
       n.nspname as schema,
       coalesce(t.typname, '') as domain,
       k.conname as name,
       k.contype::text as kind,
       array(select a.attname from unnest(k.conkey) with ordinality c(attnum, position)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum order by c.position)::text[] as columns,
       coalesce(fn.nspname, '') as referenced_schema,
       coalesce(f.relname, '') as referenced,
       array(select a.attname from unnest(k.confkey) with ordinality c(attnum, position)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.attnum order by c.position)::text[] as referenced_columns,
       k.confdeltype::text as on_delete,
       k.confupdtype::text as on_update,
       array(select a.attname from unnest(case when to_jsonb(k) -> 'confdelsetcols' <> 'null' then array(select jsonb_array_elements_text(to_jsonb(k) -> 'confdelsetcols')) end) with ordinality c(attnum, position)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum::int2 order by c.position)::text[] as delete_columns,
       coalesce(pg_get_expr(k.conbin, k.conrelid), '') as check_sql,
       pg_get_constraintdef(k.oid) as definition,
       k.convalidated as valid,
       k.condeferrable as deferrable,
       k.connoinherit as no_inherit
from pg_constraint k
join pg_namespace n on n.oid = k.connamespace
left join pg_type t on t.oid = k.contypid
left join pg_class f on f.oid = k.confrelid
left join pg_namespace fn on fn.oid = f.relnamespace
where k.contype in ('c', 'u', 'p', 'f', 'x')
  and not (k.contype = 'f' and exists (select 1 from pg_constraint p where p.oid = k.conparentid and p.conrelid = k.conrelid))
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by k.conrelid, k.oid
