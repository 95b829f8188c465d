-- Triggers that people made (those of foreign keys left out) and row security policies.
-- Parameters: $1 text[] schemas to leave out. Result: one row per trigger (kind t) or policy (kind p).
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select 't' as kind, t.tgrelid::text as oid, t.tgname as name, pn.nspname as function_schema, p.proname as function,
       (t.tgtype & 1) = 1 as is_row, t.tgenabled::text as enabled
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = t.tgfoid
join pg_namespace pn on pn.oid = p.pronamespace
where not t.tgisinternal
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all
select 'p', p.polrelid::text, p.polname, '', '', false, ''
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by 1, 2, 3
