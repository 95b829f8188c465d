-- Triggers that people made (those of foreign keys left out), row security policies, and rules (those of views left out).
-- Parameters: $1 text[] schemas to leave out. Result: one row per trigger (kind t), policy (kind p: enabled says whether it is restrictive, update_columns its roles, when_sql its command) or rule (kind r).
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select 't' as kind, t.tgrelid::text as oid, t.tgname as name, pn.nspname as function_schema, p.proname as function,
       (t.tgtype & 1) = 1 as is_row, (t.tgtype & 2) = 2 as is_before, (t.tgtype & 4) = 4 as on_insert,
       (t.tgtype & 16) = 16 as on_update, (t.tgtype & 8) = 8 as on_delete, (t.tgtype & 32) = 32 as on_truncate, t.tgenabled::text as enabled, t.tgparentid <> 0 as from_parent,
       array(select a.attname from unnest(t.tgattr::int2[]) with ordinality k(attnum, position)
             join pg_attribute a on a.attrelid = t.tgrelid and a.attnum = k.attnum order by k.position)::text[] as update_columns,
       '' as using_sql, '' as check_sql,
       coalesce(substring(pg_get_triggerdef(t.oid) from ' WHEN \((.*)\) EXECUTE (?:FUNCTION|PROCEDURE) '), '') as when_sql
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = t.tgfoid
join pg_namespace pn on pn.oid = p.pronamespace
where not t.tgisinternal
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all
select 'p', p.polrelid::text, p.polname, '', '', false, false, false, false, false, false, case when p.polpermissive then '' else 'restrictive' end, false,
       array(select case when r.role = 0 then 'public' else pg_get_userbyid(r.role) end from unnest(p.polroles) r(role))::text[],
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''),
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all
select 'r', r.ev_class::text, r.rulename, '', '', false, false, false, false, false, false, '', false, '{}', '', '', ''
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by 1, 2, 3
